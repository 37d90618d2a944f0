from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import asyncpg
import pytest

from db.derivation import DerivationRefused, derive_study
from db.ingest.cbioportal import import_cbioportal
from db.outcome.derive import RULE_SET
from db.outcome.store import Counts, derive_outcomes
from db.outcome.stream import CRITERIA, EVALUATORS
from db.outcome.verdict import Benefit, Evaluability, Event, ImmuneResponse, Reason, Response
from db.pseudonym import fill
from tests.outcome.conftest import Study
from tests.world import ROOT, Database, environment


async def test_an_outcome_is_stored_with_its_reasons_and_inputs(study: Study) -> None:
    await study.cut_off(400)
    patient = await study.patient()
    treatment = await study.treatment(
        patient, end_day=200, end_reason="PROGRESSION", last_known_alive_day=300
    )
    seen = await study.assess(
        treatment, (0, "SD"), (56, "PR"), (112, "PR"), (168, "PD"), (224, "PR")
    )
    assert (await derive_study(study.connection, "TRIAL")).outcomes == Counts(0, 1, 0, 0)
    found = await study.outcome(treatment)
    expected = {
        "source": "DERIVED",
        "rule_set": RULE_SET,
        "best_overall_response": "PR",
        "best_overall_response_reason": "RESPONSE",
        "best_confirmed_response": "PR",
        "best_confirmed_response_reason": "CONFIRMED",
        "best_immune_response": None,
        "best_immune_response_reason": None,
        "clinical_benefit_16w": "YES",
        "clinical_benefit_16w_reason": "DISEASE_CONTROL",
        "evaluability": "EVALUABLE",
        "evaluability_reason": "ONE_CYCLE",
        "progression_free_survival_days": 168,
        "progression_free_survival_event": "EVENT",
        "progression_free_survival_reason": "PROGRESSION",
        "overall_survival_days": 300,
        "overall_survival_event": "CENSORED",
        "overall_survival_reason": "ALIVE",
        "duration_of_response_days": 112,
        "duration_of_response_event": "EVENT",
        "criteria": "RECIST_1_1",
        "evaluator": "INVESTIGATOR",
        "data_cut_off": await study.connection.fetchval("select date '2024-01-01' + 400"),
    }
    assert {name: found[name] for name in expected} == expected
    assert await study.used(treatment) == seen[1:4]
    assert await study.evaluability(treatment) == ("EVALUABLE", None, RULE_SET)


async def test_the_words_of_irecist_are_read_as_recorded(study: Study) -> None:
    await study.cut_off(400)
    treatment = await study.treatment(await study.patient())
    await study.assess(treatment, (56, "iUPD"), (112, "iSD"), criteria="IRECIST")
    await derive_study(study.connection, "TRIAL")
    found = await study.outcome(treatment)
    assert (found["best_immune_response"], found["criteria"]) == ("ISD", "IRECIST")
    assert found["clinical_benefit_16w"] == "YES"


@pytest.mark.parametrize(
    ("kinds", "accepted", "used"),
    [
        (("INDEPENDENT", "INDEPENDENT"), (None, None), [0]),
        (("INDEPENDENT", "INDEPENDENT"), (None, True), [1, 2]),
        (("INDEPENDENT", "INDEPENDENT"), (True, True), [0, 1, 2]),
        (("INVESTIGATOR", None), (None, None), [0, 1, 2]),
        (("INVESTIGATOR", None), (None, True), [1, 2]),
    ],
)
async def test_readers_are_merged_only_where_they_are_one(
    study: Study,
    kinds: tuple[str | None, str | None],
    accepted: tuple[bool | None, bool | None],
    used: list[int],
) -> None:
    treatment = await study.treatment(await study.patient())
    seen = await study.assess(treatment, (56, "SD"), (112, "SD"), (168, "SD"))
    for id_, reader in zip(seen, (0, 1, 1), strict=True):
        await study.connection.execute(
            "update connect.response_assessment set evaluator = $2, evaluator_id = $3, "
            "accepted = $4 where id = $1",
            id_,
            kinds[reader],
            f"READER {reader}",
            accepted[reader],
        )
    await derive_study(study.connection, "TRIAL")
    assert await study.used(treatment) == [seen[at] for at in used]


async def test_again_changes_nothing_and_a_new_fact_changes_its_own(study: Study) -> None:
    await study.cut_off(400)
    patient = await study.patient()
    one, other = await study.treatment(patient), await study.treatment(patient)
    for treatment in (one, other):
        await study.assess(treatment, (56, "SD"), (112, "SD"))
    assert (await derive_study(study.connection, "TRIAL")).outcomes == Counts(0, 2, 0, 0)
    versions = "select ctid, xmin from connect.{} order by 1"
    tables = ("outcome", "outcome_assessment", "treatment")
    before = [await study.connection.fetch(versions.format(table)) for table in tables]
    assert (await derive_study(study.connection, "TRIAL")).outcomes == Counts(0, 0, 0, 2)
    assert [await study.connection.fetch(versions.format(table)) for table in tables] == before
    key = (await study.outcome(one))["key"]
    (seen,) = await study.assess(one, (168, "PD"))
    assert (await derive_study(study.connection, "TRIAL")).outcomes == Counts(0, 0, 1, 1)
    found = await study.outcome(one)
    assert (found["progression_free_survival_event"], found["key"]) == ("EVENT", key)
    assert seen in await study.used(one)
    await study.connection.execute("delete from connect.response_assessment where id = $1", seen)
    assert (await derive_study(study.connection, "TRIAL")).outcomes == Counts(0, 0, 1, 1)
    assert len(await study.used(one)) == 2


async def test_what_is_reported_stays(study: Study) -> None:
    await study.cut_off(400)
    patient = await study.patient()
    treatment = await study.treatment(patient, evaluability="TOO_EARLY")
    await study.assess(treatment, (56, "PD"))
    await study.connection.execute(
        "insert into connect.outcome (treatment_id, patient_id, source, best_overall_response) "
        "values ($1, $2, 'REPORTED', 'SD')",
        treatment,
        patient,
    )
    before = await study.outcome(treatment)
    assert (await derive_study(study.connection, "TRIAL")).outcomes == Counts(1, 0, 0, 0)
    assert await study.outcome(treatment) == before
    assert await study.used(treatment) == []
    assert await study.evaluability(treatment) == ("TOO_EARLY", None, None)


async def test_a_recorded_evaluability_stays_beside_a_derived_outcome(study: Study) -> None:
    await study.cut_off(400)
    treatment = await study.treatment(
        await study.patient(), evaluability="NOT_EVALUABLE", not_evaluable_reason="withdrew"
    )
    await study.assess(treatment, (112, "SD"))
    await derive_study(study.connection, "TRIAL")
    assert await study.evaluability(treatment) == ("NOT_EVALUABLE", "withdrew", None)
    assert (await study.outcome(treatment))["evaluability"] == "EVALUABLE"


async def test_a_derived_evaluability_follows_its_facts(study: Study) -> None:
    await study.cut_off(60)
    treatment = await study.treatment(await study.patient())
    await derive_study(study.connection, "TRIAL")
    assert await study.evaluability(treatment) == ("TOO_EARLY", None, RULE_SET)
    await study.cut_off(400)
    await derive_study(study.connection, "TRIAL")
    assert await study.evaluability(treatment) == ("NOT_EVALUABLE", "NO_ASSESSMENT", RULE_SET)


@pytest.mark.parametrize(
    ("drugs", "recorded", "verdict"),
    [
        (("olaparib",), None, "NOT_EVALUABLE"),
        (("atezolizumab",), None, "EVALUABLE"),
        (("pertuzumab", "trastuzumab"), None, "EVALUABLE"),
        (("trastuzumab", "tucatinib"), None, "NOT_EVALUABLE"),
        ((), None, "NOT_EVALUABLE"),
        (("olaparib",), "INTRAVENOUS", "EVALUABLE"),
    ],
)
async def test_the_route_is_that_of_the_drugs_where_none_is_recorded(
    study: Study, drugs: tuple[str, ...], recorded: str | None, verdict: str
) -> None:
    await study.cut_off(400)
    treatment = await study.treatment(
        await study.patient(), end_day=24, end_reason="TOXICITY", route=recorded
    )
    await study.give(treatment, *drugs)
    await study.assess(treatment, (112, "SD"))
    await derive_study(study.connection, "TRIAL")
    assert (await study.evaluability(treatment))[0] == verdict


async def test_the_cohorts_drugs_stand_in_for_those_given(study: Study) -> None:
    await study.cut_off(400)
    cohort = await study.connection.fetchval(
        "insert into connect.cohort (code, tumour_type, stage) values ('C', 'any', 'STAGE_1') "
        "returning id"
    )
    await study.connection.execute(
        "insert into connect.cohort_drug select $1, id from connect.drug where inn = 'nivolumab'",
        cohort,
    )
    treatment = await study.treatment(
        await study.patient(), cohort_id=cohort, end_day=21, end_reason="TOXICITY"
    )
    await study.assess(treatment, (112, "SD"))
    await derive_study(study.connection, "TRIAL")
    assert (await study.evaluability(treatment))[0] == "EVALUABLE"


async def test_some_treatments_alone(study: Study) -> None:
    patient = await study.patient()
    one, other = await study.treatment(patient), await study.treatment(patient, started=None)
    async with study.connection.transaction():
        await study.connection.execute("set local role connect_loader")
        assert await derive_outcomes(study.connection, study.id, [other]) == Counts(0, 1, 0, 0)
        assert await derive_outcomes(study.connection, study.id, []) == Counts(0, 0, 0, 0)
    count = "select count(*) from connect.outcome where treatment_id = $1"
    assert await study.connection.fetchval(count, one) == 0


async def test_another_study_is_left(study: Study) -> None:
    await study.treatment(await study.patient())
    await study.connection.execute("insert into connect.study (code) values ('OTHER')")
    assert (await derive_study(study.connection, "OTHER")).outcomes == Counts(0, 0, 0, 0)
    with pytest.raises(DerivationRefused, match="no study NONE: name one of: OTHER, TRIAL"):
        await derive_study(study.connection, "NONE")


async def test_few_statements_whatever_the_number_of_treatments(study: Study) -> None:
    async def statements() -> int:
        count = 0

        def seen(_: object) -> None:
            nonlocal count
            count += 1

        study.connection.add_query_logger(seen)
        await derive_study(study.connection, "TRIAL")
        study.connection.remove_query_logger(seen)
        return count

    await study.assess(await study.treatment(await study.patient()), (56, "SD"))
    await statements()  # the first also asks what the types are
    one = await statements()
    for _ in range(12):
        await study.assess(await study.treatment(await study.patient()), (56, "SD"))
    assert await statements() == one


async def test_pseudonyms_stay_when_evaluability_is_derived(study: Study) -> None:
    await study.connection.execute(
        "insert into connect.scope (kind, code, valid_from, purposes) "
        "values ('CONSORTIUM', 'ALL', now(), '{ADMINISTRATION}')"
    )
    patient = await study.patient()
    await study.assess(await study.treatment(patient), (56, "PD"))
    async with study.connection.transaction():
        await study.connection.execute("set local role connect_loader")
        await fill(study.connection, bytes(32))
    every = "select scope_id, patient_id, public_id, during::text from connect.pseudonym"
    before = await study.connection.fetch(every)
    assert len(before) == 1
    await derive_study(study.connection, "TRIAL")
    assert await study.connection.fetch(every) == before


async def test_reasons_are_of_derived_outcomes_alone(study: Study) -> None:
    patient = await study.patient()
    treatment = await study.treatment(patient)
    with pytest.raises(asyncpg.CheckViolationError):
        await study.connection.execute(
            "insert into connect.outcome "
            "(treatment_id, patient_id, source, overall_survival_reason) "
            "values ($1, $2, 'REPORTED', 'DEATH')",
            treatment,
            patient,
        )


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("outcome_reason", Reason),
        ("immune_response", ImmuneResponse),
        ("response", Response),
        ("benefit", Benefit),
        ("evaluability", Evaluability),
        ("event", Event),
        ("criteria", CRITERIA),
        ("evaluator", EVALUATORS),
    ],
)
async def test_the_rules_and_the_database_know_the_same_words(
    study: Study, name: str, values: Iterable[str]
) -> None:
    words = await study.connection.fetchval(
        "select array_agg(enumlabel::text) from pg_enum "
        "where enumtypid = ('connect.' || $1)::regtype",
        name,
    )
    assert set(words) == set(values)


async def test_an_import_derives_nothing_of_what_puma_reports(study: Study, shared: Path) -> None:
    puma = shared / "data" / "puma_biliary"
    done = await import_cbioportal(
        study.connection,
        puma,
        study="PUMA",
        drug=None,
        cohort=None,
        dry_run=False,
        complete=_nothing,
    )
    assert "derived_outcome" not in {each.entity for each in done.changes}
    every = "select to_jsonb(o)::text from connect.outcome o order by treatment_id"
    before = await study.connection.fetch(every)
    assert (await derive_study(study.connection, "PUMA")).outcomes == Counts(25, 0, 0, 0)
    assert await study.connection.fetch(every) == before
    left = "select count(*) from connect.treatment where evaluability is not null"
    assert await study.connection.fetchval(left) == 0


async def _nothing(_: object) -> None:
    """Stand for what the caller completes."""


async def test_the_command_derives(study: Study, database: Database, tmp_path: Path) -> None:
    await study.assess(await study.treatment(await study.patient()), (56, "PD"))

    async def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "connect_graph", "derive", *arguments],
            cwd=ROOT,
            env=environment(database, tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )

    done = await run("--study", "TRIAL", "--json")
    assert done.returncode == 0, done.stderr
    counts = {"reported": 0, "inserted": 1, "updated": 0, "unchanged": 0}
    assert json.loads(done.stdout)["outcomes"] == {"rule_set": RULE_SET, **counts}
    again = await run("--study", "TRIAL")
    assert again.stdout == (
        "outcome-1: 0 derived, 0 changed, 1 as before, 0 reported by the source and left\n"
        "resistance-1: 1 NOT_PROFILED, 0 undecided, 0 judged, 0 concordance\n"
    )
    refused = await run("--study", "NONE")
    assert refused.returncode == 1
    assert refused.stderr == "connect-graph: there is no study NONE: name one of: TRIAL\n"
