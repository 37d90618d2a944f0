"""The vocabularies into the database: what is new is added, what differs is changed, none goes.

Records refer to genes and drugs, so an entry that a file no longer has stays.
"""

from __future__ import annotations

import csv
from pathlib import Path

import asyncpg

_HERE = Path(__file__).resolve().parent
_STAGE = """
create temporary table vocabulary_gene (symbol text, hgnc_id text, name text) on commit drop;
create temporary table vocabulary_former (former_symbol text, symbol text) on commit drop;
create temporary table vocabulary_onco_tree (code text, name text, tissue_code text)
  on commit drop;
create temporary table vocabulary_drug (inn text, atc text, targets text, route text)
  on commit drop;
"""
_FILES = (
    ("vocabulary_gene", "gene.csv", ("symbol", "hgnc_id", "name")),
    ("vocabulary_former", "gene_former_symbol.csv", ("former_symbol", "symbol")),
    ("vocabulary_onco_tree", "onco_tree.csv", ("code", "name", "tissue_code")),
    ("vocabulary_drug", "drug.csv", ("inn", "atc", "targets", "route")),
)
# A gene that HGNC renamed keeps its row: first the symbols follow the ids, then the rest is added.
_STORE = """
update connect.gene g set symbol = v.symbol
from vocabulary_gene v
where v.hgnc_id = g.hgnc_id and v.symbol <> g.symbol
  and not exists (select from connect.gene o where o.symbol = v.symbol);

insert into connect.gene as g (symbol, hgnc_id, name)
select symbol, hgnc_id, name from vocabulary_gene order by symbol
on conflict (symbol) do update set hgnc_id = excluded.hgnc_id, name = excluded.name
where (g.hgnc_id, g.name) is distinct from (excluded.hgnc_id, excluded.name);

insert into connect.gene_former_symbol as f (former_symbol, gene_id)
select v.former_symbol, g.id
from vocabulary_former v join connect.gene g on g.symbol = v.symbol
on conflict (former_symbol) do update set gene_id = excluded.gene_id
where f.gene_id <> excluded.gene_id;

insert into connect.onco_tree as o (code, name, tissue_code)
select code, name, tissue_code from vocabulary_onco_tree
on conflict (code) do update set name = excluded.name, tissue_code = excluded.tissue_code
where (o.name, o.tissue_code) is distinct from (excluded.name, excluded.tissue_code);

insert into connect.drug as d (inn, atc, route)
select inn, atc, route::connect.route from vocabulary_drug order by inn
on conflict (inn) do update set atc = excluded.atc, route = excluded.route
where (d.atc, d.route) is distinct from (excluded.atc, excluded.route);

create temporary table vocabulary_target on commit drop as
select d.id as drug_id, g.id as gene_id
from vocabulary_drug v
join connect.drug d on d.inn = v.inn
cross join string_to_table(v.targets, ';') target
join connect.gene g on g.symbol = target;

insert into connect.drug_target (drug_id, gene_id)
select drug_id, gene_id from vocabulary_target on conflict do nothing;

delete from connect.drug_target t
using connect.drug d join vocabulary_drug v on v.inn = d.inn
where t.drug_id = d.id and not exists (
  select from vocabulary_target n where n.drug_id = t.drug_id and n.gene_id = t.gene_id);
"""


class VocabularyError(Exception):
    """Say in one sentence which file is wrong."""


async def load_vocabulary(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Bring the vocabulary tables up to the files, as connect_loader, in one transaction."""
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(hashtextextended('vocabulary', 1))")
        await connection.execute("set local role connect_loader")
        await connection.execute(_STAGE)
        for table, name, columns in _FILES:
            records = _read(_HERE / name, columns)
            await connection.copy_records_to_table(table, records=records, columns=columns)
        await connection.execute(_STORE)


def entries(name: str) -> int:
    """Count the entries of one of the files."""
    return len(_read(_HERE / name, next(columns for _, file, columns in _FILES if file == name)))


def _read(path: Path, columns: tuple[str, ...]) -> list[tuple[str | None, ...]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        if tuple(next(rows, ())) != columns:
            raise VocabularyError(
                f"{path.name} does not begin with {','.join(columns)}: reinstall connect-graph"
            )
        found = [tuple(value or None for value in row) for row in rows]
    if any(len(row) != len(columns) for row in found):
        raise VocabularyError(f"{path.name} has a row with a field too many or too few: correct it")
    return found
