"""What came of a treatment: derived from its invented assessments by the rules of db/outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from db.outcome import derive as rules
from db.outcome.history import Assessment as Seen
from db.outcome.history import History
from db.synthetic import assumptions as a
from db.synthetic.course import Course
from db.synthetic.record import Assessment, Outcome


class Fate(NamedTuple):
    """What became of a patient after the start of a treatment, in days."""

    next_therapy_day: int | None
    death_day: int | None
    followed_days: int

    @property
    def last_known_alive_day(self) -> int | None:
        """Give the day up to which a living patient was followed."""
        return self.followed_days if self.death_day is None else None


def judge(
    course: Course, assessments: Sequence[Assessment], route: str, fate: Fate
) -> rules.Outcome:
    """Derive the outcome; the keys of its assessments are their places in the sequence."""
    seen = (
        Seen(
            place, each.day, each.criteria, each.evaluator, each.response,
            each.normalised_response, each.new_lesion,
        )
        for place, each in enumerate(assessments)
    )  # fmt: skip
    return rules.derive(
        History(
            tuple(seen),
            route,
            course.end_day,
            course.end_reason,
            fate.next_therapy_day,
            fate.death_day,
            "ALIVE" if fate.death_day is None else "DEAD",
            fate.last_known_alive_day,
            fate.followed_days,
        )
    )


def why_not(outcome: rules.Outcome) -> str | None:
    """Give the reason why a treatment is not evaluable, where it is not."""
    evaluable = outcome.evaluability
    return evaluable.reason if evaluable.value == "NOT_EVALUABLE" else None


def write(key: UUID, patient: UUID, treatment: UUID, derived: rules.Outcome) -> Outcome:
    """Write the record of a derived outcome."""
    best, confirmed = derived.best_overall_response, derived.best_confirmed_response
    benefit, evaluable = derived.clinical_benefit, derived.evaluability
    free, lived = derived.progression_free_survival, derived.overall_survival
    lasted = derived.duration_of_response
    return Outcome(
        key, patient, treatment, "DERIVED", rules.RULE_SET,
        best.value, best.reason, confirmed.value, confirmed.reason,
        benefit.value, benefit.reason, evaluable.value, evaluable.reason,
        free.days, free.event, free.reason, lived.days, lived.event, lived.reason,
        lasted.days, lasted.event, lasted.reason, derived.criteria, derived.evaluator, a.CUT_OFF,
    )  # fmt: skip
