"""What holds of every history, whatever the rules make of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from db.outcome.derive import derive
from db.outcome.history import Assessment, History, settle
from db.outcome.stream import CRITERIA, Seen, read
from db.outcome.verdict import Benefit, Evaluability, Event, ImmuneResponse, Reason, Response
from tests.extent import REPEATABLE, count
from tests.outcome.strategy import DAYS, histories

LAST = CRITERIA[-1]
"""The criteria that rule only where no others do."""
PROGRESSED = {Seen.PD, Seen.UPD, Seen.CPD}
examples = settings(
    max_examples=count(ci=200, nightly=5_000), deadline=None, derandomize=REPEATABLE, database=None
)
pytestmark = pytest.mark.property


@examples
@given(histories())
def test_ne_is_never_pd(history: History) -> None:
    kept = tuple(each for each in history.assessments if read(each) not in PROGRESSED)
    added = Assessment(99, 56, "RECIST_1_1", None, "NE", "NE", new_lesion=True)
    found = derive(replace(history, assessments=(*kept, added)))
    assert found.best_overall_response.value is not Response.PD
    assert found.best_confirmed_response.value is not Response.PD
    progression = {Reason.PROGRESSION, Reason.UNCONFIRMED_PROGRESSION}
    assert found.progression_free_survival.reason not in progression
    assert found.clinical_benefit.reason not in progression


@examples
@given(histories())
def test_an_unconfirmed_iupd_is_never_pd(history: History) -> None:
    kept = tuple(
        each
        for each in history.assessments
        if each.criteria == "IRECIST" and read(each) is not Seen.CPD
    )
    found = derive(replace(history, assessments=kept))
    assert found.best_overall_response.value is not Response.PD
    assert found.best_immune_response is None or (
        found.best_immune_response.value is not ImmuneResponse.ICPD
    )
    assert found.progression_free_survival.reason is not Reason.PROGRESSION


@examples
@given(histories())
def test_too_early_is_never_no(history: History) -> None:
    found = derive(history)
    seen = settle(history)
    lost = [each.day for each in seen.assessments if read(each) in PROGRESSED]
    known = [day for day in (*lost, seen.death_day) if day is not None]
    if found.clinical_benefit.value is Benefit.NO:
        assert min(known) <= 126
        assert seen.cut_off_day is None or min(known) <= seen.cut_off_day
    if found.clinical_benefit.value is Benefit.TOO_EARLY:
        assert found.clinical_benefit.reason in {
            Reason.BEFORE_WINDOW_END,
            Reason.UNCONFIRMED_PROGRESSION,
        }


@examples
@given(histories(), DAYS)
def test_what_is_decided_stays_decided(history: History, later: int) -> None:
    one = tuple(
        replace(each, criteria="RECIST_1_1", evaluator=None) for each in history.assessments
    )
    cut = history.cut_off_day if history.cut_off_day is not None else 112
    first = derive(replace(history, assessments=one, cut_off_day=cut)).clinical_benefit
    then = derive(replace(history, assessments=one, cut_off_day=cut + later)).clinical_benefit
    if first.value in {Benefit.YES, Benefit.NO}:
        assert then == first


@examples
@given(histories())
def test_unknown_is_never_censored(history: History) -> None:
    history = replace(history, vital_status=None, last_known_alive_day=None, death_day=None)
    found = derive(history)
    assert found.overall_survival.event is Event.UNKNOWN
    free = found.progression_free_survival
    assert free.event is not Event.CENSORED or free.reason is Reason.MISSED_VISITS
    dead = derive(replace(history, vital_status="DEAD"))
    assert dead.overall_survival.event is Event.UNKNOWN
    assert dead.progression_free_survival.event is not Event.CENSORED or (
        dead.progression_free_survival.reason is Reason.MISSED_VISITS
    )


@examples
@given(histories())
def test_values_agree_with_one_another(history: History) -> None:
    found = derive(history)
    decided = found.clinical_benefit.value in {Benefit.YES, Benefit.NO}
    assert decided == (found.evaluability.value is Evaluability.EVALUABLE)
    assert decided or found.evaluability.reason is found.clinical_benefit.reason
    free, overall = found.progression_free_survival, found.overall_survival
    for time in (free, overall, found.duration_of_response):
        assert (time.days is None) == (time.event in {None, Event.UNKNOWN})
        assert time.days is None or time.days >= 0
    if free.days is not None and overall.days is not None:
        assert free.days <= overall.days
    if found.duration_of_response.days is not None:
        assert free.days is not None
        assert found.duration_of_response.days < free.days
        assert found.best_confirmed_response.value in {Response.CR, Response.PR}
    order = [Response.CR, Response.PR, Response.SD, Response.PD, Response.NE, None]
    assert order.index(found.best_overall_response.value) <= order.index(
        found.best_confirmed_response.value
    )
    assert (found.criteria is None) == (found.best_overall_response.value is None)
    known = {each.key for each in history.assessments}
    assert set(found.assessments) <= known
    assert list(found.assessments) == sorted(found.assessments)


@examples
@given(
    histories("RECIST_1_1"),
    st.integers(1, 126),
    st.sampled_from(["CR", "SD", "PD", "NE"]),
    st.integers(1, 300),
)
def test_what_follows_progression_changes_nothing(
    history: History, day: int, response: str, after: int
) -> None:
    lost = Assessment(98, day, "RECIST_1_1", None, "PD", "PD")
    kept = tuple(replace(each, evaluator=None) for each in history.assessments)
    history = replace(
        history,
        assessments=(*kept, lost),
        death_day=None,
        next_therapy_day=None,
        cut_off_day=None,
    )
    found = derive(history)
    free = found.progression_free_survival
    assert free.reason is Reason.PROGRESSION
    assert free.days is not None
    added = Assessment(99, free.days + after, "RECIST_1_1", None, response, response)
    then = derive(replace(history, assessments=(*history.assessments, added)))
    # A later contact may lengthen overall survival and, without a cut-off, what the record covers.
    assert then.progression_free_survival == free
    assert then.duration_of_response == found.duration_of_response
    assert then.best_overall_response == found.best_overall_response
    assert then.best_confirmed_response == found.best_confirmed_response
    assert then.clinical_benefit == found.clinical_benefit
    assert then.assessments == found.assessments


@examples
@given(histories())
def test_the_order_of_writing_does_not_matter(history: History) -> None:
    turned = history.assessments[::-1]
    assert derive(replace(history, assessments=turned)) == derive(history)


@examples
@given(histories())
def test_the_future_does_not_matter(history: History) -> None:
    assert derive(settle(history)) == derive(history)
    assert settle(settle(history)) == settle(history)


@examples
@given(histories(), st.integers(0, 5))
def test_a_reading_beside_does_not_change_what_rules(history: History, at: int) -> None:
    added = Assessment(99, 30 + at, LAST, "INDEPENDENT", "PD", "PD")
    found = derive(history)
    assume(found.criteria is not None)
    assume(found.best_overall_response.reason is not Reason.ONLY_NOT_EVALUABLE)
    assume((found.criteria, found.evaluator) != (LAST, "INDEPENDENT"))
    then = derive(replace(history, assessments=(*history.assessments, added)))
    assert then.criteria == found.criteria
    assert then.best_overall_response == found.best_overall_response
    assert then.progression_free_survival == found.progression_free_survival
