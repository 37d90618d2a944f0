"""The forms, in the order in which they are read: each is one CSV file of a study's folder."""

from __future__ import annotations

from typing import Final

from db.form.course import COURSE
from db.form.form import Form, GeneList, Members, Study, form
from db.form.molecular import MOLECULAR
from db.intake import record as r
from db.intake import reference as f

PATIENT = ("patient", "patient's id in the source", "", "P-001")
_COHORT = ("cohort", "the cohort", "code of cohort.csv", "OLA-BRCA")
_YES = "yes or no"

STUDY: Final = form(
    "study",
    Study,
    "The study, in one row.",
    ("title", "title", "", "Targeted treatment by molecular profile"),
    ("synthetic", "invented: no patient stands behind any record", _YES, "no"),
    ("data_cut_off", "last day that the data tell of", "", "2023-10-31"),
)
GENE_LIST: Final = form(
    "gene_list",
    GeneList,
    "The genes that an assay tests, once for all the profiles that name the list.",
    ("code", "the list", "", "TSO500"),
    ("genes", "the genes", "{HGNC} symbols with ; between", "BRAF;BRCA1;BRCA2"),
)
REFERENCE: Final = (
    form(
        "tumour_type",
        f.TumourType,
        "Tumour types that the vocabulary of the database may lack.",
        ("code", "the type", "{OncoTree}", "HGSOC"),
        ("name", "its name", "", "High-Grade Serous Ovarian Cancer"),
        ("tissue_code", "its tissue, the first level of the tree", "{OncoTree}", "OVARY"),
    ),
    form(
        "drug",
        f.Drug,
        "Drugs that the vocabulary of the database may lack.",
        ("inn", "the drug", "{INN} in lower case", "olaparib"),
        ("atc", "its code", "{ATC} fifth level", "L01XK01"),
        ("route", "how it is usually given", "ORAL INTRAVENOUS OTHER", "ORAL"),
    ),
    form(
        "site",
        f.Site,
        "Hospitals that include patients.",
        ("code", "the hospital", "", "OUS"),
        ("name", "its name", "", "Oslo University Hospital"),
        ("health_region", "where it is", "SOR_OST VEST MIDT NORD", "SOR_OST"),
    ),
    form(
        "cohort",
        f.Cohort,
        "Cohorts: one tumour type, one marker, one drug or combination.",
        ("code", "the cohort", "", "OLA-BRCA"),
        ("tumour_type", "as written for people", "", "Ovarian cancer"),
        (
            "stage",
            "where it stands",
            "STAGE_1 STAGE_2 EXPANSION STOPPED_STAGE_1 STOPPED_STAGE_2 COMPLETED",
            "STAGE_1",
        ),
        ("onco_tree_code", "the tumour type", "{OncoTree}", "HGSOC"),
        ("opened_on", "day of its opening", "", "2021-04-01"),
        ("synthetic", "invented: no real patient belongs into it", _YES, "no"),
        members=Members(
            "drugs", f.CohortDrug, "drug", "the regimen", "{INN} with ; between", "olaparib"
        ),
    ),
    form(
        "cohort_design",
        f.CohortDesign,
        "Simon's two-stage design of a cohort.",
        _COHORT,
        ("n1", "patients in stage 1", "[patients]", "8"),
        ("r1", "patients with benefit that stage 1 must exceed", "[patients]", "0"),
        ("n", "patients in both stages", "[patients]", "24"),
        ("r", "patients with benefit that both stages must exceed", "[patients]", "4"),
        ("p0", "rate of benefit that is not worth pursuing", "[0-1]", "0.1"),
        ("p1", "rate of benefit that is", "[0-1]", "0.3"),
    ),
    form(
        "biomarker_definition",
        f.BiomarkerDefinition,
        "What a tumour must carry to enter a cohort, version by version.",
        _COHORT,
        ("version", "from 1", "", "1"),
        ("text", "the definition", "", "BRCA1 or BRCA2, bi-allelic loss"),
        ("effective_from", "first day on which it holds", "", "2021-04-01"),
    ),
)

PERSON: Final = (
    form(
        "patient",
        r.Patient,
        "One row per patient. What identifies is kept apart, for those who may see it.",
        ("source_key", *PATIENT[1:]),
        ("sex", "sex", "FEMALE MALE", "FEMALE"),
        ("age_band", "age at enrolment in five years", "[years] 60-64, or 90+", "60-64"),
        ("health_region", "where the patient belongs", "SOR_OST VEST MIDT NORD", "VEST"),
        ("vital_status", "at last contact", "ALIVE DEAD", "ALIVE"),
        ("site", "hospital that included the patient (identifies)", "code of site.csv", "OUS"),
        ("birth_year", "year of birth (identifies)", "", "1960"),
        ("age_at_enrolment_years", "age at enrolment (identifies)", "[years]", "62"),
        ("enrolled_on", "day of enrolment (identifies)", "", "2022-01-03"),
    ),
    form(
        "consent",
        r.Consent,
        "What a patient allows; without a row: nothing.",
        PATIENT,
        ("purpose", "for what", "RESEARCH COMMERCIAL", "RESEARCH"),
        ("given_at", "from when", "{ISO 8601}", "2022-01-03T10:00+01:00"),
        ("withdrawn_at", "until when, empty while it holds", "{ISO 8601}", ""),
    ),
    form(
        "diagnosis",
        r.Diagnosis,
        "The cancers of a patient.",
        PATIENT,
        ("source_key", "the diagnosis' id, within the patient", "", "1"),
        ("tumour_type", "as recorded", "", "High-grade serous carcinoma of the ovary"),
        ("onco_tree_code", "tumour type", "{OncoTree}", "HGSOC"),
        ("icd10", "diagnosis", "{ICD-10}", "C56"),
        ("topography", "site", "{ICD-O-3}", "C56.9"),
        ("morphology", "histology", "{ICD-O-3}", "8441/3"),
        ("stage", "stage group at enrolment", "{TNM 8} such as IV, IIIA", "IV"),
        ("rare", "fewer than 6 per 100,000 a year", _YES, "no"),
    ),
    form(
        "prior_treatment",
        r.PriorTreatment,
        "Treatments before the first one of the study.",
        PATIENT,
        ("source_key", "the line's id, within the patient", "", "1"),
        ("regimen", "as recorded", "", "carboplatin + trastuzumab"),
        ("diagnosis", "the cancer that it was for", "id of diagnosis.csv", "1"),
        ("line", "line of treatment for advanced disease, from 1", "", "1"),
        ("start_day", "before the study's first treatment: negative", "[days]", "-300"),
        ("end_day", "its end", "[days]", "-120"),
        ("best_response", "best response", "CR PR SD PD NE", "PR"),
        members=Members(
            "drugs", r.PriorTreatmentDrug, "drug", "drugs", "{INN} with ; between", "trastuzumab"
        ),
    ),
    form(
        "screening",
        r.Screening,
        "A patient's way from referral to a match; one row per patient.",
        PATIENT,
        ("profiled_day", "molecular profile, after referral", "[days]", "12"),
        ("discussed_day", "molecular tumour board, after referral", "[days]", "16"),
        ("matched", "an actionable alteration with an open cohort was found", _YES, "yes"),
        ("referred_on", "day of referral (identifies)", "", "2021-12-01"),
    ),
    form(
        "offer",
        r.Offer,
        "Treatments offered, and whether they were taken, or why not.",
        PATIENT,
        ("source_key", "the offer's id, within the patient", "", "1"),
        (
            "status",
            "what became of it",
            "ACCEPTED DECLINED NOT_ELIGIBLE DETERIORATED DIED NO_SLOT PENDING",
            "ACCEPTED",
        ),
        _COHORT,
        ("offered_day", "after referral", "[days]", "20"),
    ),
)

RECORDS: Final[tuple[Form, ...]] = (*REFERENCE, *PERSON, *MOLECULAR, *COURSE)
FORMS: Final = (STUDY, GENE_LIST, *RECORDS)
