"""The rules over a whole study: some patients at a time, read and stored in sets, repeatable."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TypeAlias

import asyncpg

from db.resistance.case import PLASMA, RULE_SET, TISSUE, Call, Case, Finding, Specimen
from db.resistance.concordance import Concordance, concordance, neighbours
from db.resistance.pair import pair
from db.resistance.propose import propose

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
_Contents: TypeAlias = Mapping[int, tuple[frozenset[str], tuple[Call, ...]]]
_TOGETHER = 1_000
"""[patients] whose records are held at a time."""
_HERE = Path(__file__).resolve().parent
_STORE = (_HERE / "store.sql").read_text("utf-8")
_READ = dict(
    re.findall(r"-- name: (\w+)\n(.*?);\n", (_HERE / "read.sql").read_text("utf-8"), re.DOTALL)
)
_STAGE = """
create temporary table proposed_patient (patient_id bigint primary key) on commit drop;
create temporary table proposed_finding (
  treatment_id bigint, source_key text collate "C", kind text, mechanism text, status text,
  basis text, drug text, day_after_progression integer, literature text[], rule_set text
) on commit drop;
create temporary table proposed_evidence (
  treatment_id bigint, source_key text collate "C", biomarker_id bigint,
  baseline_specimen_id bigint, comparator_specimen_id bigint, vaf_before double precision,
  vaf_after double precision, tested_in_both boolean, change text
) on commit drop;
create temporary table proposed_concordance (
  tissue_specimen_id bigint, plasma_specimen_id bigint, days_apart integer,
  genes_assessed_in_both integer, altered_in_both text[], altered_in_tissue_only text[],
  altered_in_plasma_only text[], rule_set text
) on commit drop;
"""


async def propose_findings(connection: Connection, study_id: int) -> dict[str, int]:
    """Propose the findings and concordances of a study; count them, findings by mechanism.

    Runs in the caller's transaction, as a role that may write. `undecided` counts treatments with
    progression on record of which nothing follows, `judged` those that somebody else judged.
    """
    patients = [row["id"] for row in await connection.fetch(_READ["patient"], study_id)]
    found, rest = Counter[str](), Counter(undecided=0, judged=0, concordance=0)
    for first in range(0, len(patients), _TOGETHER):
        await _propose(connection, patients[first : first + _TOGETHER], found, rest)
    return {**dict(sorted(found.items())), **rest}


async def _propose(
    connection: Connection, patients: list[int], found: Counter[str], rest: Counter[str]
) -> None:
    """Propose what follows from some patients, and count it."""
    treatments = await connection.fetch(_READ["treatment"], patients)
    rows = await connection.fetch(_READ["specimen"], patients)
    taken: dict[int, list[asyncpg.Record]] = defaultdict(list)
    for row in rows:
        taken[row["patient_id"]].append(row)
    cases = [_case(row, taken[row["patient_id"]]) for row in treatments if not row["judged"]]
    near = [
        pairing
        for specimens in taken.values()
        for pairing in neighbours(_specimen(row, row["day"]) for row in specimens)
    ]
    known = await _contents(connection, _needed(cases, near))
    proposals = [(case, propose(_filled(case, known))) for case in cases]
    compared = [
        comparison
        for tissue, plasma, apart in near
        if (comparison := concordance(_with(tissue, known), _with(plasma, known), apart))
    ]
    await _store(connection, patients, proposals, compared)
    found.update(finding.mechanism for _, findings in proposals for finding in findings)
    rest["undecided"] += sum(case.progressed and not findings for case, findings in proposals)
    rest["judged"] += len(treatments) - len(cases)
    rest["concordance"] += len(compared)


def _case(row: asyncpg.Record, specimens: Iterable[asyncpg.Record]) -> Case:
    only, started = row["treatments"] == 1, row["started_on"]
    following = row["next_started_on"]
    return Case(
        row["id"],
        tuple(row["drugs"]),
        frozenset(row["drivers"]),
        only,
        (following - started).days if following and started else None,
        row["progression_day"],
        row["progressed"],
        row["best_response"],
        row["clinical_benefit_16w"],
        tuple(_specimen(each, _day(each, started, only=only)) for each in specimens),
    )


def _day(specimen: asyncpg.Record, started: date | None, *, only: bool) -> int | None:
    """Count from the treatment's own start: by dates, or by the day where it is the only one."""
    taken: date | None = specimen["collected_on"]
    if taken is not None and started is not None:
        return (taken - started).days
    day: int | None = specimen["day"] if only else None
    return day


def _specimen(row: asyncpg.Record, day: int | None) -> Specimen:
    material = PLASMA if row["plasma"] else TISSUE
    return Specimen(row["id"], material, day, row["ordinal"], ctdna_fraction=row["ctdna_fraction"])


def _needed(cases: Iterable[Case], near: Iterable[tuple[Specimen, Specimen, int]]) -> set[int]:
    """Name the specimens that are compared: of the others nothing needs to be read."""
    needed = {each.id for tissue, plasma, _ in near for each in (tissue, plasma)}
    for chosen in map(pair, cases):
        if chosen is not None:
            needed |= {chosen.baseline.id, chosen.comparator.id}
    return needed


async def _contents(connection: Connection, specimens: set[int]) -> _Contents:
    """Read the genes assessed and the calls of some specimens."""
    wanted = sorted(specimens)
    genes = {
        row["specimen_id"]: frozenset(row["genes"])
        for row in await connection.fetch(_READ["assessed"], wanted)
    }
    calls: dict[int, list[Call]] = defaultdict(list)
    for row in await connection.fetch(_READ["call"], wanted):
        calls[row["specimen_id"]].append(
            Call(
                row["id"],
                row["kind"],
                row["gene"],
                row["alteration"],
                row["partner"],
                row["germline"],
                row["hgvsp"],
                row["vaf"],
                row["depth"],
                row["copy_number_type"],
            )
        )
    return {each: (genes.get(each, frozenset()), tuple(calls[each])) for each in wanted}


def _with(specimen: Specimen, known: _Contents) -> Specimen:
    assessed, calls = known.get(specimen.id, (frozenset(), ()))
    return replace(specimen, assessed=assessed, calls=calls)


def _filled(case: Case, known: _Contents) -> Case:
    return replace(case, specimens=tuple(_with(each, known) for each in case.specimens))


async def _store(
    connection: Connection,
    patients: list[int],
    proposals: Iterable[tuple[Case, tuple[Finding, ...]]],
    compared: Iterable[Concordance],
) -> None:
    found = [(case.treatment, each) for case, findings in proposals for each in findings]
    await connection.execute(_STAGE)
    await connection.execute("insert into proposed_patient select unnest($1::bigint[])", patients)
    await connection.copy_records_to_table(
        "proposed_finding",
        records=[
            (
                *(treatment, each.source_key, each.kind, each.mechanism, each.status, each.basis),
                *(each.drug, each.day_after_progression, list(each.literature), each.rule_set),
            )
            for treatment, each in found
        ],
    )
    await connection.copy_records_to_table(
        "proposed_evidence",
        records=[
            (
                *(treatment, finding.source_key, each.call.biomarker),
                *(finding.pair.baseline.id, finding.pair.comparator.id),
                *(each.vaf_before, each.vaf_after, each.tested_in_both, each.change),
            )
            for treatment, finding in found
            if finding.pair is not None
            for each in finding.evidence
        ],
    )
    await connection.copy_records_to_table(
        "proposed_concordance",
        records=[
            (
                *(each.tissue, each.plasma, each.days_apart, each.assessed_in_both),
                *(list(each.in_both), list(each.in_tissue_only), list(each.in_plasma_only)),
                RULE_SET,
            )
            for each in compared
        ],
    )
    await connection.execute(_STORE)
