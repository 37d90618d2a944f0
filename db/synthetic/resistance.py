"""Why a treatment stopped working: every progression gets one finding, known or not."""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple
from uuid import UUID

from db.synthetic import assumptions as a
from db.synthetic.alteration import RESISTANCE, Alteration
from db.synthetic.chance import Chance
from db.synthetic.course import Course
from db.synthetic.record import Biomarker, Evidence, Finding, FindingBiomarker
from db.synthetic.sample import Sample


class Escape(NamedTuple):
    """What drives a progression, whether or not anyone looks."""

    mechanism: str
    alteration: Alteration
    subclonal_before: bool


class Progression(NamedTuple):
    """A treatment that stopped working, with the samples from before and after."""

    patient: UUID
    treatment: UUID
    drug: str
    course: Course
    day: int
    baseline: tuple[Sample, ...]
    comparators: tuple[tuple[int, Sample], ...]
    driver: Alteration | None
    escape: Escape | None


def escape(
    chance: Chance, drug: str, course: Course, carried: Container[Alteration]
) -> Escape | None:
    """Choose what drives a progression; None: nothing that an assay could find."""
    acquired = course.controlled
    found = a.MECHANISM_FOUND_ACQUIRED if acquired else a.MECHANISM_FOUND_PRIMARY
    known = [way for way in RESISTANCE[drug] if way[1] not in carried]
    if not known or not chance.happens(found):
        return None
    mechanism, alteration = chance.choice(known)
    return Escape(
        mechanism,
        alteration,
        subclonal_before=not acquired or chance.happens(a.SUBCLONAL_BEFORE_ACQUIRED),
    )


def explain(
    chance: Chance, progression: Progression
) -> list[Finding | FindingBiomarker | Evidence]:
    """Write the finding of a progression, with its evidence: each gene in both samples, or not."""
    way, pair = progression.escape, _pair(progression)
    if way is None or pair is None:
        profiled = any(sample.assessed for _, sample in progression.comparators)
        mechanism = "UNKNOWN_PROFILED" if profiled else "NOT_PROFILED"
        return [_finding(chance, progression, mechanism, "SUSPECTED", _profiled_after(progression))]
    after, baseline, comparator, named = pair
    tested = named.gene in baseline.assessed
    status = chance.among(a.STATUS) if tested else "SUSPECTED"
    finding = _finding(chance, progression, way.mechanism, status, after)
    written: list[Finding | FindingBiomarker | Evidence] = [finding]
    seen, before = comparator.found[named], baseline.found.get(named)
    if tested:
        written.append(_change(finding, seen, _how(before, seen)))
    written.append(
        _evidence(chance, finding, seen, (baseline, before), (comparator, seen), tested=tested)
    )
    driver = progression.driver
    if driver is not None and driver.gene in baseline.assessed & comparator.assessed:
        first, last = baseline.found.get(driver), comparator.found.get(driver)
        lost_below_detection = last is None and _needs_tissue(first, comparator)
        if first is not None and not lost_below_detection:
            written.append(_change(finding, first, "LOST" if last is None else "PERSISTING"))
            written.append(
                _evidence(
                    chance, finding, first, (baseline, first), (comparator, last), tested=True
                )
            )
    return written


def _pair(progression: Progression) -> tuple[int, Sample, Sample, Alteration] | None:
    """Find a comparator that shows the escape, and the baseline that best compares with it."""
    if progression.escape is None:
        return None
    named = progression.escape.alteration
    baselines = [sample for sample in progression.baseline if sample.assessed]
    for after, comparator in progression.comparators:
        if named in comparator.found and baselines:
            like = comparator.specimen.kind
            best = min(
                baselines, key=lambda s: (named.gene not in s.assessed, s.specimen.kind != like)
            )
            return after, best, comparator, named
    return None


def _profiled_after(progression: Progression) -> int | None:
    return next((after for after, sample in progression.comparators if sample.assessed), None)


def _finding(
    chance: Chance, progression: Progression, mechanism: str, status: str, after: int | None
) -> Finding:
    kind = "ACQUIRED" if progression.course.controlled else "PRIMARY"
    return Finding(
        chance.key(),
        progression.patient,
        progression.treatment,
        progression.drug,
        kind,
        mechanism,
        status,
        after,
        "R1",
    )


def _how(before: Biomarker | None, after: Biomarker) -> str:
    if before is None:
        return "EMERGENT"
    rising = before.vaf is not None and after.vaf is not None and after.vaf >= 1.5 * before.vaf
    return "RISING" if rising else "PERSISTING"


def _needs_tissue(biomarker: Biomarker | None, comparator: Sample) -> bool:
    """Tell where plasma without a finding says nothing: all but small variants need more tumour."""
    small = biomarker is not None and biomarker.kind == "SMALL_VARIANT"
    return not small and comparator.specimen.kind == "CTDNA"


def _change(finding: Finding, biomarker: Biomarker, change: str) -> FindingBiomarker:
    return FindingBiomarker(finding.key, biomarker.key, finding.patient, change)


def _evidence(
    chance: Chance,
    finding: Finding,
    biomarker: Biomarker,
    before: tuple[Sample, Biomarker | None],
    after: tuple[Sample, Biomarker | None],
    *,
    tested: bool,
) -> Evidence:
    return Evidence(
        chance.key(), finding.patient, finding.key, biomarker.key,
        before[0].specimen.key, after[0].specimen.key,
        _vaf(biomarker, *before), _vaf(biomarker, *after), tested,
    )  # fmt: skip


def _vaf(named: Biomarker, sample: Sample, seen: Biomarker | None) -> float | None:
    """Give the fraction: zero where tested without a finding, null where not tested."""
    if named.kind != "SMALL_VARIANT" or named.gene not in sample.assessed:
        return None
    return 0.0 if seen is None else seen.vaf
