"""Subgraphs: who owns which types. The fields follow from it, in `resolvers.subgraph`."""

from __future__ import annotations

PATIENTS = "patients"
"""The owner of each type that stands in no list below."""

OWNED: dict[str, tuple[str, ...]] = {
    PATIENTS: (),
    "biomarkers": ("Biomarker", "BiomarkerEvidence", "Concordance", "Gene", "MolecularProfile"),
    "responses": (
        "AdverseEvent",
        "Lesion",
        "LesionMeasurement",
        "Outcome",
        "ResponseAssessment",
        "ResponseComponent",
        "Treatment",
        "TreatmentFunding",
    ),
    "resistance": ("PairedEvidence", "ResistanceFinding"),
}
"""The subgraphs, and the types whose rows each answers for."""

SUBGRAPHS = tuple(OWNED)
