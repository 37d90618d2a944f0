"""All outcomes of a treatment, by the rule set of docs/outcomes.md."""

from __future__ import annotations

from dataclasses import dataclass

from db.outcome.benefit import clinical_benefit
from db.outcome.evaluability import evaluable
from db.outcome.history import History, settle
from db.outcome.progression import course
from db.outcome.response import best, best_confirmed, immune
from db.outcome.stream import IRECIST, ruling, streams
from db.outcome.survival import duration_of_response, overall_survival, progression_free_survival
from db.outcome.verdict import (
    BestImmuneResponse,
    BestResponse,
    ClinicalBenefit,
    Evaluable,
    TimeToEvent,
)

RULE_SET = "outcome-1"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold every verdict with its reason, and what they rest on."""

    best_overall_response: BestResponse
    best_confirmed_response: BestResponse
    best_immune_response: BestImmuneResponse | None
    best_confirmed_immune_response: BestImmuneResponse | None
    clinical_benefit: ClinicalBenefit
    evaluability: Evaluable
    progression_free_survival: TimeToEvent
    overall_survival: TimeToEvent
    duration_of_response: TimeToEvent
    criteria: str | None
    evaluator: str | None
    cut_off_day: int | None
    assessments: tuple[int, ...]


def derive(history: History) -> Outcome:
    """Derive the outcome of one treatment."""
    history = settle(history)
    found = streams(history)
    rules = ruling(found)
    ruled = course(rules, ended=history.ended)
    immune_stream = ruling(each for each in found if each.criteria == IRECIST)
    by_immune = course(immune_stream, ended=history.ended)
    benefit = clinical_benefit(history, ruled)
    free = progression_free_survival(history, ruled)
    return Outcome(
        best_overall_response=best(ruled),
        best_confirmed_response=best_confirmed(ruled),
        best_immune_response=immune(best(by_immune)),
        best_confirmed_immune_response=immune(best_confirmed(by_immune)),
        clinical_benefit=benefit,
        evaluability=evaluable(history, benefit),
        progression_free_survival=free,
        overall_survival=overall_survival(history),
        duration_of_response=duration_of_response(ruled, free),
        criteria=None if rules is None else rules.criteria,
        evaluator=None if rules is None else rules.evaluator,
        cut_off_day=history.cut_off_day,
        assessments=tuple(sorted({p.key for p in (*ruled.points, *by_immune.points)})),
    )
