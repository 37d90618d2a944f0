"""A study as a folder of forms, as each role may see it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from connect_graph import database as own
from db.export import viewing
from db.export.export import export
from db.export.viewing import ExportRefused
from db.form.folder import FolderRefused
from db.synthetic.catalogue import STUDY
from db.viewer import Role
from tests.export.table import read, unsettled
from tests.world import ROOT, World

IDENTIFYING = {
    *("site", "birth_year", "age_at_enrolment_years", "enrolled_on", "referred_on"),
    *("collected_on", "held_on", "started_on"),
}
SCOPE = "CONNECT"


async def exported(world: World, role: str, path: Path, *, study: str = STUDY[0]) -> Path:
    viewer = await world.viewer(role)
    await export(world.pools.roles[Role(role)], viewer, study, "csv", path, unsettled)
    return path


async def test_pages_make_no_difference(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await exported(world, "steward", tmp_path / "one")
    monkeypatch.setattr(viewing, "PAGE", 7)
    await exported(world, "steward", tmp_path / "many")
    for path in (tmp_path / "one").iterdir():
        assert (tmp_path / "many" / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("role", ["partner", "researcher", "clinician", "steward"])
async def test_a_viewer_gets_what_the_graph_answers(
    world: World, tmp_path: Path, role: str
) -> None:
    tables = read(await exported(world, role, tmp_path / role))
    found: dict[str, set[str]] = {"patient": set(), "treatment": set(), "biomarker": set()}
    after = None
    while True:
        answer = await world.answer(
            role,
            "query ($after: String) { patients(first: 20, after: $after) { "
            "pageInfo { hasNextPage endCursor } nodes { id treatments { id } "
            "specimens { biomarkers { id } } } } }",
            {"after": after},
        )
        assert "errors" not in answer.body, answer.body["errors"]
        page = answer.body["data"]["patients"]
        for patient in page["nodes"]:
            found["patient"].add(patient["id"])
            found["treatment"] |= {each["id"] for each in patient["treatments"]}
            found["biomarker"] |= {
                each["id"] for specimen in patient["specimens"] for each in specimen["biomarkers"]
            }
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    for name, ids in found.items():
        assert {row[name] for row in tables[f"{name}.csv"]} == ids
    assert found["patient"]


@pytest.mark.parametrize("role", ["partner", "researcher"])
async def test_nothing_identifies(world: World, tmp_path: Path, role: str) -> None:
    tables = read(await exported(world, role, tmp_path / role))
    assert "consent.csv" not in tables
    for file, rows in tables.items():
        if rows and file != "site.csv":
            assert not IDENTIFYING & set(rows[0]), file
    text = "".join(path.read_text() for path in (tmp_path / role).iterdir())
    async with own.connected(world.database.url) as connection:
        secrets = await connection.fetch(
            "select source_key from connect.patient_identity "
            "union all select source_key from connect.specimen_identity "
            "union all select key::text from connect.patient "
            "union all select key::text from connect.treatment"
        )
    assert [row[0] for row in secrets if row[0] in text] == []


async def test_every_file_says_that_it_is_invented(world: World, tmp_path: Path) -> None:
    tables = read(await exported(world, "steward", tmp_path / "e"))
    assert "SYNTHETIC" in (tmp_path / "e" / "README.txt").read_text()
    for file, rows in tables.items():
        assert all(row["synthetic"] == "yes" for row in rows), file
        if not rows:  # of lesions the invented patients have none
            assert "synthetic" in (tmp_path / "e" / file).read_text().strip().split(",")
    assert tables["patient.csv"]


async def test_what_cannot_be_exported_leaves_nothing(world: World, tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="no records"):
        await exported(world, "authority", tmp_path / "e")
    with pytest.raises(ExportRefused, match="there is no study NONE: name one of"):
        await exported(world, "steward", tmp_path / "e", study="NONE")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "mine").touch()
    with pytest.raises(FolderRefused, match="is there already"):
        await exported(world, "steward", tmp_path / "e")
    assert [each.name for each in (tmp_path / "e").iterdir()] == ["mine"]


async def test_a_token_says_who_exports(world: World, tmp_path: Path) -> None:
    async def run(*arguments: str, token: str | None = None) -> tuple[int | None, str]:
        environment = dict(world.environment)
        if token is not None:
            environment["CONNECT_TOKEN"] = token
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "connect_graph", "export", "csv", *arguments),
            cwd=ROOT,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        return process.returncode, out.decode()

    code, text = await run(str(tmp_path / "a"), "--study", STUDY[0])
    assert (code, "nobody says who exports" in text) == (1, True)
    code, text = await run(str(tmp_path / "a"), "--study", STUDY[0], token="a.b.c")
    assert (code, "token is not valid" in text) == (1, True)
    token = await world.token("partner")
    code, text = await run(str(tmp_path / "a"), "--study", STUDY[0], "--scope", SCOPE, token=token)
    assert (code, "not one that you hold" in text) == (1, True)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "token").write_text(token + "\n")
    code, text = await run(
        str(tmp_path / "a"), "--study", STUDY[0], "--token-file", str(tmp_path / "token")
    )
    assert code == 0, text
    assert read(tmp_path / "a")["patient.csv"]
    assert (tmp_path / "a").stat().st_mode & 0o077 == 0
