from __future__ import annotations

import json
from pathlib import Path

import asyncpg

from bench.load import measure, table
from bench.report import note
from db.synthetic.demo import seed
from db.vocabulary.load import load_vocabulary
from tests.synthetic.conftest import ISSUER, complete
from tests.world import Database


async def test_the_same_rows_are_loaded_and_copied(database: Database, tmp_path: Path) -> None:
    connection = await asyncpg.connect(database.url)
    await load_vocabulary(connection)
    await seed(connection, ISSUER)
    told = list[int]()
    measured = await measure(connection, 120, complete, told.append)
    tables = await connection.fetch(
        "select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid "
        "where c.relnamespace = 'connect'::regnamespace and c.relkind = 'r' "
        "and a.attname = 'patient_id'"
    )
    names = ["patient", *(row["name"] for row in tables)]
    rows = [await connection.fetchval(f"select count(*) from connect.{name}") for name in names]
    assert measured["rows"] == sum(rows)
    assert told == [120]
    assert measured["ratio"] > 1
    assert measured["load_peak_megabytes"] > 10
    assert f"{measured['rows']:,} rows of 120 screened" in table(measured)
    assert await connection.fetch("select from pg_class where relname ~ '^bare_'") == []
    await connection.close()
    path = tmp_path / "reports" / "bench.json"
    note("other", {"ratio": 1}, path)
    note("load", measured, path)
    written = json.loads(path.read_text("utf-8"))
    assert written["other"]["ratio"] == 1
    assert written["load"].items() >= measured.items()
