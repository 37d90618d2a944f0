"""What the rules read and what they give, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass

RULE_SET = "resistance-1"
TISSUE = "TISSUE"
PLASMA = "PLASMA"


@dataclass(frozen=True, slots=True)
class Call:
    """One alteration called in one specimen."""

    biomarker: int
    kind: str
    gene: str
    alteration: str
    """What is the same wherever the same alteration is called, apart from kind and gene."""
    partner: str | None = None
    germline: bool = False
    hgvsp: str | None = None
    vaf: float | None = None
    depth: int | None = None
    copy_number_type: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """Tell which alteration it is, in any specimen."""
        return self.kind, self.gene, self.alteration

    @property
    def genes(self) -> frozenset[str]:
        """Name the genes that it is an alteration of."""
        return frozenset({self.gene} if self.partner is None else {self.gene, self.partner})


@dataclass(frozen=True, slots=True)
class Specimen:
    """Tissue or plasma of the tumour with at least one usable profile."""

    id: int
    material: str
    day: int | None = None
    """[days] after the start of the treatment in question; negative before."""
    ordinal: int | None = None
    assessed: frozenset[str] = frozenset()
    calls: tuple[Call, ...] = ()
    ctdna_fraction: float | None = None
    """[%] of the cell-free DNA that is tumour."""

    def tested(self, call: Call) -> bool:
        """Tell whether an alteration's gene was assessed here, or anything was called in it."""
        if call.genes & self.assessed:
            return True
        return any(call.genes & other.genes for other in self.calls)


@dataclass(frozen=True, slots=True)
class Case:
    """One treatment of one patient."""

    treatment: int
    drugs: tuple[str, ...] = ()
    drivers: frozenset[str] = frozenset()
    """The genes that the drugs act on, and those of the biomarkers that let the patient in."""
    only_treatment: bool = True
    next_start_day: int | None = None
    """[days] from this treatment's start to the next one's."""
    progression_day: int | None = None
    progressed: bool = False
    """Progression is on record, with a day or without."""
    best_response: str | None = None
    clinical_benefit_16w: str | None = None
    specimens: tuple[Specimen, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """The two specimens that are compared, and on what ground."""

    baseline: Specimen
    comparator: Specimen
    basis: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """One alteration in both specimens of a pair."""

    before: Call | None
    after: Call | None
    tested_in_both: bool
    change: str | None
    """None where it cannot be told."""
    vaf_before: float | None
    vaf_after: float | None

    @property
    def call(self) -> Call:
        """Give the later call, or the earlier one of what is gone."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a comparison is of at least one call")
        return found


@dataclass(frozen=True, slots=True)
class Finding:
    """A proposal: suspected, always."""

    kind: str
    mechanism: str
    basis: str
    drug: str | None = None
    day_after_progression: int | None = None
    pair: Pair | None = None
    evidence: tuple[Comparison, ...] = ()
    literature: tuple[str, ...] = ()
    status: str = "SUSPECTED"
    rule_set: str = RULE_SET

    @property
    def source_key(self) -> str:
        """Name it within its treatment: one finding for each mechanism."""
        return f"{self.rule_set}:{self.mechanism}"
