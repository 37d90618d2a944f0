"""A sample: one specimen, the assays made of it, and what they found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from db.synthetic import assumptions as a
from db.synthetic.alteration import Alteration
from db.synthetic.chance import Chance
from db.synthetic.panel import PD_L1, PLASMA, TISSUE_1, TISSUE_2, Panel
from db.synthetic.record import Biomarker, Person, Profile, Specimen, SpecimenIdentity

_DETECTABLE_VAF: Final = 0.004
_PLASMA_COPY_NUMBER_FROM: Final = 0.1


class Taking(NamedTuple):
    """Where and when a specimen is taken; `ordinal` counts tumour and plasma alone."""

    kind: str
    timepoint: str
    ordinal: int | None
    day: int | None
    collected_on: date


class Owner(NamedTuple):
    """Whose samples these are."""

    person: Person
    diagnosis: UUID
    source_key: str
    hypermutated: bool
    germline: frozenset[Alteration]


def tissue(
    chance: Chance,
    owner: Owner,
    taking: Taking,
    carried: Mapping[Alteration, float],
    status: str | None,
) -> None:
    """Take tissue, make a panel of it, and now and then a PD-L1 stain; a status may be given."""
    cellularity = float(chance.within(a.CELLULARITY))
    specimen = _take(chance, owner, taking, cellularity)
    panel = TISSUE_1 if taking.collected_on < a.TISSUE_PANEL_REPLACED_ON else TISSUE_2
    status = status or chance.among(a.QC)
    profile = _profile(chance, owner, specimen, panel, status, None)
    if status == "PASSED":
        _find(chance, owner, specimen, profile, panel, carried, cellularity / 100)
        _sign(chance, owner, specimen, profile)
    if status != "INSUFFICIENT_MATERIAL" and chance.happens(a.PD_L1_TESTED):
        _stain(chance, owner, specimen)


def plasma(
    chance: Chance,
    owner: Owner,
    taking: Taking,
    carried: Mapping[Alteration, float],
    fraction: float,
    status: str | None,
) -> None:
    """Take plasma, whose cell-free DNA is tumour by this fraction, and make a panel of it."""
    specimen = _take(chance, owner, taking, None)
    status = status or ("FAILED" if chance.happens(a.PLASMA_FAILED) else "PASSED")
    percent = round(100 * fraction, 2) if status == "PASSED" else None
    profile = _profile(chance, owner, specimen, PLASMA, status, percent)
    if status == "PASSED":
        _find(chance, owner, specimen, profile, PLASMA, carried, fraction)


def blood(chance: Chance, owner: Owner, taking: Taking) -> None:
    """Take normal blood; it is kept, not profiled."""
    _take(chance, owner, taking, None)


def _take(chance: Chance, owner: Owner, taking: Taking, cellularity: float | None) -> UUID:
    patient = owner.person.key
    specimen = Specimen(
        chance.key(), patient, owner.diagnosis, taking.kind, taking.timepoint, taking.ordinal,
        taking.day, cellularity,
    )  # fmt: skip
    taken = len(owner.person.records.get(Specimen, ()))
    owner.person.add(
        specimen,
        SpecimenIdentity(
            specimen.key, patient, f"{owner.source_key}-S{taken + 1}", taking.collected_on
        ),
    )
    return specimen.key


def _profile(
    chance: Chance,
    owner: Owner,
    specimen: UUID,
    panel: Panel,
    status: str,
    fraction_percent: float | None,
) -> UUID:
    key = chance.key()
    stained = panel is PD_L1
    owner.person.add(
        Profile(
            key, owner.person.key, specimen, panel.assay, panel.name,
            None if stained else "GRCh38", status, chance.within(a.TURNAROUND), fraction_percent,
            gene_list_complete=True, source_key=panel.name,
        )
    )  # fmt: skip
    return key


def _find(
    chance: Chance,
    owner: Owner,
    specimen: UUID,
    profile: UUID,
    panel: Panel,
    carried: Mapping[Alteration, float],
    fraction: float,
) -> None:
    """Find what the panel tests and can detect, where this fraction of the DNA is tumour."""
    for alteration, clonality in carried.items():
        if alteration.gene not in panel.genes:
            continue
        germline = alteration in owner.germline
        vaf: float | None = None
        copies: float | None = None
        if alteration.kind == "SMALL_VARIANT":
            share = 0.5 if germline else fraction * clonality / 2
            vaf = round(min(1.0, share * chance.uniform(0.85, 1.15)), 4)
            if vaf < _DETECTABLE_VAF:
                continue
        elif panel is PLASMA and fraction * clonality < _PLASMA_COPY_NUMBER_FROM:
            continue
        if alteration.kind == "COPY_NUMBER":
            copies = _copies(chance, alteration)
        counted = alteration.kind != "COPY_NUMBER"
        biomarker = Biomarker(
            chance.key(), owner.person.key, specimen, profile, alteration.kind,
            alteration.gene, alteration.label, f"{panel.name}:{alteration.label}",
            "GERMLINE" if germline else "SOMATIC",
            alteration.hgvsc, alteration.hgvsp, alteration.transcript, alteration.consequence, vaf,
            chance.within(a.DEPTH) * (8 if panel is PLASMA else 1) if counted else None,
            alteration.copy_number_type, copies, alteration.partner_gene,
        )  # fmt: skip
        owner.person.add(biomarker)


def _copies(chance: Chance, alteration: Alteration) -> float:
    if alteration.copy_number_type == "AMPLIFICATION":
        return round(chance.uniform(6, 24), 1)
    return 0.0 if alteration.copy_number_type == "DEEP_DELETION" else 1.0


def _sign(chance: Chance, owner: Owner, specimen: UUID, profile: UUID) -> None:
    burden = round(a.TMB_MEDIAN * chance.lognormvariate(0, 0.35), 1)
    unstable = round(a.MSI_MEDIAN * chance.lognormvariate(0, 0.5), 1)
    scars = round(a.HRD_MEDIAN * chance.lognormvariate(0, 0.4))
    if owner.hypermutated:
        burden = round(chance.uniform(*a.TMB_OF_HYPERMUTATED), 1)
        unstable = round(chance.uniform(*a.MSI_OF_HYPERMUTATED), 1)
    if owner.germline:
        scars = chance.within(a.HRD_OF_GERMLINE)
    signatures = (
        ("TMB", burden, "mut/Mb", "HIGH" if burden >= a.TMB_HIGH else "LOW"),
        ("MSI", unstable, "% unstable sites", "HIGH" if unstable >= a.MSI_HIGH else "STABLE"),
        ("HRD", float(scars), "score", "POSITIVE" if scars >= a.HRD_HIGH else "NEGATIVE"),
    )
    owner.person.add(
        *(
            Biomarker(
                chance.key(), owner.person.key, specimen, profile, "SIGNATURE", None,
                f"{kind} {value:g} {unit}", kind, "SOMATIC",
                signature_kind=kind, value=value, unit=unit, call=call,
            )
            for kind, value, unit, call in signatures
        )
    )  # fmt: skip


def _stain(chance: Chance, owner: Owner, specimen: UUID) -> None:
    profile = _profile(chance, owner, specimen, PD_L1, "PASSED", None)
    percent = float(chance.among(a.PD_L1_PERCENT))
    call = "NEGATIVE" if percent < a.PD_L1_LOW else "HIGH" if percent >= a.PD_L1_HIGH else "LOW"
    owner.person.add(
        Biomarker(
            chance.key(), owner.person.key, specimen, profile, "PROTEIN_EXPRESSION",
            "CD274", f"PD-L1 TPS {percent:g} %", "PD-L1", value=percent, unit="% TPS", call=call,
        )
    )  # fmt: skip
