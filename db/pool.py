"""Pools: a login and a pool for each role, so that no request ever runs as another one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

from db.catalog import Grants, grants
from db.viewer import Role

if TYPE_CHECKING:
    from db.catalog import Connection

IDENTITY = "identity"
_OPEN = nullcontext()
AUDIT = "audit"
AUDIT_CONNECTIONS = 2
"""One that writes entries, one that seals."""
OFFICE = "office"
OFFICE_CONNECTIONS = 2
"""Changes take turns: one is made while the next is read."""
_WHO = """
select current_user::text as login, r.rolsuper or r.rolbypassrls or r.rolcreaterole
    or r.rolcreatedb or r.rolreplication as mighty,
  (select array_agg(g.rolname::text order by g.rolname) from pg_roles g
   where g.rolname <> current_user and pg_has_role(current_user, g.oid, 'member')) as groups
from pg_roles r where r.rolname = current_user
"""


ACQUIRE_SECONDS = 10
"""How long a request waits for a connection of its role."""
LIFETIME_SECONDS = 300
"""How long a connection is kept that nobody uses."""
MOST_PREPARED = 200_000
"""[bytes] of a statement that a connection keeps prepared: a large one is dear to plan."""
_DEAD_SECONDS = 30
"""After how long without a sign a connection counts as broken off."""
UNREACHED = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # its last word was heard, and its end not yet
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.exceptions.OperatorInterventionError,
)


class Unavailable(Exception):
    """Say that the database cannot be reached now."""


class Unfit(Exception):
    """Say that a value cannot be what its place asks for: a number, a date, a known word."""


class Outdated(Exception):
    """Say that a viewer is no longer as they were told: they must be identified anew."""


class TimedOut(Exception):
    """Say that a statement took longer than its limit."""


class Excessive(Exception):
    """Say that an answer is larger than the database can make."""


class LoginRefused(Exception):
    """Say in one sentence which login is not the one that its pool is for."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Hold the connections of one login, and what it may read."""

    role: str
    grants: Grants
    connections: asyncpg.Pool[asyncpg.Record]
    seconds: float
    """How long a statement may take."""
    lane: AbstractAsyncContextManager[object] = _OPEN
    """Where one of many waits who may not have all connections."""

    async def text(self, sql: str, *arguments: object) -> str:
        """Run one statement and return its one text.

        Raises: Unavailable (`UNAVAILABLE`), TimedOut (`TIMEOUT`), Unfit (`BAD_USER_INPUT`),
            Excessive (`LIMIT_EXCEEDED`), and Outdated where there is no text, since the viewer's
            proof did not hold.
        """
        try:
            async with (
                self.lane,
                self.connections.acquire(timeout=ACQUIRE_SECONDS) as connection,
            ):
                found = await self._fetched(connection, sql, arguments)
        except (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError) as error:
            raise TimedOut from error
        except asyncpg.DataError as error:
            raise Unfit from error
        except asyncpg.ProgramLimitExceededError as error:
            raise Excessive from error
        except UNREACHED as error:
            raise Unavailable from error
        if found is None:
            raise Outdated
        return found

    async def _fetched(
        self, connection: Connection, sql: str, arguments: tuple[object, ...]
    ) -> str | None:
        """Run a statement, and once more where it was ended long before its time.

        That was meant for the caller who had the connection before, and left: PostgreSQL is told by
        a message of its own, which may come late.
        """
        begun = time.monotonic()
        found: str | None
        try:
            found = await connection.fetchval(sql, *arguments)
        except asyncpg.QueryCanceledError:
            if time.monotonic() - begun > self.seconds / 2:
                raise
            found = await connection.fetchval(sql, *arguments)
        return found


@dataclass(frozen=True, slots=True)
class Pools:
    """Hold the pool of every role, and those that identify callers, audit, and write."""

    identity: Pool
    audit: Pool
    office: Pool
    roles: Mapping[Role, Pool]

    @classmethod
    async def open(cls, urls: Mapping[str, str], *, size: int, timeout_ms: int = 10_000) -> Pools:
        """Open a pool for each role and each other login, from the URLs of all.

        Raises: LoginRefused when a URL is another login's, or the login may do more than it should.
        """
        opened: list[Pool] = []
        try:
            for role in (IDENTITY, AUDIT, OFFICE, *(role.value for role in Role)):
                held = {AUDIT: AUDIT_CONNECTIONS, OFFICE: min(size, OFFICE_CONNECTIONS)}
                opened.append(await _open(role, urls[role], held.get(role, size), timeout_ms))
        except BaseException:
            await asyncio.gather(*(pool.connections.close() for pool in opened))
            raise
        identity, audit, office, *rest = opened
        return cls(identity, audit, office, dict(zip(Role, rest, strict=True)))

    async def alive(self) -> bool:
        """Tell whether the database answers."""
        try:
            await self.identity.text("select 'alive'")
        except (Unavailable, TimedOut):
            return False
        return True

    async def close(self) -> None:
        """Wait for what runs, then close every connection."""
        pools = (self.identity, self.audit, self.office, *self.roles.values())
        await asyncio.gather(*(pool.connections.close() for pool in pools))


async def prove(role: str, url: str) -> None:
    """Log in once and prove that the login is the role's and may do no more.

    Raises: LoginRefused, Unavailable.
    """
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(type(error).__name__) from error
    try:
        await _prove(connection, role)
    finally:
        await connection.close()


async def _open(role: str, url: str, size: int, timeout_ms: int) -> Pool:
    connections = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        timeout=10,
        command_timeout=timeout_ms / 1000 + 5,
        max_inactive_connection_lifetime=LIFETIME_SECONDS,
        reset=None if role == OFFICE else _leave,
        max_cacheable_statement_size=MOST_PREPARED,
        server_settings={
            "application_name": f"connect-graph {role}",
            "default_transaction_read_only": "off" if role in {AUDIT, OFFICE} else "on",
            "synchronous_commit": "on",
            "jit": "off",
            # Planning costs more than running a small statement, and with row security the values
            # tell the planner nothing.
            "plan_cache_mode": "force_generic_plan",
            "work_mem": "16MB",
            "timezone": "UTC",
            **_timeouts(role, timeout_ms),
        },
    )
    try:
        async with connections.acquire() as connection:
            await _prove(connection, role)
            return Pool(role, await grants(connection), connections, timeout_ms / 1000)
    except BaseException:
        await connections.close()
        raise


async def _leave(_connection: object) -> None:
    """Leave a connection as it is: a statement's settings end with it, and it holds nothing else.

    What asyncpg would run instead is a round trip for each statement.
    """


def _timeouts(role: str, timeout_ms: int) -> Mapping[str, str]:
    """Give what the server itself ends: it may be left by a process that says nothing any more."""
    found = {
        "statement_timeout": str(timeout_ms),
        "idle_in_transaction_session_timeout": str(timeout_ms),
        "client_connection_check_interval": "2s",
        "tcp_keepalives_idle": str(_DEAD_SECONDS),
        "tcp_keepalives_interval": str(_DEAD_SECONDS // 3),
        "tcp_keepalives_count": "3",
    }
    if role == AUDIT:  # which has its connections for as long as it runs
        return found
    idle = str(2 * LIFETIME_SECONDS * 1000)
    return {**found, "lock_timeout": str(timeout_ms // 2), "idle_session_timeout": idle}


async def _prove(connection: Connection, role: str) -> None:
    row = await connection.fetchrow(_WHO)
    expected = f"connect_{role}"
    if row is None or row["login"] != f"{expected}_login":
        raise LoginRefused(
            f"DATABASE_URL_{role.upper()} logs in as {row['login'] if row else 'nobody'}: "
            f"give the URL of {expected}_login"
        )
    if row["mighty"] or row["groups"] != [expected]:
        raise LoginRefused(
            f"{expected}_login may do more than {expected}: "
            f"revoke its other memberships and attributes"
        )
