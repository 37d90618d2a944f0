"""Every world there is: what an attacker who tries all of them finds certain.

It shares nothing with the audit but the records it is told: states, units and what was published.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise, product

from db.disclosure.outcome import Benefit, Measure, State, Unit
from db.disclosure.system import Constraint

STATES = [State(response, benefit) for response in (False, True) for benefit in Benefit]
Course = tuple[State | None, ...]


def leads(before: State, after: State) -> bool:
    """Follow-up goes forwards."""
    return (after.response or not before.response) and before.benefit in {
        Benefit.NEITHER,
        after.benefit,
    }


def courses(unit: Unit) -> list[Course]:
    """Give every course that may be thought of a unit, who is known to be early never a YES."""
    found = []
    for states in product(STATES, repeat=len(unit.present)):
        told = dict(zip(unit.present, states, strict=True))
        forwards = all(leads(one, other) for one, other in pairwise(states))
        soon = any(unit.early[at] and state.benefit is Benefit.YES for at, state in told.items())
        if forwards and not soon:
            found.append(tuple(told.get(at) for at in range(len(unit.states))))
    return found


def counts(state: State | None, measure: Measure) -> int:
    """Tell whether a state is counted."""
    assert state is not None
    if measure is Measure.RESPONSE:
        return int(state.response)
    yes = state.benefit is Benefit.YES
    return int(yes if measure is Measure.BENEFIT else state.benefit is not Benefit.NEITHER)


def possible(
    units: Sequence[Unit], published: Sequence[Constraint], choices: Sequence[Sequence[Course]]
) -> bool:
    """Tell whether some world agrees with what was published, of these courses of each unit.

    Worlds are left out as soon as what is told cannot come about any more.
    """

    def grows(world: tuple[Course, ...]) -> bool:
        if len(world) == len(units):
            return True
        return any(
            all(_open(longer, each) for each in published) and grows(longer)
            for course in choices[len(world)]
            for longer in ((*world, course),)
        )

    return grows(())


def _open(world: Sequence[Course], told: Constraint) -> bool:
    """Tell whether what is told can still come about once so many units are decided."""
    decided = [counts(world[m][told.release], told.measure) for m in told.members if m < len(world)]
    least, most = sum(decided), sum(decided) + len(told.members) - len(decided)
    return least <= told.upper and most >= told.lower


def certain(
    units: Sequence[Unit], published: Sequence[Constraint], knows: str | None = None
) -> set[tuple[int, int, Measure]]:
    """Say of which units, at which release, response or benefit is certain and was not before."""
    found = set[tuple[int, int, Measure]]()
    every = [[unit.states] if unit.hospital == knows else courses(unit) for unit in units]
    for number, unit in enumerate(units):
        if unit.hospital == knows:
            continue
        for release, measure in product(unit.present, (Measure.RESPONSE, Measure.BENEFIT)):
            values = {counts(course[release], measure) for course in every[number]}
            for value in values if len(values) > 1 else ():
                only = [c for c in every[number] if counts(c[release], measure) == value]
                if not possible(units, published, [*every[:number], only, *every[number + 1 :]]):
                    found.add((number, release, measure))
    return found


def impossible(
    units: Sequence[Unit], published: Sequence[Constraint]
) -> set[tuple[Constraint, int]]:
    """Name the counts within a band that no world has."""
    every = [courses(unit) for unit in units]
    return {
        (each, count)
        for each in published
        for count in range(each.lower, each.upper + 1)
        if each.lower < each.upper
        and not possible(units, [*published, replace(each, lower=count, upper=count)], every)
    }


def of(published: Iterable[Constraint], family: Sequence[Measure]) -> list[Constraint]:
    """Choose what tells of some measures."""
    return [each for each in published if each.measure in family]
