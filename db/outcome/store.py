"""Derived outcomes into the database: what a source reports stays, what did not change is left."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg

from db.outcome.derive import RULE_SET, Outcome, derive
from db.outcome.history import Assessment, History, as_of

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
_HERE = Path(__file__).resolve().parent
_HISTORIES = (_HERE / "histories.sql").read_text("utf-8")
_STORE = (_HERE / "store.sql").read_text("utf-8")
_EVALUABILITY = """
update connect.treatment t
set (evaluability, evaluability_rule_set, not_evaluable_reason)
  = row(d.evaluability, d.rule_set, d.reason)
from (
  select treatment_id, evaluability, rule_set,
    case evaluability when 'NOT_EVALUABLE' then evaluability_reason::text end as reason
  from jsonb_populate_recordset(null::connect.outcome, $1::text::jsonb)
) d
where t.id = d.treatment_id and (t.evaluability is null or t.evaluability_rule_set is not null)
  and (t.evaluability, t.evaluability_rule_set, t.not_evaluable_reason)
    is distinct from (d.evaluability, d.rule_set, d.reason)
"""
_UNLINK = """
delete from connect.outcome_assessment a
using jsonb_array_elements($1::text::jsonb) d
where a.treatment_id = (d ->> 'treatment_id')::bigint
  and not d -> 'assessments' @> to_jsonb(a.response_assessment_id)
"""
_LINK = """
insert into connect.outcome_assessment (treatment_id, response_assessment_id, patient_id)
select (d ->> 'treatment_id')::bigint, a::bigint, (d ->> 'patient_id')::bigint
from jsonb_array_elements($1::text::jsonb) d,
  jsonb_array_elements_text(d -> 'assessments') a
on conflict do nothing
"""
_REPORTED = """
select count(*) from connect.outcome o join connect.patient p on p.id = o.patient_id
where p.study_id = $1 and o.source = 'REPORTED'
  and ($2::bigint[] is null or o.treatment_id = any ($2))
"""


class DerivationRefused(Exception):
    """Say in one sentence why nothing can be derived, and what to do."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Count the treatments whose outcome is reported, and what became of the others'."""

    reported: int
    inserted: int
    updated: int
    unchanged: int

    def as_json(self) -> dict[str, Any]:
        """Give the counts as JSON has them."""
        return {"rule_set": RULE_SET, **asdict(self)}

    def text(self) -> str:
        """Write the counts as one line for people."""
        return (
            f"{RULE_SET}: {self.inserted} derived, {self.updated} changed, "
            f"{self.unchanged} as before, {self.reported} reported by the source and left"
        )


async def derive_outcomes(
    connection: Connection, study_id: int, treatments: Iterable[int] | None = None
) -> Counts:
    """Derive the outcomes of a study's treatments, or of some, in the caller's transaction.

    The caller is connect_loader. A treatment's evaluability is filled where no source recorded it.
    """
    # One at a time for a study, as imports do: what is derived is what was read.
    await connection.execute(
        "select pg_advisory_xact_lock(hashtextextended(code, 0)) from connect.study where id = $1",
        study_id,
    )
    chosen = None if treatments is None else list(treatments)
    reported: int = await connection.fetchval(_REPORTED, study_id, chosen)
    rows = await connection.fetch(_HISTORIES, study_id, chosen)
    incoming = json.dumps([_record(row, derive(_history(row))) for row in rows])
    stored = await connection.fetch(_STORE, incoming)
    await connection.execute(_EVALUABILITY, incoming)
    await connection.execute(_UNLINK, incoming)
    await connection.execute(_LINK, incoming)
    inserted = sum(row["fresh"] for row in stored)
    return Counts(reported, inserted, len(stored) - inserted, len(rows) - len(stored))


async def derive_study(connection: Connection, code: str) -> Counts:
    """Derive the outcomes of a study anew, as connect_loader, in one transaction.

    Raises: DerivationRefused where there is no such study.
    """
    async with connection.transaction():
        await connection.execute("set local role connect_loader")
        study = await connection.fetchval("select id from connect.study where code = $1", code)
        if study is None:
            known = await connection.fetch("select code from connect.study order by code")
            names = ", ".join(row["code"] for row in known) or "there are none yet"
            raise DerivationRefused(f"there is no study {code}: name one of: {names}")
        return await derive_outcomes(connection, study)


async def outcomes_as_of(
    connection: Connection, study_id: int, treatments: Iterable[int], cut_off: date
) -> list[dict[str, Any]]:
    """Derive the outcomes of treatments as they were on a day, where no source reports one.

    Nothing is stored; the keys are the columns of connect.outcome. The caller is connect_loader.
    """
    rows = await connection.fetch(_HISTORIES, study_id, list(treatments))
    return [
        _record(row, derive(as_of(_history(row), _day(row, cut_off))))
        | {"data_cut_off": cut_off.isoformat()}
        for row in rows
    ]


def _day(row: asyncpg.Record, on: date) -> int | None:
    started: date | None = row["started_on"]
    return None if started is None else (on - started).days


def _history(row: asyncpg.Record) -> History:
    given = {each.name: row[each.name] for each in fields(History) if each.name != "assessments"}
    return History(tuple(Assessment(*each) for each in json.loads(row["assessments"])), **given)


def _record(row: asyncpg.Record, outcome: Outcome) -> dict[str, Any]:
    """Name the values as connect.outcome does."""
    cut_off = row["data_cut_off"]
    record: dict[str, Any] = {
        "treatment_id": row["treatment_id"],
        "patient_id": row["patient_id"],
        "rule_set": RULE_SET,
        "assessments": outcome.assessments,
        "criteria": outcome.criteria,
        "evaluator": outcome.evaluator,
        "data_cut_off": None if cut_off is None else cut_off.isoformat(),
    }
    for name, verdict in (
        ("best_overall_response", outcome.best_overall_response),
        ("best_confirmed_response", outcome.best_confirmed_response),
        ("best_immune_response", outcome.best_immune_response),
        ("best_confirmed_immune_response", outcome.best_confirmed_immune_response),
        ("clinical_benefit_16w", outcome.clinical_benefit),
        ("evaluability", outcome.evaluability),
    ):
        if verdict is not None:
            record[name], record[f"{name}_reason"] = verdict.value, verdict.reason
    for name, time in (
        ("progression_free_survival", outcome.progression_free_survival),
        ("overall_survival", outcome.overall_survival),
        ("duration_of_response", outcome.duration_of_response),
    ):
        record[f"{name}_days"], record[f"{name}_event"] = time.days, time.event
        record[f"{name}_reason"] = time.reason
    return record
