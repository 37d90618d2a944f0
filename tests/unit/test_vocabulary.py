"""The checked-in vocabularies are well-formed and agree with one another."""

import csv
import re
from pathlib import Path

import pytest

VOCABULARY = Path(__file__).resolve().parents[2] / "db" / "vocabulary"

SYMBOL = r"[A-Z0-9][A-Za-z0-9-]*"
PLAIN_TEXT = r"\S(?:.*\S)?"
COLUMNS: dict[str, dict[str, str]] = {
    "gene.csv": {
        "symbol": SYMBOL,
        "hgnc_id": r"HGNC:[1-9][0-9]*",
        "name": PLAIN_TEXT,
    },
    "gene_former_symbol.csv": {"former_symbol": SYMBOL, "symbol": SYMBOL},
    "onco_tree.csv": {
        "code": r"[A-Z][A-Z0-9_]*",
        "name": PLAIN_TEXT,
        "tissue_code": r"[A-Z][A-Z_]*",
    },
    "drug.csv": {
        "inn": r"[a-z]+(?: [a-z]+)*",
        "atc": r"(?:[A-Z][0-9]{2}[A-Z]{2}[0-9]{2})?",
        "targets": rf"{SYMBOL}(?:;{SYMBOL})*",
        "route": "ORAL|INTRAVENOUS|OTHER",
    },
}
EVERY_FILE = pytest.mark.parametrize("name", sorted(COLUMNS))


def rows(name: str) -> list[dict[str, str]]:
    text = (VOCABULARY / name).read_bytes().decode("utf-8")
    return list(csv.DictReader(text.splitlines(), strict=True))


def column(name: str, field: str) -> list[str]:
    return [row[field] for row in rows(name)]


def test_every_table_of_the_folder_is_tested() -> None:
    assert {path.name for path in VOCABULARY.glob("*.csv")} == set(COLUMNS)


@EVERY_FILE
def test_bytes(name: str) -> None:
    content = (VOCABULARY / name).read_bytes()
    assert content.endswith(b"\n")
    assert not content.endswith(b"\n\n")
    assert b"\r" not in content
    assert not content.startswith(b"\xef\xbb\xbf")


@EVERY_FILE
def test_header_and_formats(name: str) -> None:
    patterns = COLUMNS[name]
    table = rows(name)
    assert table
    assert list(table[0]) == list(patterns)
    for row in table:
        assert set(row) == set(patterns), row
        for field, pattern in patterns.items():
            assert re.fullmatch(pattern, row[field]), (field, row)


@EVERY_FILE
def test_key_is_unique_and_in_c_order(name: str) -> None:
    key = next(iter(COLUMNS[name]))
    keys = [value.encode() for value in column(name, key)]
    assert keys == sorted(set(keys))


def test_hgnc_id_and_name_are_of_one_gene() -> None:
    for field in ("hgnc_id", "name"):
        values = column("gene.csv", field)
        assert len(values) == len(set(values)), field


def test_former_symbol_leads_to_a_current_one_and_is_none_itself() -> None:
    current = set(column("gene.csv", "symbol"))
    former = rows("gene_former_symbol.csv")
    assert {row["symbol"] for row in former} <= current
    assert current.isdisjoint(row["former_symbol"] for row in former)


def test_tissue_is_a_root_of_the_tree() -> None:
    tissue = {row["code"]: row["tissue_code"] for row in rows("onco_tree.csv")}
    assert set(tissue.values()) <= set(tissue)
    assert all(tissue[root] == root for root in tissue.values())


def test_targets_are_genes_each_once_and_in_order() -> None:
    current = set(column("gene.csv", "symbol"))
    for row in rows("drug.csv"):
        targets = row["targets"].split(";")
        assert set(targets) <= current, row
        assert targets == sorted(set(targets)), row


def test_atc_code_is_of_one_drug() -> None:
    codes = [code for code in column("drug.csv", "atc") if code]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("symbol", "hgnc_id"),
    [
        ("BRAF", "HGNC:1097"),
        ("BRCA1", "HGNC:1100"),
        ("BRCA2", "HGNC:1101"),
        ("EGFR", "HGNC:3236"),
        ("ERBB2", "HGNC:3430"),
        ("KMT2B", "HGNC:15840"),
        ("KMT2D", "HGNC:7133"),
        ("KRAS", "HGNC:6407"),
        ("TP53", "HGNC:11998"),
        ("WHR1", "HGNC:11398"),
    ],
)
def test_well_known_gene(symbol: str, hgnc_id: str) -> None:
    genes = {row["symbol"]: row["hgnc_id"] for row in rows("gene.csv")}
    assert genes[symbol] == hgnc_id


@pytest.mark.parametrize(
    ("former_symbol", "symbol"),
    [
        ("FAM123B", "AMER1"),
        ("HIST1H1C", "H1-2"),
        ("HIST1H2BC", "H2BC4"),
        ("HIST1H3B", "H3C2"),
        ("HIST1H3J", "H3C12"),
        ("MLL", "KMT2A"),
        ("MLL2", "KMT2D"),
        ("PAK7", "PAK5"),
        ("STK19", "WHR1"),
        ("WHSC1", "NSD2"),
    ],
)
def test_well_known_former_symbol(former_symbol: str, symbol: str) -> None:
    former = {row["former_symbol"]: row["symbol"] for row in rows("gene_former_symbol.csv")}
    assert former[former_symbol] == symbol


@pytest.mark.parametrize("ambiguous", ["MLL4", "MUM1", "TAZ", "TRF2"])
def test_ambiguous_symbol_is_not_guessed(ambiguous: str) -> None:
    assert ambiguous not in column("gene_former_symbol.csv", "former_symbol")


@pytest.mark.parametrize(
    ("code", "tissue_code"),
    [
        ("AMPCA", "AMPULLA_OF_VATER"),
        ("BILIARY_TRACT", "BILIARY_TRACT"),
        ("CHOL", "BILIARY_TRACT"),
        ("COADREAD", "BOWEL"),
        ("CUP", "OTHER"),
        ("GBC", "BILIARY_TRACT"),
        ("HGSOC", "OVARY"),
    ],
)
def test_well_known_tumour_type(code: str, tissue_code: str) -> None:
    tree = {row["code"]: row["tissue_code"] for row in rows("onco_tree.csv")}
    assert tree[code] == tissue_code
