"""Plasma beside tissue taken near it: rule 6."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from db.resistance.case import PLASMA, TISSUE, Specimen

MOST_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Concordance:
    """What plasma and tissue show of the genes that were assessed in both."""

    tissue: int
    plasma: int
    days_apart: int
    assessed_in_both: int
    in_both: tuple[str, ...]
    in_tissue_only: tuple[str, ...]
    in_plasma_only: tuple[str, ...]


def neighbours(specimens: Iterable[Specimen]) -> tuple[tuple[Specimen, Specimen, int], ...]:
    """Pair each plasma with the tissue nearest in time; give them with the days between (6.1)."""
    dated = [(each.day, each) for each in specimens if each.day is not None]
    found = []
    for day, plasma in sorted(dated, key=lambda item: (item[0], item[1].id)):
        if plasma.material != PLASMA:
            continue
        near = [
            (abs(day - other), other, tissue.id, tissue)
            for other, tissue in dated
            if tissue.material == TISSUE
            and abs(day - other) <= MOST_DAYS
            and (day > 0) == (other > 0)
        ]
        if near:
            apart, *_, tissue = min(near, key=lambda item: item[:3])
            found.append((tissue, plasma, apart))
    return tuple(found)


def concordance(tissue: Specimen, plasma: Specimen, days_apart: int) -> Concordance | None:
    """Compare the small variants of two specimens; None where no gene was assessed in both."""
    shared = _assessed(tissue) & _assessed(plasma)
    if not shared:
        return None
    here, there = _variants(tissue, shared), _variants(plasma, shared)
    return Concordance(
        tissue.id,
        plasma.id,
        days_apart,
        len(shared),
        _genes(here & there),
        _genes(here - there),
        _genes(there - here),
    )


def _assessed(specimen: Specimen) -> frozenset[str]:
    return specimen.assessed.union(*(call.genes for call in specimen.calls))


def _variants(specimen: Specimen, genes: frozenset[str]) -> set[tuple[str, str, str]]:
    return {
        call.key
        for call in specimen.calls
        if call.kind == "SMALL_VARIANT" and not call.germline and call.gene in genes
    }


def _genes(variants: set[tuple[str, str, str]]) -> tuple[str, ...]:
    return tuple(sorted({gene for _, gene, _ in variants}))
