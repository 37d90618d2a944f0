"""Cohorts take patients in, stop and go on by Simon's rule, as anybody can count."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect_graph.cli import DEMO_PATIENTS, DEMO_SEED
from db.synthetic import record as r
from db.synthetic.accrual import Accrual, Enrolled, stage
from db.synthetic.generate import trials

DAY = date(2022, 1, 1)
KNOWN = timedelta(weeks=20)


@pytest.mark.parametrize(
    ("benefits", "reached"),
    [
        ([], "STAGE_1"),
        ([True] * 7, "STAGE_1"),
        ([False] * 8, "STOPPED_STAGE_1"),
        ([False] * 7 + [True], "STAGE_2"),
        ([True] * 23, "STAGE_2"),
        ([True] * 4 + [False] * 20, "STOPPED_STAGE_2"),
        ([False] * 7 + [True] + [False] * 12 + [True] * 4, "EXPANSION"),
        ([True] * 47, "EXPANSION"),
        ([True] * 48, "COMPLETED"),
    ],
)
def test_a_stage_follows_from_the_benefits(benefits: list[bool], reached: str) -> None:
    assert stage(benefits) == reached


def test_a_full_stage_waits_until_the_last_benefit_is_known() -> None:
    accrual = Accrual([Enrolled(DAY + timedelta(days=n), "NO") for n in range(7)])
    assert accrual.opens(DAY)
    accrual.enrolled.append(Enrolled(DAY + timedelta(days=50), "YES"))
    known = DAY + timedelta(days=50) + KNOWN
    assert not accrual.opens(known - timedelta(days=1))
    assert accrual.opens(known)
    accrual.enrolled[-1] = Enrolled(DAY + timedelta(days=50), "NO")
    assert not accrual.opens(known + timedelta(days=1000))


def test_who_is_not_evaluable_is_replaced() -> None:
    accrual = Accrual([Enrolled(DAY, "NOT_EVALUABLE")] * 8)
    assert not accrual.opens(DAY)
    assert accrual.opens(DAY + KNOWN)
    assert accrual.stage == "STAGE_1"


@given(
    st.lists(
        st.tuples(st.integers(0, 1200), st.sampled_from(["YES", "NO", "NO", "NOT_EVALUABLE"])),
        max_size=120,
    )
)
def test_nobody_enters_who_would_change_what_was_decided(asked: list[tuple[int, str]]) -> None:
    """Whatever the order in which they ask, the first of a stage decide it."""
    accrual = Accrual()
    for day, benefit in asked:
        before = accrual.stage
        starts = DAY + timedelta(days=day)
        if accrual.opens(starts):
            accrual.enrolled.append(Enrolled(starts, benefit))
            assert not before.startswith("STOPPED")
            assert before != "COMPLETED"
    evaluable = sum(each.evaluable for each in accrual.enrolled)
    limit = {"STAGE_1": 7, "STOPPED_STAGE_1": 8, "STAGE_2": 23, "STOPPED_STAGE_2": 24}
    assert evaluable <= limit.get(accrual.stage, 48)


@pytest.mark.parametrize(("patients", "seed"), [(240, 1), (1200, 1), (5000, 2), (12_000, 3)])
def test_stages_are_those_of_the_patients(patients: int, seed: int) -> None:
    reached = Counter[str]()
    for trial in trials(patients, seed):
        told = defaultdict[str, list[tuple[date, str]]](list)
        referred = DAY.replace(year=2000)
        for person in trial.patients():
            (referral,) = person.of(r.ScreeningIdentity)
            assert referral.referred_on >= referred
            referred = referral.referred_on
            starts = {each.treatment: each.started_on for each in person.of(r.TreatmentIdentity)}
            for treatment, outcome in zip(
                person.of(r.Treatment), person.of(r.Outcome), strict=True
            ):
                told[treatment.cohort].append((starts[treatment.key], outcome.clinical_benefit_16w))
        stages = trial.stages()
        assert set(told) <= set(stages)
        for code, entered in told.items():
            _check(sorted(entered), stages[code])
        reached.update(stages.values())
    assert {"STAGE_1", "STAGE_2"} <= set(reached) or patients < 1000
    assert {"EXPANSION", "STOPPED_STAGE_1"} <= set(reached) or patients < 1000


def _check(entered: list[tuple[date, str]], reached: str) -> None:
    evaluable = [(day, benefit == "YES") for day, benefit in entered if benefit in {"YES", "NO"}]
    first, both = evaluable[:8], evaluable[:24]
    if len(first) < 8:
        expected = "STAGE_1"
    elif not any(benefit for _, benefit in first):
        expected = "STOPPED_STAGE_1"
    elif len(both) < 24:
        expected = "STAGE_2"
    elif sum(benefit for _, benefit in both) < 5:
        expected = "STOPPED_STAGE_2"
    else:
        expected = "EXPANSION" if len(evaluable) < 48 else "COMPLETED"
    assert reached == expected
    for decisive in (first, both):
        if len(decisive) in {8, 24}:  # who came later came when all of these were known
            later = [day for day, _ in evaluable if day > decisive[-1][0]]
            assert all(day >= decisive[-1][0] + KNOWN for day in later)
            if reached.startswith("STOPPED") and len(evaluable) == len(decisive):
                assert later == []


def test_the_demonstration_shows_an_expansion_and_a_stop() -> None:
    (trial,) = trials(DEMO_PATIENTS, DEMO_SEED)
    assert sum(1 for _ in trial.patients()) == DEMO_PATIENTS
    stages = trial.stages()
    assert stages["OLA-BRCA-BTC"] == "EXPANSION"
    assert stages["TRA-BRAF-CRC"] == "STOPPED_STAGE_1"
    assert {"STAGE_1", "STAGE_2"} <= set(stages.values())


async def test_stages_are_stored(reader: asyncpg.Connection) -> None:
    stored = await reader.fetch(
        "select c.code, c.stage::text, array_agg(o.clinical_benefit_16w = 'YES' "
        "order by i.started_on) filter (where o.evaluability = 'EVALUABLE') as benefits "
        "from connect.cohort c left join connect.treatment t on t.cohort_id = c.id "
        "left join connect.treatment_identity i on i.treatment_id = t.id "
        "left join connect.outcome o on o.treatment_id = t.id group by c.id"
    )
    assert len(stored) == 27
    for row in stored:
        assert row["stage"] == stage(row["benefits"] or [])
    assert len({row["stage"] for row in stored}) > 1
