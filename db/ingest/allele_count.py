"""Whether a MAF's reference and alternate read counts are each other's.

Fractions alone do not tell: a pure tumour has variants in most reads. Plasma does: tumour DNA is a
part of cell-free DNA, and a heterozygous variant is in half of that part. In plasma the median
variant fraction is far below 0.5, and above it only when most patients had more tumour than
normal DNA in their blood and had lost the other allele.

So the counts of a whole file are exchanged when
- at least 20 rows from at least 3 plasma specimens have both counts,
- at least two thirds of them have more alternate than reference reads, and their median fraction
  is at least 0.6 (germline variants alone would make it 0.5), and
- the other rows agree: fewer than 20, or their median is above 0.5 as well. One export wrote the
  file, so it is wrong for all rows or for none.
With a median above 0.5, in plasma or in 20 rows of anything, but without all of that, the counts
are suspected and left as they are. Either way it is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import median

_ROWS = 20
_SPECIMENS = 3
_SHARE = 2 / 3
_MEDIAN = 0.6


class Verdict(Enum):
    """Say how a file's counts are to be read."""

    AS_RECORDED = "as recorded"
    SUSPECTED = "suspected"
    SWAPPED = "swapped"


@dataclass(frozen=True, slots=True)
class Counts:
    """Hold the reads of one variant, and the specimen they are from."""

    sample: str
    plasma: bool
    reference: int
    alternate: int

    @property
    def depth(self) -> int:
        """Give the reads that cover the position."""
        return self.reference + self.alternate

    @property
    def fraction(self) -> float | None:
        """Give the variant allele fraction."""
        return self.alternate / self.depth if self.depth else None

    def exchanged(self) -> Counts:
        """Give the counts the other way round."""
        return Counts(self.sample, self.plasma, self.alternate, self.reference)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Hold the verdict and what it rests on."""

    verdict: Verdict
    evidence: str


def judge(counts: Iterable[Counts]) -> Judgement:
    """Judge the counts of a whole file."""
    covered = [each for each in counts if each.depth]
    plasma = [each for each in covered if each.plasma]
    other = [each for each in covered if not each.plasma]
    evidence = "; ".join(
        f"{name}: median fraction {_median(group):.2f}, more alternate than reference reads in "
        f"{_inverted(group)} of {len(group)} rows"
        for name, group in (("plasma", plasma), ("other specimens", other))
        if group
    )
    inverted = (
        len(plasma) >= _ROWS
        and len({each.sample for each in plasma}) >= _SPECIMENS
        and _inverted(plasma) >= _SHARE * len(plasma)
        and _median(plasma) >= _MEDIAN
    )
    if inverted and (len(other) < _ROWS or _median(other) > 0.5):
        return Judgement(Verdict.SWAPPED, evidence)
    odd = (plasma and _median(plasma) > 0.5) or (len(covered) >= _ROWS and _median(covered) > 0.5)
    return Judgement(Verdict.SUSPECTED if odd else Verdict.AS_RECORDED, evidence)


def _inverted(counts: Sequence[Counts]) -> int:
    return sum(1 for each in counts if each.alternate > each.reference)


def _median(counts: Sequence[Counts]) -> float:
    return median(each.alternate / each.depth for each in counts)
