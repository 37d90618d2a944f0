"""A change of the data office: one transaction as its viewer, checked, written and recorded."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

from db.office.agreement import (
    AgreementChange,
    NewAgreement,
    create_agreement,
    end_agreement,
    update_agreement,
)
from db.office.consent import NewConsent, Withdrawal, give_consent, withdraw_consent
from db.office.membership import NewMembership, Revocation, add_membership, revoke_membership
from db.office.outcome import Outcome
from db.office.partner import NewPartner, PartnerChange, create_partner, update_partner
from db.office.problem import Problems, reject
from db.office.project import (
    NewProject,
    ProjectChange,
    create_project,
    end_project,
    update_project,
)
from db.office.terms import End
from db.pool import ACQUIRE_SECONDS, UNREACHED, Pool, TimedOut, Unavailable
from db.statement import SETTINGS
from db.viewer import Viewer

if TYPE_CHECKING:
    from db.catalog import Connection

CHANNEL = "connect_scope"
"""Where it is told that patients may lack a pseudonym, and no more: any login may listen."""
UNFIT = re.compile("[\0\ud800-\udfff]")
"""What no text of PostgreSQL may hold."""
_TAKE = "select pg_advisory_lock(hashtextextended('connect.office', 0))"
_GIVE_BACK = "select pg_advisory_unlock(hashtextextended('connect.office', 0))"
_SAY = "select " + ", ".join(
    f"set_config('{name}', ${place}, true)" for place, name in enumerate(SETTINGS, start=1)
)


@dataclass(frozen=True, slots=True)
class Operation:
    """Hold what an input is read as, and what is done with it."""

    input: type
    run: Callable[[Connection, Any], Awaitable[Outcome]]


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "create_partner": Operation(NewPartner, create_partner),
        "update_partner": Operation(PartnerChange, update_partner),
        "create_agreement": Operation(NewAgreement, create_agreement),
        "update_agreement": Operation(AgreementChange, update_agreement),
        "end_agreement": Operation(End, end_agreement),
        "create_project": Operation(NewProject, create_project),
        "update_project": Operation(ProjectChange, update_project),
        "end_project": Operation(End, end_project),
        "add_membership": Operation(NewMembership, add_membership),
        "revoke_membership": Operation(Revocation, revoke_membership),
        "give_consent": Operation(NewConsent, give_consent),
        "withdraw_consent": Operation(Withdrawal, withdraw_consent),
    }
)
Record = Callable[[str, Mapping[str, Any], Outcome], None]
"""Takes what was done, for the entry that the transaction ends with."""
Begin: TypeAlias = "Callable[[Connection], AbstractAsyncContextManager[Record]]"
"""Begins a transaction that commits with its audit entry, or not at all."""


@dataclass(frozen=True, slots=True)
class Office:
    """Hold the way on which stewards change what the office keeps."""

    pool: Pool
    begin: Begin

    async def change(self, viewer: Viewer, name: str, given: Mapping[str, Any]) -> Outcome:
        """Make a change as its viewer, over the office's login.

        Raises: Rejected, Unavailable, TimedOut.
        """
        try:
            async with (
                self.pool.connections.acquire(timeout=ACQUIRE_SECONDS) as connection,
                _turn(connection),
                self.begin(connection) as record,
            ):
                await connection.execute(_SAY, *viewer.settings)
                return await _perform(connection, record, name, given)
        except asyncpg.InsufficientPrivilegeError as error:
            raise reject("your membership does not allow it any longer: sign in anew") from error
        except (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError) as error:
            raise TimedOut from error
        except UNREACHED as error:
            raise Unavailable from error


async def command(
    connection: Connection, begin: Begin, name: str, given: Mapping[str, Any]
) -> Outcome:
    """Make a change for a command: as the loader, whom no membership binds.

    Raises: Rejected.
    """
    async with _turn(connection), begin(connection) as record:
        await connection.execute("set local role connect_loader")
        return await _perform(connection, record, name, given)


@asynccontextmanager
async def _turn(connection: Connection) -> AsyncIterator[None]:
    """Wait for one's turn: what is checked stays so until it is written.

    The transaction begins after that, and with it its clock: what was written before has happened.
    """
    await connection.execute(_TAKE)
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute(_GIVE_BACK)


async def _perform(
    connection: Connection, record: Record, name: str, given: Mapping[str, Any]
) -> Outcome:
    """Check, write and record."""
    operation = OPERATIONS[name]
    _check_texts(given)
    try:
        outcome = await operation.run(connection, operation.input(**given))
    except (asyncpg.UniqueViolationError, asyncpg.ExclusionViolationError) as error:
        raise reject("somebody else wrote the same at this moment: try again") from error
    if outcome.fill:
        await connection.execute("select pg_notify($1, '')", CHANNEL)
    record(name, given, outcome)
    return outcome


def _check_texts(given: Mapping[str, Any]) -> None:
    """Refuse texts that no text of the database may hold."""
    problems = Problems()
    for name, value in given.items():
        texts = enumerate(value) if isinstance(value, tuple) else [(None, value)]
        for position, text in texts:
            if isinstance(text, str) and UNFIT.search(text):
                place = (name,) if position is None else (name, position)
                problems.add("holds a character that no text may hold", *place)
    problems.stop()
