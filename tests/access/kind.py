"""The kinds of tables that access is given by, and the columns that a role may read of each."""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


REFERENCE = _names(
    "gene gene_former_symbol onco_tree drug drug_target partner site study cohort cohort_drug"
    " biomarker_definition cohort_design"
)
OF_PATIENT = _names(
    "screening diagnosis specimen molecular_profile gene_assessed biomarker prior_treatment"
    " prior_treatment_drug biomarker_evidence tumour_board_review concordance"
)
OF_TREATMENT = _names(
    "treatment_drug response_assessment outcome resistance_finding treatment_funding adverse_event"
    " treatment_biomarker outcome_assessment response_component lesion lesion_measurement"
)
OF_FINDING = _names("finding_biomarker paired_evidence")
OF_COHORT = _names("offer therapeutic_option")  # told of the scope's own cohorts alone
RECORDS = (
    _names("patient pseudonym treatment therapeutic_option_drug")
    | OF_COHORT
    | OF_PATIENT
    | OF_TREATMENT
    | OF_FINDING
)
IDENTITY = _names(
    "patient_identity screening_identity specimen_identity treatment_identity consent"
    " tumour_board_review_identity"
)
OFFICE = _names("import_batch quarantine publication_report")
OF_AGREEMENT = _names("agreement agreement_drug")
OF_PROJECT = _names("project project_cohort project_tumour_type")
TERMS = _names("scope_term")
COUNTS = _names(  # the published ones, for all
    "cohort_contribution data_release publication published_grouping published_cell published_stage"
)
OWN = _names("scope membership")
STORED = _names("stored_operation")  # those of the role, and all for the data office
VERSION = _names("viewer_version")  # of what viewers were told: for who has a scope, to compare
OPENING = _names("opening")  # what a policy asks instead of both
FROZEN = _names("analysis_row screening_row release_manifest publication_draft")  # nobody's
AUDIT = _names("audit_chain audit_document audit_entry audit_seal")
TABLES = (
    REFERENCE | RECORDS | IDENTITY | OFFICE | OF_AGREEMENT | OF_PROJECT | OWN | TERMS | COUNTS
    | FROZEN | AUDIT | STORED | VERSION | OPENING
)  # fmt: skip

_MOLECULAR = _names(
    "specimen molecular_profile gene_assessed biomarker biomarker_evidence tumour_board_review"
    " concordance therapeutic_option therapeutic_option_drug treatment_biomarker"
)
DOMAINS = {
    **dict.fromkeys(OF_FINDING, "MOLECULAR"),
    **dict.fromkeys(_MOLECULAR, "MOLECULAR"),
    "resistance_finding": "RESISTANCE",
}
# What the login that writes reads to check it.
OFFICE_READS = {
    **dict.fromkeys(OF_AGREEMENT | OF_PROJECT | OWN | {"partner", "consent"}),
    "site": _names("id code partner_id"),
    "drug": _names("id inn"),
    "cohort": _names("id code"),
    "onco_tree": _names("code"),
    "pseudonym": _names("scope_id patient_id public_id"),
}
PROVENANCE = frozenset({"source_key", "import_batch_id"})
# What a source wrote of who reads or why, and the last days of its data: not told outside the care.
WITHHELD = {
    "pseudonym": _names("research commercial"),
    "study": _names("data_cut_off"),
    "outcome": _names("data_cut_off"),
    "response_assessment": _names("evaluator_id"),
    "lesion": _names("evaluator_id"),
    "treatment": _names("not_evaluable_reason"),
}


def readable(role: str, table: str, columns: list[str]) -> set[str]:
    """Name the columns that a role may read at all."""
    found = _readable(role, table, columns)
    if role in {"partner", "researcher", "authority"}:
        found -= WITHHELD.get(table, frozenset())
    return found


def _readable(role: str, table: str, columns: list[str]) -> set[str]:
    everything = set(columns)
    match role:
        case _ if table in FROZEN:
            return set()
        case "steward":
            return everything
        case "office":
            return set(OFFICE_READS[table] or columns) if table in OFFICE_READS else set()
        case "audit":  # the seal before its own, and nothing that it wrote
            return {"number", "digest"} if table == "audit_seal" else set()
        case "identity":
            return everything if table in OWN | VERSION | {"partner"} else set()
        case _ if table in REFERENCE | OWN | COUNTS | STORED | VERSION | OPENING:
            return everything
        case "authority":
            return set()
    if table in RECORDS:
        return everything - PROVENANCE - ({"key"} if table == "patient" else set())
    own = {
        "partner": OF_AGREEMENT | TERMS,
        "researcher": OF_PROJECT | TERMS,
        "clinician": IDENTITY,
    }[role]
    return everything if table in own else set()
