"""The writer: durable when it returns, never a fork or a gap, whatever fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest

from db.audit.writer import Unaudited, Writer
from db.pool import Unavailable
from tests.audit.stored import entries, entry
from tests.world import Database

DEFERRED = "insert into public.a values (1, 2)"
AUDITORS = "usename = 'connect_audit_login' and datname = current_database()"


async def test_entries_of_one_moment_share_a_write(writer: Writer, database: Database) -> None:
    made = [entry(document="{ viewer { role } }", patients=(3, 1), rows={"B": 1, "A": 2})]
    made += [entry(document="{ a }", variables={"x": "\0\ud800"}) for _ in range(99)]
    await asyncio.gather(*map(writer.write, made))
    stored = await entries(database.url)
    assert {row["request_id"] for row in stored} == {one.request_id for one in made}
    assert sorted(row["ordinal"] for row in stored) == list(range(1, 101))
    (first,) = (row for row in stored if row["request_id"] == made[0].request_id)
    assert (first["patients"], first["rows_by_type"]) == ([1, 3], '{"A":2,"B":1}')
    connection = await asyncpg.connect(database.url)
    assert await connection.fetchval("select count(*) from connect.audit_document") == 2
    writes = await connection.fetchval("select count(distinct xmin::text) from connect.audit_entry")
    assert writes < 10
    await connection.close()


async def test_what_callers_choose_is_stored_whatever_it_is(
    writer: Writer, database: Database
) -> None:
    odd = '\0 \ud800 \x9f é {}" \\'
    await writer.write(
        entry(document=odd, operation_name=odd, variables={odd: odd}, scope=odd, purpose=odd)
    )
    (row,) = await entries(database.url)
    assert row["scope"] == odd.encode("unicode_escape").decode()


async def test_one_that_cannot_be_stored_harms_no_other(writer: Writer, database: Database) -> None:
    bad = entry(request_id="not an id")
    good = [entry() for _ in range(9)]
    results = await asyncio.gather(
        *map(writer.write, [*good[:4], bad, *good[4:]]), return_exceptions=True
    )
    assert [type(r) for r in results if r is not None] == [asyncpg.CheckViolationError]
    assert {row["request_id"] for row in await entries(database.url)} == {
        one.request_id for one in good
    }


async def test_without_the_right_nothing_is_written_and_later_it_is_again(
    writer: Writer, database: Database
) -> None:
    await writer.write(entry())
    owner = await asyncpg.connect(database.url)
    await owner.execute("revoke insert on connect.audit_entry from connect_audit")
    with pytest.raises(Unavailable):
        await writer.write(entry())
    await owner.execute("grant insert on connect.audit_entry to connect_audit")
    await writer.write(entry())
    chains = await owner.fetch("select * from connect.audit_chain order by opened_at")
    assert len({row["chain_id"] for row in await entries(database.url)}) == 2
    assert chains[0]["follows"] is None
    assert (chains[-1]["follows"], chains[-1]["follows_ordinal"]) == (chains[0]["id"], 1)
    await owner.close()


async def test_a_lost_connection_opens_another_chain(writer: Writer, database: Database) -> None:
    await writer.write(entry())
    owner = await asyncpg.connect(database.url)
    terminate = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where"
    await owner.execute(f"{terminate} {AUDITORS}")
    await owner.close()
    with pytest.raises(Unavailable):
        await writer.write(entry())
    assert await writer.alive()
    await writer.write(entry())
    assert len(await entries(database.url)) == 2


@pytest.fixture
async def office(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection of another login that may write entries: the superuser's, here."""
    connection = await asyncpg.connect(database.url)
    yield connection
    await connection.close()


async def test_an_entry_ends_another_logins_transaction(
    writer: Writer, database: Database, office: asyncpg.Connection
) -> None:
    change = "insert into connect.study (code) values ($1)"
    await writer.write(entry())
    async with writer.within(office) as transaction:
        await office.execute(change, "KEPT")
        transaction.append(entry())

    async def fail() -> None:
        async with writer.within(office) as transaction:
            await office.execute(change, "LOST")
            transaction.append(entry())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    with pytest.raises(Unaudited):
        async with writer.within(office):
            await office.execute(change, "UNSAID")

    async def contradict() -> None:
        async with writer.within(office) as transaction:
            await office.execute(DEFERRED)
            transaction.append(entry())

    await office.execute(
        "create table public.a (id int primary key, b int references public.a"
        " deferrable initially deferred)"
    )
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await contradict()
    await writer.write(entry())
    stored = await entries(database.url)
    assert [row["ordinal"] for row in stored] == [1, 2, 3]
    assert len({row["chain_id"] for row in stored}) == 1
    codes = await office.fetch(
        "select code from connect.study where code = any($1)", ["KEPT", "LOST", "UNSAID"]
    )
    assert [row["code"] for row in codes] == ["KEPT"]


async def test_who_leaves_leaves_no_transaction_behind(writer: Writer, database: Database) -> None:
    """Whenever it is, also while it begins: the next one would be in it."""
    await writer.write(entry())
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    pool = await asyncpg.create_pool(database.url, min_size=1, max_size=1)

    async def change() -> None:
        async with pool.acquire() as connection, writer.within(connection) as transaction:
            await connection.execute("insert into connect.study (code) values ('LEFT')")
            transaction.append(entry())
            await connection.fetchval("select pg_sleep(0.01)")
            raise ZeroDivisionError

    for number in range(120):
        changing = asyncio.create_task(change())
        await asyncio.sleep(number / 120 * 0.01)
        changing.cancel()
        with suppress(asyncio.CancelledError, ZeroDivisionError):
            await changing
        async with pool.acquire() as connection:
            assert not connection.is_in_transaction()
            left = "select count(*) from connect.study where code = 'LEFT'"
            assert await connection.fetchval(left) == 0
    await pool.close()
    assert told == []


async def test_answers_and_transactions_never_fork_the_chain(
    writer: Writer, database: Database
) -> None:
    async def change(number: int) -> None:
        connection = await asyncpg.connect(database.url)
        try:
            async with writer.within(connection) as transaction:
                transaction.append(entry())
                if number % 2:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        finally:
            await connection.close()

    await asyncio.gather(*map(change, range(20)), *(writer.write(entry()) for _ in range(200)))
    stored = await entries(database.url)
    assert len({row["chain_id"] for row in stored}) == 1
    assert sorted(row["ordinal"] for row in stored) == list(range(1, 211))
