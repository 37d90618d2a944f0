"""The forms of treatments and of what came of them."""

from __future__ import annotations

from typing import Final

from db.form.form import Members, form
from db.form.molecular import BIOMARKER, PATIENT, SPECIMEN
from db.intake import record as r

TREATMENT = ("treatment", "the treatment", "id of treatment.csv", "1")
_FINDING = ("finding", "the finding", "id of resistance_finding.csv", "1")
_RESPONSE = "CR PR SD PD NE"
_EVENT = "EVENT CENSORED UNKNOWN"
_IMMUNE = "ICR IPR ISD IUPD ICPD NE"
_CRITERIA = "RECIST_1_1 IRECIST RANO LUGANO IMWG PCWG3 GCIG_CA125"
_WHY = "why, of DERIVED: see docs/outcomes.md"
_YES = "yes or no"

COURSE: Final = (
    form(
        "treatment",
        r.Treatment,
        "Enrolments: a regimen, mostly in a cohort. Day 0 is its start.",
        PATIENT,
        ("source_key", "the treatment's id, within the patient", "", "1"),
        ("cohort", "the cohort; empty outside of one", "code of cohort.csv", "OLA-BRCA"),
        ("line", "line of treatment for advanced disease, from 1", "", "3"),
        ("ecog", "performance status at start", "{ECOG} 0-5", "1"),
        ("started_on", "first day (identifies)", "", "2022-01-03"),
        ("end_day", "last day, after the start; empty: going on", "[days]", "182"),
        (
            "end_reason",
            "why it ended",
            "PROGRESSION TOXICITY DEATH PATIENT_CHOICE PHYSICIAN_CHOICE COMPLETED OTHER",
            "PROGRESSION",
        ),
        (
            "evaluability",
            "for benefit at week 16",
            "EVALUABLE NOT_EVALUABLE TOO_EARLY",
            "EVALUABLE",
        ),
        ("not_evaluable_reason", "why not, of NOT_EVALUABLE", "", ""),
        ("evaluability_rule_set", "the rules that derived evaluability; empty: recorded", "", ""),
        ("route", "how the regimen was given", "ORAL INTRAVENOUS OTHER", "ORAL"),
        ("death_day", "death, after treatment start", "[days]", "402"),
        ("last_known_alive_day", "last contact, after treatment start", "[days]", ""),
        ("next_therapy_day", "next anticancer therapy, after treatment start", "[days]", "210"),
        members=Members(
            "drugs", r.TreatmentDrug, "drug", "drugs given", "{INN} with ; between", "olaparib"
        ),
    ),
    form(
        "treatment_biomarker",
        r.TreatmentBiomarker,
        "The biomarkers that let a patient into the cohort of a treatment.",
        PATIENT,
        TREATMENT,
        SPECIMEN,
        BIOMARKER,
    ),
    form(
        "treatment_funding",
        r.Funding,
        "Who pays for a treatment's drugs from a day on.",
        PATIENT,
        TREATMENT,
        ("from_day", "after treatment start", "[days]", "112"),
        ("payer", "who pays", "COMPANY PUBLIC", "PUBLIC"),
    ),
    form(
        "response_assessment",
        r.Assessment,
        "Evaluations of the tumour. NE is never PD.",
        PATIENT,
        TREATMENT,
        ("source_key", "the assessment's id, within the treatment", "", "1"),
        ("criteria", "criteria", _CRITERIA, "IRECIST"),
        ("day", "after treatment start", "[days]", "56"),
        ("evaluator", "who judged", "INVESTIGATOR INDEPENDENT", "INVESTIGATOR"),
        ("target_sum_mm", "sum of diameters of target lesions", "[mm]", "41.5"),
        ("change_from_baseline", "of the target sum", "[%]", "-32.5"),
        ("change_from_nadir", "of the target sum", "[%]", "0"),
        ("new_lesion", "a new lesion was seen", _YES, "no"),
        ("response", "as recorded", "", "iPR"),
        ("normalised_response", "what that is", _RESPONSE, "PR"),
        ("confirmed", "confirmed by a later assessment", _YES, "yes"),
    ),
    form(
        "outcome",
        r.Outcome,
        "What came of a treatment, one row each. DERIVED ones are not read but derived anew.",
        PATIENT,
        TREATMENT,
        (
            "source",
            "reported by the source, or derived by a rule set",
            "REPORTED DERIVED",
            "REPORTED",
        ),
        ("rule_set", "the rule set, of DERIVED", "", ""),
        ("best_overall_response", "best, not confirmed", _RESPONSE, "PR"),
        ("best_confirmed_response", "best, confirmed", _RESPONSE, "PR"),
        (
            "clinical_benefit_16w",
            "CR, PR or SD at week 16",
            "YES NO NOT_EVALUABLE TOO_EARLY",
            "YES",
        ),
        ("progression_free_survival_days", "from treatment start", "[days]", "180"),
        ("progression_free_survival_event", "how that ended", _EVENT, "EVENT"),
        ("overall_survival_days", "from treatment start", "[days]", "402"),
        ("overall_survival_event", "how that ended", _EVENT, "CENSORED"),
        ("duration_of_response_days", "from first response", "[days]", "124"),
        ("duration_of_response_event", "how that ended", _EVENT, "EVENT"),
        ("best_immune_response", "best by iRECIST, not confirmed", _IMMUNE, ""),
        ("best_confirmed_immune_response", "best by iRECIST, confirmed", _IMMUNE, ""),
        ("criteria", "the criteria that ruled", _CRITERIA, ""),
        ("evaluator", "who judged", "INVESTIGATOR INDEPENDENT", ""),
        (
            "evaluability",
            "for benefit at week 16, derived",
            "EVALUABLE NOT_EVALUABLE TOO_EARLY",
            "",
        ),
        ("data_cut_off", "of the study when it was derived", "", ""),
        ("best_overall_response_reason", _WHY, "", ""),
        ("best_confirmed_response_reason", _WHY, "", ""),
        ("best_immune_response_reason", _WHY, "", ""),
        ("best_confirmed_immune_response_reason", _WHY, "", ""),
        ("clinical_benefit_16w_reason", _WHY, "", ""),
        ("evaluability_reason", _WHY, "", ""),
        ("progression_free_survival_reason", _WHY, "", ""),
        ("overall_survival_reason", _WHY, "", ""),
        ("duration_of_response_reason", _WHY, "", ""),
    ),
    form(
        "adverse_event",
        r.AdverseEvent,
        "What befell a patient on a treatment, caused by it or not.",
        PATIENT,
        TREATMENT,
        ("source_key", "the event's id, within the treatment", "", "1"),
        ("term", "as recorded", "", "Nausea"),
        ("ctcae_term", "term", "{CTCAE v5}", "Nausea"),
        ("grade", "worst grade, 5 is death", "{CTCAE v5} 1-5", "2"),
        ("serious", "death, danger to life, hospital, disability", _YES, "no"),
        (
            "relatedness",
            "to the treatment",
            "UNRELATED UNLIKELY POSSIBLE PROBABLE DEFINITE",
            "PROBABLE",
        ),
        ("start_day", "after treatment start", "[days]", "3"),
        ("end_day", "after treatment start; empty: going on", "[days]", "9"),
    ),
    form(
        "resistance_finding",
        r.Finding,
        "How a tumour became resistant, or that nobody looked.",
        PATIENT,
        TREATMENT,
        ("source_key", "the finding's id, within the treatment", "", "1"),
        ("kind", "from the start, or later", "PRIMARY ACQUIRED", "ACQUIRED"),
        (
            "mechanism",
            "mechanism",
            "ON_TARGET_SECONDARY_MUTATION ON_TARGET_AMPLIFICATION ON_TARGET_SPLICE "
            "ON_TARGET_LOSS REVERSION BYPASS_RTK BYPASS_MAPK BYPASS_PI3K BYPASS_CELL_CYCLE "
            "BYPASS_OTHER DOWNSTREAM LINEAGE_TRANSFORMATION IMMUNE_EVASION PHARMACOLOGICAL "
            "CLONAL_REPLACEMENT UNKNOWN_PROFILED NOT_PROFILED",
            "REVERSION",
        ),
        ("status", "how sure", "SUSPECTED LIKELY CONFIRMED REFUTED", "LIKELY"),
        ("drug", "resistant to which", "{INN}", "olaparib"),
        ("day_after_progression", "of the specimen; negative before", "[days]", "3"),
        ("literature", "sources", "{PubMed} ids or DOIs with ; between", ""),
        ("curated", "a person judged it", _YES, "yes"),
        key="finding",
    ),
    form(
        "finding_biomarker",
        r.FindingBiomarker,
        "The biomarkers of a finding, and how they changed.",
        PATIENT,
        TREATMENT,
        _FINDING,
        SPECIMEN,
        BIOMARKER,
        ("change", "how", "EMERGENT LOST RISING PERSISTING", "EMERGENT"),
    ),
    form(
        "paired_evidence",
        r.PairedEvidence,
        "One biomarker in two specimens of the same patient.",
        PATIENT,
        TREATMENT,
        _FINDING,
        ("specimen", "the biomarker's own specimen", "id of specimen.csv", "P-001-T1"),
        BIOMARKER,
        ("tested_in_both", "the gene was tested in both", _YES, "yes"),
        ("baseline_specimen", "the earlier one", "id of specimen.csv", "P-001-T1"),
        ("comparator_specimen", "the later one", "id of specimen.csv", "P-001-T1"),
        ("vaf_before", "in the earlier one; empty: not tested there", "[0-1]", "0"),
        ("vaf_after", "in the later one; empty: not tested there", "[0-1]", "0.02"),
    ),
)
