"""What is certain, found by going through all worlds; and small populations to do so with."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence, Set

from hypothesis import strategies as st

from attack.unit import Answer, Benefit, Measure, State, Unit

STATES = [State(response, benefit) for response in (False, True) for benefit in Benefit]


def paths(unit: Unit, *, responders_benefit: bool = False) -> list[dict[int, State]]:
    """List what can have become of a unit over its releases."""
    releases = sorted(unit.states)
    found = []
    for states in itertools.product(STATES, repeat=len(releases)):
        forwards = all(one.leads_to(two) for one, two in itertools.pairwise(states))
        early = any(
            release in unit.early and state.benefit is Benefit.YES
            for release, state in zip(releases, states, strict=True)
        )
        odd = any(_odd(state) for state in states)
        if forwards and not early and not (responders_benefit and odd):
            found.append(dict(zip(releases, states, strict=True)))
    return found


def _odd(state: State) -> bool:
    return state.response and state.benefit is Benefit.NO


def strange(units: Iterable[Unit]) -> bool:
    """Tell whether anybody responded and had no benefit."""
    return any(_odd(state) for unit in units for state in unit.states.values())


def certain(
    units: Sequence[Unit],
    answers: Iterable[Answer],
    known: Set[int] = frozenset(),
    *,
    responders_benefit: bool = False,
) -> dict[Measure, set[int]]:
    """Go through all worlds; a measure of a unit is certain if in one release all agree on it.

    Not of who is known, and not where the calendar says so without any answer.
    """
    told = list(answers)
    ways = [
        [dict(unit.states)]
        if number in known
        else paths(unit, responders_benefit=responders_benefit)
        for number, unit in enumerate(units)
    ]
    seen: dict[tuple[int, int, Measure], set[bool]] = {}
    for world in itertools.product(*ways):
        if all(
            each.lower
            <= sum(world[unit][each.release].counts(each.measure) for unit in each.members)
            <= each.upper
            for each in told
        ):
            for number, states in enumerate(world):
                for release, state in states.items():
                    for measure in (Measure.RESPONSE, Measure.BENEFIT):
                        key = (number, release, measure)
                        seen.setdefault(key, set()).add(state.counts(measure))
    found: dict[Measure, set[int]] = {Measure.RESPONSE: set(), Measure.BENEFIT: set()}
    for (number, release, measure), values in seen.items():
        early = measure is Measure.BENEFIT and release in units[number].early
        if len(values) == 1 and number not in known and not early:
            found[measure].add(number)
    return found


@st.composite
def populations(
    draw: st.DrawFn, most: int = 5, releases: int = 2
) -> tuple[list[Unit], list[Answer]]:
    """Draw a few units and some answers about sets of them, all true."""
    count = draw(st.integers(2, most))
    units = []
    for _ in range(count):
        present = draw(st.sets(st.integers(0, releases - 1), min_size=1))
        early = draw(st.sets(st.sampled_from(sorted(present)), max_size=1))
        one = Unit(
            hospital=draw(st.sampled_from("AB")),
            states=dict.fromkeys(present, STATES[0]),
            values={each: {} for each in present},
            early=frozenset(early & {min(present)}),
        )
        units.append(Unit(one.hospital, draw(st.sampled_from(paths(one))), one.values, one.early))
    answers = []
    for _ in range(draw(st.integers(0, 5))):
        release = draw(st.integers(0, releases - 1))
        there = [number for number, unit in enumerate(units) if release in unit.states]
        members = frozenset(draw(st.sets(st.sampled_from(there)))) if there else frozenset[int]()
        measure = draw(st.sampled_from(list(Measure)))
        answers.append(
            answer(units, release, members, measure, wide=draw(st.sampled_from([0, 0, 1])))
        )
    return units, answers


def answer(
    units: Sequence[Unit], release: int, members: Set[int], measure: Measure, wide: int = 0
) -> Answer:
    """Answer truly, or with a band."""
    count = sum(units[unit].states[release].counts(measure) for unit in members)
    lower, upper = max(0, count - wide), min(len(members), count + wide)
    return Answer(release, frozenset(members), measure, lower, upper)
