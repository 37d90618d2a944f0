"""What a race of servers needs of the database that they share: whom to ask for, and a floor."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TypeAlias

import asyncpg

from db.statement import SETTINGS

_ELIGIBLE = """
select y.public_id from connect.pseudonym y
where (select count(*) from connect.biomarker b where b.patient_id = y.patient_id) >= 10
  and (select count(*) from connect.treatment t
    join connect.response_assessment a on a.treatment_id = t.id
    where t.patient_id = y.patient_id) >= 2
order by y.public_id
"""
_DOCUMENT = """
insert into connect.audit_document (digest, content) values (sha256($1), $1) on conflict do nothing
"""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def settle(connection: Connection) -> None:
    """Leave nothing to do later of what a load leaves: statistics, visibility, dirty pages."""
    await connection.execute("vacuum (freeze, analyze)")
    await connection.execute("checkpoint")


async def offer(connection: Connection, views: str) -> None:
    """Make the views that the rivals read, as the owner."""
    await connection.execute(views)


async def eligible(connection: Connection, settings: Sequence[str]) -> list[str]:
    """List treated patients with at least 2 assessments and 10 biomarkers, as a viewer sees them.

    The connection is the viewer's login, and is closed after it.
    """
    for name, value in zip(SETTINGS, settings, strict=True):
        await connection.execute("select set_config($1, $2, false)", name, value)
    return [row["public_id"] for row in await connection.fetch(_ELIGIBLE)]


async def admit(connection: Connection, login: str, roles: Sequence[str], document: str) -> None:
    """Make a login that may do what several roles may, and store the document of its entries."""
    with suppress(asyncpg.DuplicateObjectError):
        await connection.execute(f"create role {login} login")
    await connection.execute(f"grant {', '.join(roles)} to {login}")
    await connection.execute(_DOCUMENT, document.encode())


async def texts(
    connection: Connection, statements: Sequence[tuple[str, Sequence[object]]]
) -> list[str]:
    """Run statements, and give the text in the first column of each."""
    return [await connection.fetchval(sql, *arguments) for sql, arguments in statements]
