"""Which mechanism a change stands for, by a small table with a citation in every row: rule 4."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from db.resistance.case import Call, Comparison, Pair

FILE: Final = Path(__file__).resolve().parent / "mechanism.csv"
COLUMNS: Final = (
    "drugs", "gene", "pattern", "detail", "changes", "mechanism", "evidence", "literature",
)  # fmt: skip
_INDEL: Final = re.compile(r"(del|dup|ins|fs)")
_TRUNCATING: Final = re.compile(r"(fs|\*|_splice$)")


@dataclass(frozen=True, slots=True)
class Row:
    """One cause of resistance to some drugs."""

    drugs: frozenset[str]
    gene: str
    pattern: str
    detail: tuple[str, ...]
    changes: frozenset[str]
    mechanism: str
    evidence: str
    literature: tuple[str, ...]


@cache
def table() -> tuple[Row, ...]:
    """Read the table."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Row(
                frozenset(_parts(row["drugs"])),
                row["gene"],
                row["pattern"],
                _parts(row["detail"]),
                frozenset(_parts(row["changes"])),
                row["mechanism"],
                row["evidence"],
                _parts(row["literature"]),
            )
            for row in csv.DictReader(file)
        )


def explain(comparison: Comparison, drugs: tuple[str, ...], pair: Pair) -> tuple[Row, ...]:
    """List the rows that a change matches, those on the target alone where there are any (4.5)."""
    rows = tuple(
        row
        for row in table()
        if comparison.change in row.changes
        and not row.drugs.isdisjoint(drugs)
        and row.gene in comparison.call.genes
        and _matches(row, comparison.call, pair)
    )
    return tuple(row for row in rows if row.mechanism.startswith("ON_TARGET")) or rows


def _matches(row: Row, call: Call, pair: Pair) -> bool:
    match row.pattern:
        case "VARIANT":
            return call.hgvsp is not None and call.hgvsp.removeprefix("p.") in row.detail
        case "CODON":
            return call.hgvsp is not None and any(
                re.fullmatch(rf"p\.{codon}[A-Z]", call.hgvsp) for codon in row.detail
            )
        case "LOSS_OF_FUNCTION":
            return call.copy_number_type == "DEEP_DELETION" or _truncates(call)
        case "AMPLIFICATION":
            return call.copy_number_type == "AMPLIFICATION"
        case "REVERSION":
            return _reverts(call, pair)
    raise ValueError(f"{FILE.name} has the pattern {row.pattern}, which nothing matches")


def _truncates(call: Call) -> bool:
    return call.hgvsp is not None and _TRUNCATING.search(call.hgvsp) is not None


def _reverts(call: Call, pair: Pair) -> bool:
    """Tell an insertion or deletion beside a truncating variant that was there before (4.4)."""
    if call.hgvsp is None or _INDEL.search(call.hgvsp) is None:
        return False
    return any(
        other.gene == call.gene and other.key != call.key and _truncates(other)
        for other in pair.baseline.calls
    )


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(";") if part)
