"""Establishing the invented consortium: only what is missing is inserted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import asyncpg

from db.synthetic import catalogue as c
from db.synthetic.alteration import BACKGROUND, MARKERS, RESISTANCE
from db.synthetic.assumptions import CUT_OFF
from db.synthetic.cohort import COHORTS, DESIGN, Cohort
from db.synthetic.history import DRUGS
from db.synthetic.panel import GENES
from db.synthetic.tumour import SUBTYPES

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Part(NamedTuple):
    """Rows of one table: which are missing, by what names them, and how they are inserted.

    `missing` counts what is not there, so that a second time writes nothing and fires no trigger.
    """

    statement: str
    missing: str
    rows: tuple[tuple[Any, ...], ...]


def _part(table: str, column_list: str, named_by: str, rows: Sequence[tuple[Any, ...]]) -> Part:
    """Insert rows of text; a column `a=b.c` is the id of the row of b whose c the text is."""
    columns = column_list.split()
    names, values, joins = list[str](), list[str](), list[str]()
    for position, column in enumerate(columns, start=1):
        name, _, source = column.partition("=")
        name, _, kind = name.partition(":")
        names.append(name)
        if source:
            parent, natural = source.split(".")
            values.append(f"r{position}.id")
            joins.append(
                f"left join connect.{parent} r{position} on r{position}.{natural} = v.c{position}"
            )
        else:
            values.append(f"v.c{position}::{kind or 'text'}")
    listed = ", ".join(f"c{position}" for position in range(1, len(columns) + 1))
    unnested = ", ".join(f"${position}::text[]" for position in range(1, len(columns) + 1))
    source = f"unnest({unnested}) with ordinality as v ({listed}, place) {' '.join(joins)}"
    match = " and ".join(
        f"t.{name} = {value}"
        for name, value in zip(names, values, strict=True)
        if name in named_by.split()
    )
    absent = f"not exists (select from connect.{table} t where {match})"
    return Part(  # only names that are written below
        f"insert into connect.{table} ({', '.join(names)}) "  # noqa: S608
        f"select {', '.join(values)} from {source} "
        f"where {absent} order by v.place on conflict do nothing",
        f"select count(*) from {source} where {absent}",  # noqa: S608
        tuple(tuple(None if value is None else str(value) for value in row) for row in rows),
    )


def _array(values: Sequence[str]) -> str:
    return "{" + ",".join(values) + "}"


def _genes() -> list[tuple[str]]:
    named = set(GENES)
    ways = [alteration for way in RESISTANCE.values() for alteration in way]
    for alterations in (*BACKGROUND.values(), *MARKERS.values(), ways):
        for alteration in alterations:
            named |= {alteration.gene, alteration.partner_gene or alteration.gene}
    return [(symbol,) for symbol in sorted(named)]


_DRUGS = sorted(DRUGS | {drug for cohort in COHORTS for drug in cohort.drugs})
_TISSUES = sorted({subtype.tissue_code for subtype in SUBTYPES.values()})


def _cohort_parts(cohorts: Sequence[Cohort]) -> tuple[Part, ...]:
    """List what belongs to cohorts; a stage follows from their patients."""
    return (
        _part(
            "cohort",
            (
                "code tumour_type onco_tree_code stage:connect.cohort_stage opened_on:date "
                "synthetic:boolean"
            ),
            "code",
            [
                (
                    k.code,
                    k.tumour_type,
                    k.onco_tree_code,
                    "STAGE_1",
                    k.definitions[0].effective_from,
                    True,
                )
                for k in cohorts
            ],
        ),
        _part(
            "cohort_drug",
            "cohort_id=cohort.code drug_id=drug.inn",
            "cohort_id drug_id",
            [(k.code, drug) for k in cohorts for drug in k.drugs],
        ),
        _part(
            "biomarker_definition",
            "cohort_id=cohort.code version:integer text effective_from:date",
            "cohort_id version",
            [
                (cohort.code, version, definition.text, definition.effective_from)
                for cohort in cohorts
                for version, definition in enumerate(cohort.definitions, start=1)
            ],
        ),
        _part(
            "cohort_design",
            ("cohort_id=cohort.code n1:integer r1:integer n:integer r:integer p0:float8 p1:float8"),
            "cohort_id",
            [(k.code, *DESIGN) for k in cohorts],
        ),
    )


# Vocabularies come from db/vocabulary; only what they lack is added here, by name, without codes.
PARTS: Final = (
    _part("gene", "symbol", "symbol", _genes()),
    _part("drug", "inn", "inn", [(inn,) for inn in _DRUGS]),
    _part(
        "onco_tree",
        "code name tissue_code",
        "code",
        [
            *((tissue, tissue.replace("_", " ").title(), tissue) for tissue in _TISSUES),
            *((s.onco_tree_code, s.tumour_type, s.tissue_code) for s in SUBTYPES.values()),
        ],
    ),
    _part("partner", "code organisation_number name sector:connect.sector", "code", c.PARTNERS),
    _part(
        "site",
        "code name health_region:connect.health_region partner_id=partner.code",
        "code",
        [(*site, site.code) for site in c.SITES],
    ),
    *_cohort_parts(COHORTS),
    _part(
        "agreement",
        (
            "code partner_id=partner.code model:connect.agreement_model "
            "patients_agreed:integer weeks_company_pays:integer"
        ),
        "code",
        [agreement[:5] for agreement in c.AGREEMENTS],
    ),
    _part(
        "agreement_drug",
        "agreement_id=agreement.code drug_id=drug.inn",
        "agreement_id drug_id",
        [(a.code, drug) for a in c.AGREEMENTS for drug in a.drugs],
    ),
    _part(
        "project",
        "code title partner_id=partner.code all_cohorts:boolean all_tumour_types:boolean",
        "code",
        [(p.code, p.title, p.partner, not p.cohorts, not p.tumour_types) for p in c.PROJECTS],
    ),
    _part(
        "project_cohort",
        "project_id=project.code cohort_id=cohort.code",
        "project_id cohort_id",
        [(p.code, cohort) for p in c.PROJECTS for cohort in p.cohorts],
    ),
    _part(
        "project_tumour_type",
        "project_id=project.code onco_tree_code",
        "project_id onco_tree_code",
        [(p.code, tumour) for p in c.PROJECTS for tumour in p.tumour_types],
    ),
    _part(
        "scope",
        (
            "code kind:connect.scope_kind agreement_id=agreement.code "
            "project_id=project.code site_id=site.code valid_from:timestamptz "
            "valid_to:timestamptz embargo_until:timestamptz purposes:connect.purpose[] "
            "data_domains:connect.data_domain[]"
        ),
        "code",
        [
            (
                s.code,
                s.kind,
                s.code if s.kind == "AGREEMENT" else None,
                s.code if s.kind == "PROJECT" else None,
                s.organisation if s.kind == "SITE" else None,
                c.VALID_FROM,
                s.valid_to,
                s.embargo_until,
                _array([s.purpose]),
                _array(s.data_domains),
            )
            for s in c.SCOPES
        ],
    ),
    _part(
        "cohort_contribution",
        (
            "cohort_id=cohort.code trial patients_treated:integer counted_on:date "
            "published:boolean literature:text[]"
        ),
        "cohort_id trial",
        [
            (k.cohort, k.trial, k.patients, CUT_OFF, k.published, _array(k.literature))
            for k in c.CONTRIBUTIONS
        ],
    ),
)


async def establish(connection: Connection) -> None:
    """Insert what is missing of the consortium, in the caller's transaction, as connect_loader."""
    await _insert(connection, PARTS)


async def open_cohorts(connection: Connection, cohorts: Sequence[Cohort]) -> None:
    """Insert what is missing of further cohorts, likewise."""
    if cohorts:
        await _insert(connection, _cohort_parts(cohorts))


async def _insert(connection: Connection, parts: Sequence[Part]) -> None:
    for part in parts:
        columns = list(zip(*part.rows, strict=True))
        if await connection.fetchval(part.missing, *columns):
            await connection.execute(part.statement, *columns)
