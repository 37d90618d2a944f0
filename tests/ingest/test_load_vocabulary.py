from __future__ import annotations

import csv
from pathlib import Path

import pytest

import db.vocabulary.load as vocabulary
from db.vocabulary.load import load_vocabulary
from tests.ingest.conftest import Records

FOLDER = Path(vocabulary.__file__).parent


def count(name: str) -> int:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return sum(1 for _ in csv.DictReader(file))


@pytest.mark.parametrize(
    ("table", "file"),
    [
        ("gene", "gene.csv"),
        ("gene_former_symbol", "gene_former_symbol.csv"),
        ("onco_tree", "onco_tree.csv"),
        ("drug", "drug.csv"),
    ],
)
async def test_every_row_is_loaded(records: Records, table: str, file: str) -> None:
    assert await records.value(f"select count(*) from connect.{table}") == count(file)


async def test_targets(records: Records) -> None:
    assert await records.rows(
        "select g.symbol from connect.drug d join connect.drug_target t on t.drug_id = d.id "
        "join connect.gene g on g.id = t.gene_id where d.inn = 'neratinib' order by 1"
    ) == [("EGFR",), ("ERBB2",), ("ERBB4",)]


async def test_twice_is_once(records: Records) -> None:
    query = "select xmin::text, id, symbol, hgnc_id, name from connect.gene order by id"
    before = await records.rows(query)
    await load_vocabulary(records.connection)
    assert await records.rows(query) == before


async def test_differences_are_mended_and_ids_stay(records: Records) -> None:
    egfr = await records.value("select id from connect.gene where symbol = 'EGFR'")
    await records.connection.execute(
        "update connect.gene set symbol = 'ERBB' where symbol = 'EGFR';"
        "update connect.gene set hgnc_id = null, name = null where symbol = 'KRAS';"
        "update connect.drug set atc = null;"
        "insert into connect.gene (symbol) values ('LOC1');"
        "delete from connect.drug_target;"
        "insert into connect.drug_target select d.id, g.id from connect.drug d, connect.gene g "
        "where d.inn = 'neratinib' and g.symbol = 'ALK'"
    )
    await load_vocabulary(records.connection)
    assert await records.value("select id from connect.gene where symbol = 'EGFR'") == egfr
    assert await records.value("select hgnc_id from connect.gene where symbol = 'KRAS'")
    assert await records.value("select count(*) from connect.gene where symbol = 'LOC1'") == 1
    assert await records.value("select count(*) from connect.drug where atc is null") == 0
    await test_targets(records)
