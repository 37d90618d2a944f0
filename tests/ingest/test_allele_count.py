from __future__ import annotations

import pytest

from db.ingest.allele_count import Counts, Verdict, judge


def made(count: int, fraction: float, *, plasma: bool, samples: int = 4) -> list[Counts]:
    alternate = round(1000 * fraction)
    return [
        Counts(f"S{at % samples}{plasma}", plasma, 1000 - alternate, alternate)
        for at in range(count)
    ]


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ([], Verdict.AS_RECORDED),
        (made(50, 0.05, plasma=True), Verdict.AS_RECORDED),
        (made(50, 0.95, plasma=True), Verdict.SWAPPED),
        (made(50, 0.95, plasma=True) + made(50, 0.8, plasma=False), Verdict.SWAPPED),
        # One export wrote the file: tissue that looks right contradicts.
        (made(50, 0.95, plasma=True) + made(50, 0.2, plasma=False), Verdict.SUSPECTED),
        (made(50, 0.95, plasma=True) + made(19, 0.2, plasma=False), Verdict.SWAPPED),
        # Too little plasma, in rows or in specimens.
        (made(19, 0.95, plasma=True), Verdict.SUSPECTED),
        (made(50, 0.95, plasma=True, samples=2), Verdict.SUSPECTED),
        # Germline variants are in half of the reads.
        (made(50, 0.52, plasma=True), Verdict.SUSPECTED),
        (made(50, 0.5, plasma=True), Verdict.AS_RECORDED),
        # Without plasma a high fraction may be a pure tumour.
        (made(50, 0.85, plasma=False), Verdict.SUSPECTED),
        (made(19, 0.85, plasma=False), Verdict.AS_RECORDED),
        (made(50, 0.3, plasma=False), Verdict.AS_RECORDED),
        ([Counts("S", True, 0, 0)] * 50, Verdict.AS_RECORDED),
    ],
)
def test_the_verdict(counts: list[Counts], verdict: Verdict) -> None:
    assert judge(counts).verdict is verdict


def test_no_reads_no_fraction() -> None:
    assert Counts("S", True, 0, 0).fraction is None
    assert Counts("S", True, 30, 10).fraction == 0.25
    assert Counts("S", True, 30, 10).exchanged().fraction == 0.75
