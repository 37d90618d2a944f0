"""What came of a treatment: derived from its invented assessments by the rules of db/outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from db.outcome import derive as rules
from db.outcome.history import Assessment as Seen
from db.outcome.history import History
from db.synthetic import assumptions as a
from db.synthetic.course import Course
from db.synthetic.record import Assessment

_WHY_NOT: Final = {
    "LESS_THAN_ONE_CYCLE": "Treated for less than one cycle",
    "DIED_IN_FIRST_CYCLE": "Died within the first cycle",
    "NEXT_THERAPY": "Another therapy began before the assessment at week 16",
    "NO_ASSESSMENT": "Stopped before the first assessment",
    "ONLY_NOT_EVALUABLE": "The assessment at week 16 showed nothing",
    "WINDOW_MISSED": "Stopped before the assessment at week 16",
}


def judge(
    course: Course,
    assessments: Sequence[Assessment],
    started_on: date,
    route: str,
    died_on: date | None,
    next_therapy_on: date | None,
) -> rules.Outcome:
    """Derive the outcome; the keys of its assessments are their places in the sequence."""
    followed = (a.CUT_OFF - started_on).days
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
            None if next_therapy_on is None else (next_therapy_on - started_on).days,
            None if died_on is None else (died_on - started_on).days,
            "ALIVE" if died_on is None else "DEAD",
            followed if died_on is None else None,
            followed,
        )
    )


def why_not(outcome: rules.Outcome) -> str | None:
    """Say why a treatment is not evaluable, where it is not."""
    if outcome.evaluability.value != "NOT_EVALUABLE":
        return None
    return _WHY_NOT[outcome.evaluability.reason]
