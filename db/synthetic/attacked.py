"""What an attack on aggregates needs of the database: who was frozen, and what is then the truth.

An attacker of aggregates is taken to know the memberships of everyone; the outcomes are read to
score it by.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from db.statement import SETTINGS

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_ROWS = """
select a.linkage, r.version, r.cut_off, a.site_code, a.cohort_code, a.drugs, a.tissue_code,
  a.matched_genes, a.health_region::text, a.sex::text, a.age_band, a.payer::text, a.accrual_month,
  coalesce(a.objective_response, false) as response, a.clinical_benefit_16w::text as benefit
from connect.analysis_row a join connect.data_release r on r.id = a.release_id
where r.version = any($1) order by a.linkage, a.ordinal
"""
_DESIGNS = """
select c.code, d.n1, d.r1, d.n, d.r
from connect.cohort_design d join connect.cohort c on c.id = d.cohort_id
"""
_PUBLICATION = """
select parameters::text, lattice::text from connect.publication order by published_at desc limit 1
"""
_STARTED = """
select started_on from connect.treatment_identity where started_on is not null order by started_on
"""
_LAST = "select max(data_cut_off) from connect.study"
_CONSENTING = """
select y.public_id from connect.pseudonym y
join connect.scope s on s.id = y.scope_id and s.kind = 'CONSORTIUM'
where exists (
    select from connect.consent c
    where c.patient_id = y.patient_id and c.purpose = 'RESEARCH'
      and c.given_at <= now() and c.withdrawn_at is null)
  and exists (
    select from connect.treatment t join connect.treatment_identity i on i.treatment_id = t.id
    where t.patient_id = y.patient_id and i.started_on <= $1)
order by y.patient_id
"""
_READ = "select key from connect.treatment"


async def frozen(connection: Connection, versions: Sequence[str]) -> list[asyncpg.Record]:
    """Read the treatments of releases, with what links them; the connection is the owner's."""
    return await connection.fetch(_ROWS, versions)


async def designs(connection: Connection) -> dict[str, tuple[int, int, int, int]]:
    """Read n1, r1, n and r of each cohort."""
    rows = await connection.fetch(_DESIGNS)
    return {row["code"]: (row["n1"], row["r1"], row["n"], row["r"]) for row in rows}


async def publication(connection: Connection) -> tuple[str, str]:
    """Read the parameters of the last publication, and its groupings in order, as JSON."""
    row = await connection.fetchrow(_PUBLICATION)
    return ("{}", "[]") if row is None else (row["parameters"], row["lattice"])


async def started(connection: Connection) -> tuple[list[date], date]:
    """List the days on which treatments started, in order; and the last day of all studies."""
    days = [row["started_on"] for row in await connection.fetch(_STARTED)]
    return days, await connection.fetchval(_LAST)


async def consenting(connection: Connection, day: date) -> list[str]:
    """List who was treated by a day and consents to research, by their ids in the consortium."""
    return [row["public_id"] for row in await connection.fetch(_CONSENTING, day)]


async def read_by(connection: Connection, settings: Sequence[str]) -> list[UUID]:
    """List the keys of the treatments that a viewer reads.

    The connection is the viewer's login, and is closed after it.
    """
    for name, value in zip(SETTINGS, settings, strict=True):
        await connection.execute("select set_config($1, $2, false)", name, value)
    rows: list[Any] = await connection.fetch(_READ)
    return [row["key"] for row in rows]
