from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from connect_graph.database import pseudonyms
from connect_graph.settings import Settings
from db.synthetic.demo import KINDS, ScopeRefused, add_membership, seed
from db.synthetic.load import synthesize
from db.synthetic.release import publish
from db.vocabulary.load import load_vocabulary
from tests.synthetic.conftest import ISSUER
from tests.world import Database

MEMBERS = """
select lower(m.role::text) as role, m.subject, m.organisation_number, s.code,
  cardinality(s.purposes) as purposes, p.code as partner
from connect.membership m join connect.scope s on s.id = m.scope_id
join connect.partner p using (organisation_number)
where m.issuer = $1 order by m.id
"""


@pytest.fixture
async def owner(database: Database) -> asyncpg.Connection:
    connection = await asyncpg.connect(database.url)
    await seed(connection, ISSUER)
    return connection


async def test_one_member_per_role_in_one_scope_with_one_purpose(owner: asyncpg.Connection) -> None:
    rows = await owner.fetch(MEMBERS, ISSUER)
    assert {row["role"]: (row["subject"], row["code"], row["partner"]) for row in rows} == {
        "partner": ("demo-partner", "AGR-OLA-01", "NORDLYS"),
        "researcher": ("demo-researcher", "PRJ-CRC-01", "UIO"),
        "authority": ("demo-authority", "CONNECT", "DMP"),
        "clinician": ("demo-clinician", "SITE-OUS", "OUS"),
        "steward": ("demo-steward", "CONNECT", "CONNECT"),
    }
    assert {row["purposes"] for row in rows} == {1}
    await owner.close()


async def test_seeding_again_writes_nothing(owner: asyncpg.Connection) -> None:
    before = await owner.fetch(MEMBERS, ISSUER)
    async with owner.transaction():
        await seed(owner, ISSUER)
        assert await owner.fetchval("select pg_current_xact_id_if_assigned()") is None
    assert await owner.fetch(MEMBERS, ISSUER) == before
    await owner.close()


async def test_a_member_of_another_scope(owner: asyncpg.Connection) -> None:
    for _ in range(2):
        number, subject = await add_membership(owner, ISSUER, "clinician", "SITE-UNN")
        assert subject == "demo-clinician-site-unn"
    rows = await owner.fetch(MEMBERS, ISSUER)
    assert len(rows) == 6
    assert rows[-1]["organisation_number"] == number
    assert rows[-1]["partner"] == "UNN"
    await owner.close()


@pytest.mark.parametrize(
    ("role", "scope", "message"),
    [
        ("partner", "AGR-NONE", "there is no scope AGR-NONE: partner may use AGR-ALP-01, AGR-DAB"),
        ("partner", "SITE-OUS", "SITE-OUS is of kind site: partner may use AGR-ALP-01"),
        ("researcher", "CONNECT", "researcher may use PRJ-BRAF-01, PRJ-CRC-01"),
        ("steward", "AGR-OLA-01", "steward may use CONNECT"),
        ("authority", "PRJ-CRC-01", "authority may use CONNECT"),
        ("owner", "CONNECT", "there is no role OWNER: use partner"),
    ],
)
async def test_a_scope_that_the_role_may_not_hold(
    owner: asyncpg.Connection, role: str, scope: str, message: str
) -> None:
    with pytest.raises(ScopeRefused, match=message):
        await add_membership(owner, ISSUER, role, scope)
    assert len(await owner.fetch(MEMBERS, ISSUER)) == len(KINDS)
    await owner.close()


async def test_no_release_of_the_set_holds_real_patients(
    owner: asyncpg.Connection, database: Database, tmp_path: Path
) -> None:
    settings = Settings.load({"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(tmp_path)})
    await load_vocabulary(owner)
    await owner.execute("insert into connect.study (code) values ('REAL')")
    await synthesize(owner, 60, 1, pseudonyms(settings))
    await publish(owner)
    assert await owner.fetchval("select count(*) from connect.data_release") == 0
    await owner.execute("delete from connect.study where code = 'REAL'")
    await publish(owner)
    assert await owner.fetchval("select count(*) from connect.data_release") == 1
