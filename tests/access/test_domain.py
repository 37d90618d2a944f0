"""The data scope: no table tells what an agreement or a project without a kind of record lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator

import asyncpg
import pytest

from tests.access.conftest import who
from tests.access.kind import DOMAINS, OF_FINDING, RECORDS, readable
from tests.access.oracle import Facts, visible
from tests.access.session import session
from tests.world import World

WITHOUT = {
    ("partner", "AGR-CLIN-01"): {"MOLECULAR"},
    ("partner", "AGR-DAB-01"): {"RESISTANCE"},
    ("researcher", "PRJ-ALL-01"): {"MOLECULAR", "RESISTANCE"},
}
MOLECULAR = {"gene", "specimen", "molecular_profile", "biomarker"}
_PLAIN = re.compile(r"[A-Za-z0-9]+")
REFERENCES = """
select distinct c.conrelid::regclass::text as from_table, c.confrelid::regclass::text as to_table
from pg_constraint c where c.contype = 'f' and c.connamespace = 'connect'::regnamespace
"""
COLUMNS = """
select table_name || '.' || column_name from information_schema.columns
where table_schema = 'connect' and column_name ~ 'gene|variant|allele|hgvs|altered|mutation'
"""


async def test_what_refers_to_molecular_records_is_molecular(world: World, facts: Facts) -> None:
    """By the catalog: a table to come cannot lead to a gene or a specimen and be left out."""
    connection = await asyncpg.connect(world.database.url)
    try:
        rows = await connection.fetch(REFERENCES)
        named = {row[0].split(".")[0] for row in await connection.fetch(COLUMNS)}
    finally:
        await connection.close()
    edges = {(r["from_table"].split(".")[-1], r["to_table"].split(".")[-1]) for r in rows}
    leading = {table for table, target in edges if target in MOLECULAR}
    assert len(leading & RECORDS) > 5
    for table in (leading | named) & RECORDS:
        assert DOMAINS.get(table) == "MOLECULAR", table
    hanging = {table for table, target in edges if target == "resistance_finding"}
    assert hanging == OF_FINDING


def test_each_lacks_what_it_should(facts: Facts) -> None:
    for (_, scope), domains in WITHOUT.items():
        (row,) = facts.of("scope", code=scope)
        assert domains == {"MOLECULAR", "RESISTANCE"} - set(row["data_domains"])


@pytest.mark.parametrize(("role", "scope"), WITHOUT)
async def test_no_value_of_any_record_tells_of_it(
    world: World, facts: Facts, role: str, scope: str
) -> None:
    """Over every column that the login reads of every record: what was found is nowhere."""
    asks = await who(world, role, scope)
    patients = {row["id"] for row in visible(facts, asks)["patient"]}
    withheld = _molecular(facts, patients) if "MOLECULAR" in WITHOUT[role, scope] else set()
    if "RESISTANCE" in WITHOUT[role, scope]:
        mine = [r for r in facts.tables["resistance_finding"] if r["patient_id"] in patients]
        withheld |= {row["mechanism"] for row in mine}
    assert len(withheld) > (20 if "MOLECULAR" in WITHOUT[role, scope] else 0)
    told = 0
    async with session(world.database, role, asks) as connection:
        for table in sorted(RECORDS - {"pseudonym"}):
            columns = facts.columns[table]
            listed = ", ".join(f'"{c}"' for c in columns if c in readable(role, table, columns))
            rows = await connection.fetch(f"select {listed} from connect.{table}")
            if DOMAINS.get(table) in WITHOUT[role, scope]:
                assert not rows, table
            for row in rows:
                for name, value in row.items():
                    told += 1
                    assert not withheld & set(_words(value)), (table, name)
        for symbol in ("BRAF", "TP53", "KRAS"):
            rows = await connection.fetch(
                "select distinct connect.gene_status(id, $1) from connect.patient", symbol
            )
            known = {row[0] for row in rows}
            assert (known == {"UNKNOWN"}) == ("MOLECULAR" in WITHOUT[role, scope])
    assert told > 500


def _molecular(facts: Facts, patients: set[int]) -> set[str]:
    """Name the genes and changes that were found in patients."""
    genes = {row["id"]: row["symbol"] for row in facts.tables["gene"]}
    found = set[str]()
    for row in facts.tables["biomarker"]:
        if row["patient_id"] in patients:
            found |= {genes.get(row["gene_id"], ""), genes.get(row["partner_gene_id"], "")}
            found |= {row["label"], row["hgvsp"] or "", row["hgvsc"] or "", row["hgvsg"] or ""}
    return {word for word in found if word}


def _words(value: object) -> Iterator[str]:
    """Give a text, its words and those of a list."""
    if isinstance(value, list):
        for each in value:
            yield from _words(each)
    elif isinstance(value, str):
        yield value
        yield from _PLAIN.findall(value)
