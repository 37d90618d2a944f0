"""Staging: temporary tables that COPY fills, and the statements that store what they hold.

COPY into a table with row security is refused, so records go through tables of their own. A row
gets its id while it is staged; parents are found by key and vocabularies by natural key, for all
rows at once. What was stored is emptied, so that the tables stay small however many patients come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import asyncpg

from db.synthetic import annex as x
from db.synthetic import record as r
from db.synthetic.panel import PANELS


class Table(NamedTuple):
    """A table and the record type that is staged for it."""

    name: str
    type: type[r.Record]
    constant: Mapping[str, str] = {}


_STUDY: Final = {"study_id": "$1::bigint"}
_BATCH: Final = {"import_batch_id": "$2::bigint"}

# In the order in which they are stored: a parent before its children.
TABLES: Final = (
    Table("patient", r.Patient, {**_STUDY, **_BATCH, "synthetic": "true"}),
    Table("patient_identity", r.PatientIdentity, _STUDY),
    Table("diagnosis", r.Diagnosis, _BATCH),
    Table("consent", r.Consent),
    Table("screening", r.Screening, _BATCH),
    Table("screening_identity", r.ScreeningIdentity),
    Table("offer", r.Offer, _BATCH),
    Table("specimen", r.Specimen, _BATCH),
    Table("specimen_identity", r.SpecimenIdentity, _STUDY),
    Table("molecular_profile", r.Profile, _BATCH),
    Table("biomarker", r.Biomarker, _BATCH),
    Table("treatment", r.Treatment, _BATCH),
    Table("treatment_identity", r.TreatmentIdentity),
    Table("response_assessment", r.Assessment, _BATCH),
    Table("outcome", r.Outcome, _BATCH),
    Table("outcome_assessment", r.OutcomeAssessment),
    Table("prior_treatment", x.PriorTreatment, _BATCH),
    Table("prior_treatment_drug", x.PriorTreatmentDrug),
    Table("biomarker_evidence", x.BiomarkerEvidence, _BATCH),
    Table("tumour_board_review", x.Review, _BATCH),
    Table("tumour_board_review_identity", x.ReviewIdentity),
    Table("therapeutic_option", x.Option, _BATCH),
    Table("treatment_biomarker", x.TreatmentBiomarker),
    Table("treatment_funding", x.Funding, _BATCH),
    Table("adverse_event", x.AdverseEvent, _BATCH),
)

_STAGED: Final = ", ".join(f"pg_temp.staged_{table.name}" for table in TABLES)

# A field that holds a parent's key: its column, and the parent's table.
_PARENT: Final = {
    "patient": ("patient_id", "patient"),
    "diagnosis": ("diagnosis_id", "diagnosis"),
    "screening": ("screening_id", "screening"),
    "specimen": ("specimen_id", "specimen"),
    "profile": ("profile_id", "molecular_profile"),
    "treatment": ("treatment_id", "treatment"),
    "response_assessment": ("response_assessment_id", "response_assessment"),
    "biomarker": ("biomarker_id", "biomarker"),
    "prior_treatment": ("prior_treatment_id", "prior_treatment"),
    "tumour_board_review": ("tumour_board_review_id", "tumour_board_review"),
    "review": ("review_id", "tumour_board_review"),
}
# A field that holds a natural key: its column, the vocabulary, and the vocabulary's column.
_LOOKUP: Final = {
    "cohort": ("cohort_id", "cohort", "code"),
    "site": ("site_id", "site", "code"),
    "drug": ("drug_id", "drug", "inn"),
    "gene": ("gene_id", "gene", "symbol"),
    "partner_gene": ("partner_gene_id", "gene", "symbol"),
}
_TYPES = """
select a.attname as "column", format_type(a.atttypid, a.atttypmod) as "type"
from pg_attribute a
where a.attrelid = $1::text::regclass and a.attnum > 0 and not a.attisdropped
"""

# What follows from what was staged, rather than being staged: a regimen, and a panel's genes.
_TREATMENT_DRUG = """
insert into connect.treatment_drug (treatment_id, drug_id, patient_id)
select t.id, c.drug_id, p.id
from pg_temp.staged_treatment t
join pg_temp.staged_patient p on p.key = t.patient
join connect.cohort k on k.code = t.cohort
join connect.cohort_drug c on c.cohort_id = k.id
order by t.id, c.drug_id
"""
_OPTION_DRUG = """
insert into connect.therapeutic_option_drug (option_id, drug_id, patient_id)
select o.id, c.drug_id, p.id
from pg_temp.staged_therapeutic_option o
join pg_temp.staged_patient p on p.key = o.patient
join connect.cohort k on k.code = o.cohort
join connect.cohort_drug c on c.cohort_id = k.id
order by o.id, c.drug_id
"""
_GENE_ASSESSED = """
insert into connect.gene_assessed (profile_id, gene_id, patient_id)
select f.id, g.id, p.id
from pg_temp.staged_molecular_profile f
join pg_temp.staged_patient p on p.key = f.patient
join unnest($1::text[], $2::text[]) as l (panel, symbol) on l.panel = f.panel
join connect.gene g on g.symbol = l.symbol
where f.qc_status = 'PASSED'
order by f.id, g.id
"""


async def create(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Make an empty staging table for each table; they go with the transaction."""
    for table in TABLES:
        described = await connection.fetch(_TYPES, f"connect.{table.name}")
        types: dict[str, str] = {row["column"]: row["type"] for row in described}
        columns: list[str] = []
        if "key" in table.type._fields and "id" in types:
            sequence = f"pg_get_serial_sequence('connect.{table.name}', 'id')::regclass"
            columns.append(f"id bigint not null default nextval({sequence})")
        for field in table.type._fields:
            kind = "uuid" if field in _PARENT else "text" if field in _LOOKUP else types[field]
            columns.append(f'"{field}" {kind}')
        await connection.execute(
            f"create temporary table staged_{table.name} ({', '.join(columns)}) on commit drop"
        )


async def analyze(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Let the planner know what the staged rows are like; later ones are like the first."""
    await connection.execute("analyze " + _STAGED)


async def stage(connection: asyncpg.Connection[asyncpg.Record], people: Sequence[r.Person]) -> None:
    """COPY the records of some patients."""
    for table in TABLES:
        rows: Iterable[r.Record] = [
            row for person in people for row in person.records.get(table.type, ())
        ]
        if rows:
            await connection.copy_records_to_table(
                f"staged_{table.name}",
                records=rows,
                columns=table.type._fields,
                schema_name="pg_temp",
            )


async def store(
    connection: asyncpg.Connection[asyncpg.Record], study_id: int, batch_id: int
) -> Counter[str]:
    """Store everything that was staged, table by table; count the rows of each."""
    stored = Counter[str]()
    for table in TABLES:
        statement = _insert(table)
        used = [
            value for number, value in ((1, study_id), (2, batch_id)) if f"${number}" in statement
        ]
        if "$1" not in statement:
            statement = statement.replace("$2", "$1")
        stored[table.name] = _count(await connection.execute(statement, *used))
        if table.type is r.Profile:
            listed = [(panel.name, gene) for panel in PANELS for gene in sorted(panel.genes)]
            panels, genes = zip(*listed, strict=True)
            stored["gene_assessed"] = _count(
                await connection.execute(_GENE_ASSESSED, panels, genes)
            )
        if table.type is r.Treatment:
            stored["treatment_drug"] = _count(await connection.execute(_TREATMENT_DRUG))
        if table.type is x.Option:
            stored["therapeutic_option_drug"] = _count(await connection.execute(_OPTION_DRUG))
    await connection.execute("truncate " + _STAGED)
    return stored


def _count(tag: str) -> int:
    return int(tag.rpartition(" ")[2])


def _insert(table: Table) -> str:
    columns: list[str] = []
    values: list[str] = []
    joins: list[str] = []
    fields = table.type._fields
    identified = "key" in fields and table.name != "outcome"
    if identified:
        columns.append("id")
        values.append("s.id")
    for field in fields:
        if field in _PARENT:
            column, parent = _PARENT[field]
            columns.append(column)
            values.append(f"{field}.id")
            joins.append(f"left join pg_temp.staged_{parent} {field} on {field}.key = s.{field}")
        elif field in _LOOKUP:
            column, vocabulary, natural = _LOOKUP[field]
            columns.append(column)
            values.append(f"{field}.id")
            joins.append(f"left join connect.{vocabulary} {field} on {field}.{natural} = s.{field}")
        else:
            columns.append(f'"{field}"')
            values.append(f's."{field}"')
    columns += table.constant
    values += table.constant.values()
    return (  # only names of this file and of the record types
        f"insert into connect.{table.name} ({', '.join(columns)}) "  # noqa: S608
        f"{'overriding system value ' if identified else ''}"
        f"select {', '.join(values)} from pg_temp.staged_{table.name} s {' '.join(joins)} "
        f"order by {'s.id' if identified else 's.ctid'}"
    )
