"""Damaged copies of real sets: each is imported whole or refused with the reason, nothing between.

tests/extent.py says how many copies: 200, in the night 2,000.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import asyncpg
import pytest

from db.ingest.cbioportal import import_cbioportal
from db.ingest.report import ImportRefused, Report
from db.sdtm.load import import_sdtm
from tests.conftest import Clone
from tests.extent import count
from tests.ingest.conftest import nothing
from tests.sdtm.conftest import TABLES, Connection

COPIES = count(ci=200, nightly=2_000)
SUBJECTS = 4
Content = Mapping[str, bytes]
Damage = Callable[[random.Random, bytes], bytes]
_EVERY = (*TABLES, "specimen", "molecular_profile", "biomarker", "gene_assessed", "diagnosis")
_COUNTS = "select " + ", ".join(f"(select count(*) from connect.{name})" for name in _EVERY)
_WHOLE = """
select b.rows_read, b.rows_stored, b.rows_quarantined,
  (select count(*) from connect.quarantine q where q.import_batch_id = b.id) as aside,
  (select count(*) from connect.patient p where p.study_id = s.id) as patients,
  (select count(*) from connect.patient_identity i where i.study_id = s.id) as identities,
  (select count(*) from connect.treatment t join connect.patient p on p.id = t.patient_id
    where p.study_id = s.id) as treatments,
  (select count(*) from connect.outcome o join connect.patient p on p.id = o.patient_id
    where p.study_id = s.id) as outcomes
from connect.study s join connect.import_batch b on b.study_id = s.id where s.code = $1
"""


def truncate(chance: random.Random, content: bytes) -> bytes:
    return content[: chance.randrange(len(content))]


def encode(chance: random.Random, content: bytes) -> bytes:
    text = content.decode("utf-8")
    ends = chance.choice(["\n", "\r", "\r\n"])
    encoding = chance.choice(["utf-16", "utf-16-le", "utf-8-sig", "utf-8", "latin-1", "cp037"])
    return text.replace("\n", ends).encode(encoding, errors="replace")


def shuffle(chance: random.Random, content: bytes) -> bytes:
    lines = [line + b"\n" for line in content.splitlines()]
    header = 1 + sum(line.startswith(b"#") for line in lines)
    start = chance.choice([0, header, header, header])
    rest = lines[start:]
    chance.shuffle(rest)
    return b"".join([*lines[:start], *rest])


def flip(chance: random.Random, content: bytes) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.choice([1, 1, 3, 20])):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


DAMAGES: tuple[Damage, ...] = (truncate, encode, shuffle, flip)


@pytest.fixture(scope="module")
def sdtm(pharmaverse: Path) -> Content:
    """Take the real rows of the subjects that every kind of file has."""
    files = {}
    for path in sorted(pharmaverse.glob("*.csv")):
        header, *lines = path.read_bytes().splitlines(keepends=True)
        first = (pharmaverse / "tu_onco_recist.csv").read_text().split('"01-')[1:]
        subjects = sorted({f'"01-{each.partition(chr(34))[0]}"' for each in first})[:SUBJECTS]
        mine = [line for line in lines if any(each.encode() in line for each in subjects)]
        files[path.name] = b"".join([header, *mine])
    assert len(files) == 14
    assert all(content.count(b"\n") > 1 for content in files.values())
    return files


@pytest.fixture(scope="module")
def portal(puma: Path) -> Content:
    return {
        path.name: path.read_bytes()
        for path in sorted(puma.iterdir())
        if path.name.startswith("data_")
    }


@pytest.fixture(scope="module")
async def connection(stocked_clone: Clone) -> AsyncIterator[Connection]:
    async with stocked_clone() as database:
        found = await asyncpg.connect(database.url)
        yield found
        await found.close()


@pytest.fixture(scope="session")
def puma(shared: Path) -> Path:
    path = shared / "data" / "puma_biliary"
    if not path.is_dir():
        pytest.skip("../shared/data/puma_biliary is not there")
    return path


async def sdtm_import(connection: Connection, path: Path, study: str) -> Report:
    return await import_sdtm(connection, path, study=study, dry_run=False, complete=nothing)


async def portal_import(connection: Connection, path: Path, study: str) -> Report:
    return await import_cbioportal(
        connection,
        path,
        study=study,
        drug=None,
        cohort=None,
        dry_run=False,
        complete=nothing,
    )


async def attempt(
    connection: Connection,
    run: Callable[[Connection, Path, str], Awaitable[Report]],
    path: Path,
    study: str,
    *,
    twice: bool,
) -> bool:
    """Import one copy: whole, and twice is once where asked; or refused, and nothing there."""
    before = await connection.fetchrow(_COUNTS)
    refused: ImportRefused | None = None
    try:
        report = await run(connection, path, study)
    except ImportRefused as why:
        refused = why
    if refused is not None:
        assert refused.problem
        assert refused.remedy
        assert "\n" not in str(refused)
        assert await connection.fetchrow(_COUNTS) == before
        return False
    (found,) = await connection.fetch(_WHOLE, study)
    assert found["rows_read"] == report.rows_read
    assert found["rows_stored"] == report.rows_stored
    assert found["rows_quarantined"] == found["aside"] == report.rows_quarantined
    inserted = {each.entity.lower(): each.inserted for each in report.changes}
    assert found["patients"] == found["identities"] == inserted["patient"] > 0
    assert found["treatments"] == inserted["treatment"]
    assert found["outcomes"] == found["treatments"]
    if not twice:
        return True
    after = await connection.fetchrow(_COUNTS)
    again = await run(connection, path, study)
    assert not again.changed
    assert await connection.fetchrow(_COUNTS) == after
    return True


@pytest.mark.property
@pytest.mark.parametrize("name", ["sdtm", "portal"])
async def test_a_damaged_copy_is_imported_whole_or_not_at_all(
    request: pytest.FixtureRequest,
    connection: Connection,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    files: Content = request.getfixturevalue(name)
    run = {"sdtm": sdtm_import, "portal": portal_import}[name]
    ended: Counter[tuple[str, str]] = Counter()
    for path, content in files.items():
        (tmp_path / path).write_bytes(content)
    assert await attempt(connection, run, tmp_path, f"{name}-whole", twice=True)
    for copy in range(COPIES // 2):
        damage = DAMAGES[copy % len(DAMAGES)]
        chance = random.Random(f"{name} {copy}")
        path = chance.choice(list(files))
        (tmp_path / path).write_bytes(damage(chance, files[path]))
        done = await attempt(connection, run, tmp_path, f"{name}-{copy}", twice=copy % 10 == 0)
        ended[damage.__name__, "imported" if done else "refused"] += 1
        (tmp_path / path).write_bytes(files[path])
    assert sum(ended.values()) == COPIES // 2
    assert {damage for damage, _ in ended} == {each.__name__ for each in DAMAGES}
    assert {ending for _, ending in ended} == {"imported", "refused"}
    with capsys.disabled():
        told = ", ".join(f"{what} {how} {n}" for (what, how), n in sorted(ended.items()))
        print(f"\n{COPIES // 2} damaged copies of {name}: {told}")
