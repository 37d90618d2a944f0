"""Every kind of tampering is named, at the first place; what was only written is intact."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import asyncpg
import pytest

from connect_graph.settings import ROLES
from db.audit import writer as writing
from db.audit.entry import COLUMNS
from db.audit.seal import Seal
from db.audit.verdict import Verdict
from db.audit.verify import verify
from db.audit.writer import Writer
from db.pool import Pools
from tests.audit.stored import entry
from tests.conftest import Clone
from tests.world import AUDIT_KEY

ENTRIES = 9
TABLES = ("audit_chain", "audit_document", "audit_entry", "audit_seal")
FIRST = "chain_id = (select id from connect.audit_chain order by opened_at limit 1)"
CHANGED = {
    "at": "at + interval '1 microsecond'",
    "patients": "patients || 1::bigint",
    "cells": "cells + 1",
    "decision": "'REFUSED'",
    "codes": "array_append(codes, 'X')",
    "duration_microseconds": "duration_microseconds + 1",
    "document": "sha256('another')",
    "request_id": "repeat('0', 32)",
    "federated_request_id": "repeat('0', 32)",
    "role": "'STEWARD'",
    "rows_by_type": """'{"Patient":2}'""",
    "variables": "'{}'",
    "previous": "sha256('another')",
    "digest": "sha256('another')",
}


@dataclass(slots=True)
class Kept:
    """Hold an audit of three chains, and how to undo what a test did to it."""

    owner: asyncpg.Connection
    seals: list[Seal] = field(default_factory=list)

    async def verdict(self, told: bytes | None = None) -> Verdict:
        return await verify(self.owner, [AUDIT_KEY], told)

    async def tamper(self, *statements: str) -> None:
        """Change it as an owner of the database can who knows what he does."""
        await self.owner.execute("set session_replication_role = replica")
        for statement in statements:
            assert await self.owner.execute(statement) not in {"UPDATE 0", "DELETE 0"}, statement
        await self.owner.execute("reset session_replication_role")

    async def restore(self) -> None:
        await self.owner.execute("set session_replication_role = replica")
        for table in TABLES:
            await self.owner.execute(
                f"truncate connect.{table}; insert into connect.{table} table public.{table}"
            )
        await self.owner.execute("reset session_replication_role")


@pytest.fixture(scope="module")
async def made(clone: Clone) -> AsyncIterator[Kept]:
    """Write an audit as processes do: two at once, and one that lost its connection."""
    async with clone() as copy:
        owner = await asyncpg.connect(copy.url)
        made = Kept(owner)
        logins = {role: copy.login(role) for role in ROLES}
        pools = [await Pools.open(logins, size=1) for _ in range(2)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(writing, "SEAL_SECONDS", 3_600)
            one = await Writer.open(pools[0].audit, AUDIT_KEY, made.seals.append)
            two = await Writer.open(pools[1].audit, AUDIT_KEY, made.seals.append)
        for number in range(ENTRIES):
            given = {"role": "PARTNER", "scope": "AGR-1", "purpose": "COMMERCIAL"}
            what = {"document": f"{{ n{number % 3} }}", "variables": {"n": number}}
            await one.write(entry(**given, **what, rows={"Patient": 1}, patients=(number,)))
            await two.write(entry())
            if number == 3:
                await one._seal()
            if number == 5:
                one._left, one._chain = one._chain, None  # as where an outcome is not known
        await two.close()
        await one.close()
        for each in pools:
            await each.close()
        for table in TABLES:
            await owner.execute(f"create table public.{table} as table connect.{table}")
        yield made
        await owner.close()


@pytest.fixture
async def kept(made: Kept) -> AsyncIterator[Kept]:
    yield made
    await made.restore()


def named(verdict: Verdict) -> tuple[str, str]:
    """Give the first finding: what, and where in its chain."""
    assert verdict.wrong == len(verdict.findings) > 0
    first = verdict.findings[0]
    return first.wrong.value, first.place.rpartition(", ")[2]


async def test_what_was_written_is_intact(kept: Kept) -> None:
    verdict = await kept.verdict(kept.seals[0].digest)
    assert verdict.findings == []
    assert (verdict.chains, verdict.entries, verdict.unsealed) == (3, 2 * ENTRIES, 0)
    assert (verdict.documents, verdict.seals) == (3, len(kept.seals))
    assert verdict.last == kept.seals[-1].digest.hex()


@pytest.mark.parametrize("column", [*COLUMNS, "previous", "digest"])
@pytest.mark.parametrize("ordinal", [1, 3, 6])
async def test_an_altered_field_is_named(kept: Kept, column: str, ordinal: int) -> None:
    value = CHANGED.get(column, "'another'")
    await kept.tamper(
        f"update connect.audit_entry set {column} = {value} where {FIRST} and ordinal = {ordinal}"
    )
    verdict = await kept.verdict()
    assert named(verdict) == ("ALTERED", f"entry {ordinal}")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("delete from connect.audit_entry where {first} and ordinal = 1", ("MISSING", "entry 1")),
        ("delete from connect.audit_entry where {first} and ordinal = 3", ("MISSING", "entry 3")),
        (
            "delete from connect.audit_entry where {first} and ordinal in (2, 3)",
            ("MISSING", "entry 2 to 3"),
        ),
        (
            "update connect.audit_entry set ordinal = 77 where {first} and ordinal = 4",
            ("MISSING", "entry 4"),
        ),
        (
            "update connect.audit_entry set chain_id = gen_random_uuid()"
            " where {first} and ordinal = 4",
            ("MISSING", "entry 4"),
        ),
    ],
)
async def test_a_removed_entry_is_named(kept: Kept, change: str, expected: tuple[str, str]) -> None:
    await kept.tamper(change.format(first=FIRST))
    assert named(await kept.verdict()) == expected


async def test_a_removed_entry_whose_gap_was_closed_is_named(kept: Kept) -> None:
    await kept.tamper(
        f"delete from connect.audit_entry where {FIRST} and ordinal = 2",
        *(
            f"update connect.audit_entry set ordinal = {n - 1} where {FIRST} and ordinal = {n}"
            for n in range(3, 7)
        ),
    )
    assert named(await kept.verdict()) == ("REORDERED", "entry 2")


async def test_reordered_entries_are_named(kept: Kept) -> None:
    move = f"update connect.audit_entry set ordinal = {{}} where {FIRST} and ordinal = {{}}"
    await kept.tamper(move.format(99, 2), move.format(2, 3), move.format(3, 99))
    assert named(await kept.verdict()) == ("REORDERED", "entry 2")


@pytest.mark.parametrize("least", [5, 6])
async def test_a_cut_off_end_is_named(kept: Kept, least: int) -> None:
    """By the chain that followed, though no seal had seen those entries."""
    await kept.tamper(f"delete from connect.audit_entry where {FIRST} and ordinal >= {least}")
    what, place = named(await kept.verdict())
    assert (what, place[:6]) == ("TRUNCATED", "chain ")


async def test_a_cut_off_end_is_named_by_a_seal(kept: Kept) -> None:
    last = "chain_id = (select id from connect.audit_chain order by opened_at desc limit 1)"
    await kept.tamper(f"delete from connect.audit_entry where {last} and ordinal = 3")
    what, place = named(await kept.verdict())
    assert (what, place[:6]) == ("TRUNCATED", "chain ")


@pytest.mark.parametrize("offset", [0, 1, 2])
async def test_a_whole_chain_removed_is_named(kept: Kept, offset: int) -> None:
    chosen = f"(select id from public.audit_chain order by opened_at offset {offset} limit 1)"
    removed = [
        f"delete from connect.audit_chain where id = {chosen}",
        f"delete from connect.audit_entry where chain_id = {chosen}",
    ]
    await kept.tamper(*removed)
    what, place = named(await kept.verdict())
    assert (what, place[:6]) == ("MISSING", "chain ")
    await kept.tamper(f"delete from connect.audit_seal where chain_id = {chosen}")
    assert (await kept.verdict(kept.seals[-1].digest)).wrong


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_a_removed_seal_is_named(kept: Kept, number: int) -> None:
    await kept.tamper(f"delete from connect.audit_seal where number = {number}")
    places = [(each.wrong.value, each.place) for each in (await kept.verdict()).findings]
    assert ("MISSING", f"seal {number}") in places


@pytest.mark.parametrize("column", ["at", "chain_id", "ordinal", "head", "previous", "digest"])
async def test_an_altered_seal_is_named(kept: Kept, column: str) -> None:
    changed = {
        "at": "at + interval '1 second'",
        "chain_id": "gen_random_uuid()",
        "ordinal": "ordinal + 1",
    }
    value = changed.get(column, "sha256('another')")
    await kept.tamper(f"update connect.audit_seal set {column} = {value} where number = 2")
    places = [(each.wrong.value, each.place) for each in (await kept.verdict()).findings]
    assert ("ALTERED", "seal 2") in places


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("opened_at", "opened_at - interval '1 second'", "ALTERED"),
        ("key_name", "'\\x0000000000000000'", "UNKNOWN_KEY"),
        ("follows", "id", "ALTERED"),
        ("follows_ordinal", "follows_ordinal - 1", "ALTERED"),
        ("digest", "sha256('another')", "ALTERED"),
        ("id", "gen_random_uuid()", "ALTERED"),
    ],
)
async def test_an_altered_chain_is_named(kept: Kept, column: str, value: str, what: str) -> None:
    where = "where follows is not null"
    await kept.tamper(f"update connect.audit_chain set {column} = {value} {where}")
    assert named(await kept.verdict())[0] == what


async def test_seals_cut_off_are_seen_by_who_was_told(kept: Kept) -> None:
    """A database set back to an earlier hour is whole in itself: only the log knows better."""
    told = kept.seals[-1]
    await kept.tamper(f"delete from connect.audit_seal where number = {told.number}")
    await kept.tamper(
        f"delete from connect.audit_entry where chain_id = '{told.chain}' and ordinal > 0"
    )
    assert (await kept.verdict()).findings == []
    assert named(await kept.verdict(told.digest)) == ("TRUNCATED", f"seal {told.digest.hex()}")


async def test_an_entry_put_in_by_who_may_insert_is_named(kept: Kept) -> None:
    """Whoever has the login, and even the owner, lacks the key."""
    await kept.tamper(
        "create temporary table forged as select * from connect.audit_entry"
        f" where {FIRST} and ordinal = 6",
        "update forged set ordinal = 7, previous = digest, subject = 'forged'",
        "insert into connect.audit_entry table forged",
        "drop table forged",
    )
    assert named(await kept.verdict()) == ("ALTERED", "entry 7")


async def test_a_document_removed_or_altered_is_named(kept: Kept) -> None:
    await kept.tamper("delete from connect.audit_document where content = '{ n0 }'")
    assert named(await kept.verdict()) == ("MISSING", "entry 1")
    await kept.restore()
    check = "audit_document_check"
    await kept.tamper(
        f"alter table connect.audit_document drop constraint {check}",
        "update connect.audit_document set content = '{ n9 }' where content = '{ n0 }'",
    )
    assert named(await kept.verdict())[0] == "ALTERED"
    await kept.restore()
    await kept.owner.execute(
        f"alter table connect.audit_document add constraint {check}"
        " check (digest = sha256(content))"
    )


@pytest.mark.parametrize("table", TABLES)
async def test_nothing_is_changed_by_accident(kept: Kept, table: str) -> None:
    """Not even by the owner, who would have to switch the triggers off."""
    for statement in (
        f"update connect.{table} set digest = digest",
        f"delete from connect.{table} where false",
        f"truncate connect.{table}",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
            await kept.owner.execute(statement)


async def test_another_key_is_said_to_be_one(kept: Kept) -> None:
    verdict = await verify(kept.owner, [bytes(32)])
    assert {each.wrong.value for each in verdict.findings} == {"UNKNOWN_KEY", "ALTERED"}
    verdict = await verify(kept.owner, [bytes(32), AUDIT_KEY], kept.seals[0].digest)
    assert verdict.findings == []
