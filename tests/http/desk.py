"""A data office beside a served database without patients, where memberships may change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx

from connect_graph import database as office
from connect_graph.issuer import DEMO_ISSUER, DemoIssuer
from connect_graph.settings import ROLES, Settings
from tests.conftest import Clone
from tests.http.client import Client, bearer
from tests.world import Database, serving


@dataclass(frozen=True, slots=True)
class Office:
    """Hold a served database without patients, where memberships may change."""

    connection: asyncpg.Connection[asyncpg.Record]
    http: httpx.AsyncClient
    issuer: DemoIssuer

    def client(self, subject: str) -> Client:
        return Client(self.http, bearer(self.issuer.token("999000259", subject)))

    async def join(self, subject: str, role: str, *scopes: str) -> Client:
        for scope in scopes:
            await self.connection.execute(
                "insert into connect.membership "
                "(role, issuer, organisation_number, subject, scope_id) "
                "select $1::text::connect.role, $2, '999000259', $3, id "
                "from connect.scope where code = $4",
                role,
                DEMO_ISSUER,
                subject,
                scope,
            )
        return self.client(subject)

    async def scopes(self, kind: str) -> list[str]:
        rows = await self.connection.fetch(
            "select code from connect.scope where kind::text = $1 "
            "and valid_from <= now() and coalesce(valid_to > now(), true) order by code",
            kind,
        )
        return [row["code"] for row in rows]


@asynccontextmanager
async def desk_of(clone: Clone, directory: Path) -> AsyncIterator[Office]:
    """Serve such a database for as long as a block lasts."""
    async with clone() as copy:
        settings = Settings.load({"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(directory)})
        await office.prepare(settings, copy.url)
        with serving(environment(copy, settings)) as (address, _):
            async with (
                office.connected(copy.url) as connection,
                httpx.AsyncClient(base_url=address, timeout=30) as http,
            ):
                yield Office(connection, http, DemoIssuer(directory))


def environment(copy: Database, settings: Settings) -> dict[str, str]:
    """Give what a process needs to serve it."""
    logins = {f"DATABASE_URL_{role.upper()}": copy.login(role) for role in ROLES}
    own = {"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(settings.data_dir)}
    return {**logins, **own, "DATABASE_URL": copy.url}
