"""One trial: the releases of one invented consortium, attacked under every policy."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Final

from attack.asking import Told
from attack.difference import differences
from attack.frozen import Frozen
from attack.grouping import FREE, groups
from attack.missing import Missing, Rules, missing
from attack.noise import reconstructed
from attack.policy import BASELINES, FEWEST
from attack.program import blocks
from attack.search import SECONDS, Verdict, settle
from attack.unit import Answer, Benefit, Measure, Unit

OURS: Final = "ours"
_LARGE_COHORT: Final = 10
_TOLD: Final = (Measure.RESPONSE, Measure.BENEFIT)


@dataclass(frozen=True, slots=True)
class Given:
    """Hold what is attacked: units, releases, what the server told, and who knows what."""

    frozen: Frozen
    releases: Mapping[int, str]
    told: Told
    implied: Sequence[Answer]
    """What the stages of cohorts say."""
    readers: Mapping[str, frozenset[int]]
    """Who reads records by an agreement or a project, and the units of those."""
    rules: Rules


@dataclass(slots=True)
class Outcome:
    """Hold what an attack on one policy came to."""

    policy: str
    answers: int
    exact: int
    certain: dict[str, list[int]]
    """Of the outsider, by measure."""
    insiders: dict[str, int] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    """To each reader: certain of others, beside who was certain to everybody."""
    undecided: int = 0
    misled: int = 0
    near_pairs: int = 0
    pairs: int = 0
    by_pairs: int = 0
    eligible_share: float = 0.0
    cohort_share: float = 0.0
    programs: int = 0
    seconds: float = 0.0

    @property
    def anybody(self) -> int:
        """Count the units of which the outsider is certain of anything."""
        return len({unit for units in self.certain.values() for unit in units})

    @property
    def broken(self) -> bool:
        """Tell whether the outsider or any hospital became certain of anybody."""
        return bool(self.anybody or any(self.insiders.values()) or self.by_pairs)


def attack_policy(
    name: str,
    given: Given,
    answers: Sequence[Answer],
    *,
    insiders: bool,
    responders_benefit: bool = False,
    seconds: float = SECONDS,
) -> Outcome:
    """Attack what one policy told, as an outsider, and as each who knows some units."""
    units = given.frozen.units
    hospitals = given.frozen.hospitals() if insiders else {}
    readers = given.readers if insiders else {}
    knowers = [*hospitals.values(), *readers.values()]
    program = blocks(units, answers, knowers, responders_benefit=responders_benefit)
    verdict = settle(program, seconds)
    subtracted = differences(units, answers)
    outsider = verdict.outsider
    last = max(given.releases)
    utility = _utility(given, answers, last)
    return Outcome(
        policy=name,
        answers=len(answers),
        exact=sum(each.exact for each in answers),
        certain={measure.value: sorted(found) for measure, found in outsider.certain.items()},
        insiders=_counted(hospitals, verdict, 0),
        added=_counted(readers, verdict, len(hospitals), minus=outsider.units),
        undecided=sum(len(view.open_units) for view in verdict.views),
        near_pairs=subtracted.near,
        pairs=subtracted.pairs,
        by_pairs=len(subtracted.certain),
        eligible_share=utility[0],
        cohort_share=utility[1],
        programs=verdict.programs + verdict.repairs,
        seconds=round(verdict.seconds, 1),
    )


def _counted(
    knowers: Mapping[str, frozenset[int]],
    verdict: Verdict,
    offset: int,
    minus: Set[int] = frozenset(),
) -> dict[str, int]:
    views = verdict.insiders[offset : offset + len(knowers)]
    return {name: len(view.units - minus) for name, view in zip(knowers, views, strict=True)}


def _utility(given: Given, answers: Iterable[Answer], release: int) -> tuple[float, float]:
    """Tell which share of large enough groups, and of cohorts, has response and benefit told."""
    units = given.frozen.units
    told = {(each.members, each.measure) for each in answers if each.release == release}
    sets = {
        members
        for dimensions in given.told.lattice
        for members in groups(units, release, dimensions).values()
        if len(members) >= FEWEST
    }
    asked = [(members, measure) for members in sets for measure in _TOLD]
    cohorts = [
        members
        for members in groups(units, release, ["COHORT"]).values()
        if len(members) >= _LARGE_COHORT
    ]
    whole = sum(all((members, each) in told for each in _TOLD) for members in cohorts)
    return (
        round(sum(each in told for each in asked) / len(asked), 3) if asked else 0.0,
        round(whole / len(cohorts), 3) if cohorts else 0.0,
    )


def attacked(given: Given, seconds: float, looking: float) -> dict[str, Any]:
    """Attack ours and every other policy, and tell all of it.

    `seconds`: the most for one program; `looking`: those for what is missing.
    """
    units, told = given.frozen.units, given.told
    ours = [*told.answers, *given.implied]
    outcomes = [attack_policy(OURS, given, ours, insiders=True, seconds=seconds)]
    if believed := _no_responder_without_benefit(units):
        name = f"{OURS}, if responders benefit"
        outcomes.append(
            attack_policy(
                name, given, ours, insiders=True, responders_benefit=believed, seconds=seconds
            )
        )
    releases = sorted(given.releases)
    for name, baseline in BASELINES.items():
        for lattice, which in ((told.lattice, "our groups"), (FREE, "any two")):
            answers = baseline.answers(units, releases, lattice)
            title = f"{name}, {which}"
            outcomes.append(attack_policy(title, given, answers, insiders=False, seconds=_PATIENCE))
    started = time.perf_counter()
    absent = missing(units, told, releases, given.rules, looking)
    return {
        "units": len(units),
        "releases": [
            sum(release in unit.states for unit in units) for release in sorted(given.releases)
        ],
        "hospitals": len(given.frozen.hospitals()),
        "corrected": given.frozen.corrected,
        "too_early_by_the_calendar": sum(bool(unit.early) for unit in units),
        "stages_told": sum(len(each) for each in told.stages.values()),
        "requests": told.requests,
        "policies": {each.policy: _as_json(each) for each in outcomes},
        "noise": {
            each.policy: {str(many): share for many, share in each.after.items()}
            for each in reconstructed(units, releases[-1])
        },
        "missing": {**_missing_as_json(absent), "seconds": round(time.perf_counter() - started, 1)},
    }


_PATIENCE: Final = 5.0
"""[seconds] for one program of a policy that is broken anyway."""


def _no_responder_without_benefit(units: Iterable[Unit]) -> bool:
    """Tell whether an attacker who takes it that responders benefit would be right."""
    return not any(
        state.response and state.benefit is Benefit.NO
        for unit in units
        for state in unit.states.values()
    )


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "answers": outcome.answers,
        "exact": outcome.exact,
        "certain": outcome.anybody,
        "certain_response": len(outcome.certain[Measure.RESPONSE.value]),
        "certain_benefit": len(outcome.certain[Measure.BENEFIT.value]),
        "certain_to_hospitals": outcome.insiders,
        "added_to_readers": outcome.added,
        "undecided": outcome.undecided,
        "pairs": outcome.pairs,
        "pairs_that_differ_in_few": outcome.near_pairs,
        "certain_by_pairs": outcome.by_pairs,
        "groups_told": outcome.eligible_share,
        "cohorts_told": outcome.cohort_share,
        "programs": outcome.programs,
        "seconds": outcome.seconds,
    }


def _missing_as_json(absent: Missing) -> dict[str, Any]:
    return {
        "withheld_though_large": absent.withheld,
        "tried": absent.tried,
        "telling": absent.telling,
        "telling_and_true": absent.right,
        "certain_if_there_were_no_key": len(absent.certain_without_key),
        "likelihood_ratio_at_most": round(absent.likelihood_ratio, 2),
    }
