"""Outcomes as of a day: nothing after it counts, and nothing is claimed up to it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.outcome.derive import derive
from db.outcome.history import Assessment, History, as_of
from db.outcome.verdict import Benefit, Event
from tests.extent import trying
from tests.outcome.strategy import DAYS, histories

pytestmark = pytest.mark.property
examples = trying(ci=200, nightly=20_000)


@examples
@given(histories(), DAYS, st.integers(1, 400), st.sampled_from(("CR", "PD")), st.booleans())
def test_what_is_later_changes_nothing(
    history: History, day: int, after: int, response: str, unknown: bool
) -> None:
    if unknown:
        history = replace(history, cut_off_day=None)
    later = Assessment(999, day + after, "RECIST_1_1", None, response, response)
    longer = replace(history, assessments=(*history.assessments, later))
    assert derive(as_of(longer, day)) == derive(as_of(history, day))
    if history.next_therapy_day is None:
        longer = replace(history, next_therapy_day=day + after)
        assert derive(as_of(longer, day)) == derive(as_of(history, day))


@examples
@given(histories(), st.integers(400, 2000))
def test_a_day_after_everything_changes_nothing(history: History, day: int) -> None:
    """A cut-off that is known stays the earlier one; one that is not is not made up."""
    assert derive(as_of(history, day)) == derive(history)
    assert derive(as_of(history, None)) == derive(history)


def test_who_died_later_was_alive() -> None:
    history = History(vital_status="DEAD", death_day=300, end_day=290, end_reason="DEATH")
    found = derive(as_of(history, 200))
    assert found.overall_survival.event is Event.CENSORED
    assert found.overall_survival.days == 200
    assert derive(history).overall_survival.event is Event.EVENT


def test_a_record_without_a_cut_off_reaches_as_far_as_it_speaks() -> None:
    history = History((Assessment(1, 56, "RECIST_1_1", None, "SD", "SD"),), vital_status="ALIVE")
    assert derive(as_of(history, 1000)).clinical_benefit.value is Benefit.TOO_EARLY
    claimed = derive(replace(history, cut_off_day=1000))
    assert claimed.clinical_benefit.value is Benefit.NOT_EVALUABLE
