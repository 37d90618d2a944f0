from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from connect_graph import database, status
from connect_graph.settings import ROLES, Settings
from connect_graph.status import Status
from db.address import Address
from db.vocabulary.load import load_vocabulary
from tests.conftest import Clone
from tests.world import PATIENTS, ROOT, Database, World, environment

Empty = Callable[[], Awaitable[str]]


async def look(environ: dict[str, str], *, demo: bool = False) -> Status:
    settings = Settings.load(environ | {"CONNECT_DEMO": "1" if demo else "0"})
    return await asyncio.to_thread(status.look, settings)


async def test_a_complete_installation_needs_nothing(world: World) -> None:
    found = await look(world.environment)
    assert found.todo == []
    told = found.as_json()
    assert told["ok"]
    assert told["database"]["reachable"]
    assert told["migrations"]["applied"] >= 9
    assert told["migrations"]["pending"] == []
    assert all(known["stored"] >= known["known"] > 0 for known in told["vocabularies"].values())
    (study,) = told["studies"]
    assert study["synthetic"]
    assert study["patients"] == PATIENTS
    assert study["lastImport"]["format"] == "synthetic"
    assert study["lastImport"]["rowsQuarantined"] == 0
    assert told["logins"] == {role: {"usable": True} for role in ROLES}
    assert told["key"] == "the stored ids' own"
    assert told["demo"] is False
    assert f"{PATIENTS} patients; last import" in found.text()
    assert "to do" not in found.text()


async def test_the_demonstration_beside_an_external_database_is_told(world: World) -> None:
    (sentence,) = (await look(world.environment, demo=True)).todo
    assert "unset CONNECT_DEMO" in sentence


async def test_no_secret_is_told(world: World) -> None:
    password = "s3cret-of-a-login"
    url = Address.parse(world.database.url).login("nobody_of_this_name", password).url
    found = await look(world.environment | {"DATABASE_URL_PARTNER": url})
    assert password not in found.text() + json.dumps(found.as_json())
    assert [sentence for sentence in found.todo if "DATABASE_URL_PARTNER" in sentence]
    assert found.parts["logins"]["partner"] == {"usable": False}
    assert found.parts["logins"]["steward"] == {"usable": True}
    assert "partner not usable" in found.text()


async def test_a_login_of_another_role_is_not_usable(world: World) -> None:
    found = await look(
        world.environment | {"DATABASE_URL_PARTNER": world.database.login("steward")}
    )
    (sentence,) = found.todo
    assert sentence.startswith("DATABASE_URL_PARTNER logs in as connect_steward_login")


async def test_a_login_that_is_not_named_is_not_usable(world: World) -> None:
    environ = {n: v for n, v in world.environment.items() if n != "DATABASE_URL_PARTNER"}
    found = await look(environ)
    (sentence,) = found.todo
    assert sentence.startswith("DATABASE_URL_PARTNER must be set")
    assert found.parts["logins"]["partner"] == {"usable": False}


async def test_a_key_that_is_missing_or_another_is_told(world: World, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    found = await look(world.environment | {"CONNECT_KEY_FILE": str(other)})
    (sentence,) = found.todo
    assert f"{other} is missing" in sentence
    assert not other.exists()
    other.write_bytes(bytes(32))
    other.chmod(0o600)
    found = await look(world.environment | {"CONNECT_KEY_FILE": str(other)})
    (sentence,) = found.todo
    assert f"{other} is not the key that made the stored ids" in sentence
    other.chmod(0o644)
    found = await look(world.environment | {"CONNECT_KEY_FILE": str(other)})
    assert found.parts["key"] == "unusable"
    assert "chmod 600" in found.todo[0]


async def test_an_empty_database_is_to_be_migrated(empty: Empty, tmp_path: Path) -> None:
    found = await look(environment(Database(await empty()), tmp_path))
    assert found.parts["migrations"]["applied"] == 0
    assert "connect-graph migrate" in found.todo[0]
    assert "studies" not in found.parts


async def test_a_database_without_vocabularies_is_to_be_migrated(
    clone: Clone, tmp_path: Path
) -> None:
    async with clone() as copy:
        (sentence,) = (await look(environment(copy, tmp_path))).todo
        assert sentence.startswith("the vocabularies lack entries (gene, onco_tree, drug)")
        async with database.connected(copy.url) as connection:
            await load_vocabulary(connection)
        found = await look(environment(copy, tmp_path))
        assert found.todo == []
        assert found.parts["key"] == "not made yet"
        assert "studies: none" in found.text()


async def test_a_migration_of_a_newer_version_is_told(clone: Clone, tmp_path: Path) -> None:
    async with clone() as copy:
        async with database.connected(copy.url) as connection:
            await load_vocabulary(connection)
            await connection.execute("insert into public.schema_migrations values ('9999')")
        found = await look(environment(copy, tmp_path))
        assert found.parts["migrations"]["unknown"] == ["9999"]
        assert "migration 9999" in found.todo[0]


async def test_a_patient_without_a_pseudonym_is_told(clone: Clone, tmp_path: Path) -> None:
    async with clone() as copy:
        settings = Settings.load({"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(tmp_path)})
        await database.prepare(settings, copy.url)
        async with database.connected(copy.url) as connection:
            await connection.execute("insert into connect.study (code) values ('S')")
            await connection.execute(
                "insert into connect.patient (study_id) select id from connect.study"
            )
        (sentence,) = (await look(environment(copy, tmp_path))).todo
        assert sentence.startswith("1 pairs of patient and scope have no pseudonym")
        await database.prepare(settings, copy.url)
        assert (await look(environment(copy, tmp_path))).todo == []


async def test_what_cannot_be_reached_is_told_with_the_remedy(tmp_path: Path) -> None:
    nowhere = f"postgresql://postgres@/connect?host={tmp_path}"
    found = await look({"DATABASE_URL": nowhere, "CONNECT_DATA_DIR": str(tmp_path)})
    (sentence,) = found.todo
    assert "check that PostgreSQL runs and that DATABASE_URL names it" in sentence
    assert found.as_json()["database"] == {"reachable": False}


async def test_an_embedded_database_is_not_made_by_asking(tmp_path: Path) -> None:
    found = await look({"CONNECT_DATA_DIR": str(tmp_path)})
    assert found.todo == [
        "there is no database yet: run `connect-graph migrate`, or set DATABASE_URL"
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("demo", "code"), [("0", 0), ("1", 1)])
def test_the_command_says_by_its_exit(world: World, demo: str, code: int) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "connect_graph", "status", "--json"],
        cwd=ROOT,
        env=world.environment | {"CONNECT_DEMO": demo},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code, ran.stderr
    told = json.loads(ran.stdout)
    assert told["ok"] is (code == 0)
    assert told["demo"] is (demo == "1")
