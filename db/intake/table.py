"""What the tables of records are to an import: keys, parents, vocabularies, and their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from db.intake import record as r
from db.intake import reference as f

Record = r.OfPatient | f.OfReference


class Table(NamedTuple):
    """A table, and the record type that is stored in it and in its side table."""

    name: str
    type: type[Record]
    key: tuple[str, ...]
    """The columns that name a row; in the side table where that has them."""
    side: str | None = None
    """The table of what identifies, a row for each of this one."""
    whole_of: str | None = None
    """Rows of a set that belongs to this table's row: what comes replaces the set."""
    derived: tuple[str, ...] = ()
    """Columns that rules fill where no source tells the first; the last names the rules."""
    fixed: bool = False
    """Made where it is missing; one that is there and differs is a problem, never changed."""


class Parent(NamedTuple):
    """A field with a source key, and the row that it names within another column's."""

    column: str
    table: str
    within: str
    of: str | None = None
    """The side table that holds the source key."""
    keyed: bool = True
    """False: `within` alone names the row, and there is no such field."""


class Vocabulary(NamedTuple):
    """A field with a natural key, and the row that it names."""

    column: str
    table: str
    natural: str
    system: str
    """What the codes are of, for people."""
    folded: bool = False
    """The natural key is in lower case, whatever the source writes."""


_PATIENT: Final = "patient_id"
_SPECIMEN: Final = "specimen_id"
_TREATMENT: Final = "treatment_id"

PARENTS: Final[Mapping[str, Parent]] = {
    "patient": Parent(_PATIENT, "patient", "study_id", "patient_identity"),
    "diagnosis": Parent("diagnosis_id", "diagnosis", _PATIENT),
    "prior_treatment": Parent("prior_treatment_id", "prior_treatment", _PATIENT),
    "screening": Parent("screening_id", "screening", _PATIENT, keyed=False),
    "specimen": Parent(_SPECIMEN, "specimen", "study_id", "specimen_identity"),
    "baseline_specimen": Parent(
        "baseline_specimen_id", "specimen", "study_id", "specimen_identity"
    ),
    "comparator_specimen": Parent(
        "comparator_specimen_id", "specimen", "study_id", "specimen_identity"
    ),
    "profile": Parent("profile_id", "molecular_profile", _SPECIMEN),
    "biomarker": Parent("biomarker_id", "biomarker", _SPECIMEN),
    "review": Parent("review_id", "tumour_board_review", _PATIENT),
    "option": Parent("option_id", "therapeutic_option", "review_id"),
    "treatment": Parent(_TREATMENT, "treatment", _PATIENT, "treatment_identity"),
    "assessment": Parent("assessment_id", "response_assessment", _TREATMENT),
    "lesion": Parent("lesion_id", "lesion", _TREATMENT),
    "finding": Parent("finding_id", "resistance_finding", _TREATMENT),
}
"""In the order in which they are found: what a key is within comes first."""

VOCABULARIES: Final[Mapping[str, Vocabulary]] = {
    "cohort": Vocabulary("cohort_id", "cohort", "code", "cohort"),
    "site": Vocabulary("site_id", "site", "code", "site"),
    "drug": Vocabulary("drug_id", "drug", "inn", "INN", folded=True),
    "gene": Vocabulary("gene_id", "gene", "symbol", "HGNC"),
    "partner_gene": Vocabulary("partner_gene_id", "gene", "symbol", "HGNC"),
    "onco_tree_code": Vocabulary("onco_tree_code", "onco_tree", "code", "OncoTree"),
    "tissue_code": Vocabulary("tissue_code", "onco_tree", "code", "OncoTree"),
}

_KEYED: Final = (_PATIENT, "source_key")

# In the order in which they are stored: a parent before its children.
TABLES: Final = (
    Table("onco_tree", f.TumourType, ("code",), fixed=True),
    Table("drug", f.Drug, ("inn",), fixed=True),
    Table("site", f.Site, ("code",), fixed=True),
    Table("cohort", f.Cohort, ("code",), fixed=True),
    Table("cohort_drug", f.CohortDrug, ("cohort_id", "drug_id"), whole_of="cohort", fixed=True),
    Table("cohort_design", f.CohortDesign, ("cohort_id",), fixed=True),
    Table("biomarker_definition", f.BiomarkerDefinition, ("cohort_id", "version"), fixed=True),
    Table("patient", r.Patient, ("study_id", "source_key"), side="patient_identity"),
    Table("consent", r.Consent, (_PATIENT, "purpose", "given_at")),
    Table("diagnosis", r.Diagnosis, _KEYED),
    Table("prior_treatment", r.PriorTreatment, _KEYED),
    Table(
        "prior_treatment_drug",
        r.PriorTreatmentDrug,
        ("prior_treatment_id", "drug_id"),
        whole_of="prior_treatment",
    ),
    Table("screening", r.Screening, (_PATIENT,), side="screening_identity"),
    Table("offer", r.Offer, ("screening_id", "source_key")),
    Table("specimen", r.Specimen, ("study_id", "source_key"), side="specimen_identity"),
    Table("molecular_profile", r.Profile, (_SPECIMEN, "source_key")),
    Table("gene_assessed", r.GeneAssessed, ("profile_id", "gene_id"), whole_of="molecular_profile"),
    Table("biomarker", r.Biomarker, (_SPECIMEN, "source_key")),
    Table("biomarker_evidence", r.BiomarkerEvidence, ("biomarker_id", "source_key")),
    Table("tumour_board_review", r.Review, _KEYED, side="tumour_board_review_identity"),
    Table("therapeutic_option", r.Option, ("review_id", "source_key")),
    Table(
        "therapeutic_option_drug",
        r.OptionDrug,
        ("option_id", "drug_id"),
        whole_of="therapeutic_option",
    ),
    Table(
        "treatment",
        r.Treatment,
        _KEYED,
        side="treatment_identity",
        derived=("evaluability", "not_evaluable_reason", "evaluability_rule_set"),
    ),
    Table("treatment_drug", r.TreatmentDrug, (_TREATMENT, "drug_id"), whole_of="treatment"),
    Table(
        "treatment_biomarker",
        r.TreatmentBiomarker,
        (_TREATMENT, "biomarker_id"),
        whole_of="treatment",
    ),
    Table("treatment_funding", r.Funding, (_TREATMENT, "from_day"), whole_of="treatment"),
    Table("response_assessment", r.Assessment, (_TREATMENT, "source_key")),
    Table("response_component", r.Component, ("assessment_id", "source_key")),
    Table("lesion", r.Lesion, (_TREATMENT, "source_key")),
    Table("lesion_measurement", r.Measurement, ("lesion_id", "source_key")),
    Table("outcome", r.Outcome, (_TREATMENT,)),
    Table("adverse_event", r.AdverseEvent, (_TREATMENT, "source_key")),
    Table("resistance_finding", r.Finding, (_TREATMENT, "source_key")),
    Table(
        "finding_biomarker",
        r.FindingBiomarker,
        ("finding_id", "biomarker_id"),
        whole_of="resistance_finding",
    ),
    Table(
        "paired_evidence",
        r.PairedEvidence,
        ("finding_id", "biomarker_id", "baseline_specimen_id", "comparator_specimen_id"),
    ),
)
