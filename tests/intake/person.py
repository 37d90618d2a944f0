"""One patient with a record of every type, as a source would tell them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from db.intake import record as r
from db.intake import reference as f
from db.intake.table import Record

COHORT = "OLA-BRCA"


def references() -> list[Record]:
    return [
        f.TumourType("ZZTISSUE", "Tissue of the tests", "ZZTISSUE"),
        f.TumourType("ZZTYPE", "Type of the tests", "ZZTISSUE"),
        f.Drug("olaparib"),
        f.Drug("testinib", "L01EX99"),
        f.Site("TST", "Test hospital", "VEST"),
        f.Cohort(COHORT, "Ovarian", "STAGE_1", "ZZTYPE", date(2021, 4, 1)),
        f.CohortDrug(COHORT, "olaparib"),
        f.CohortDesign(COHORT, 8, 0, 24, 4, 0.1, 0.3),
        f.BiomarkerDefinition(COHORT, 1, "BRCA1/2 loss", date(2021, 4, 1)),
    ]


def records(name: str = "P1") -> list[Record]:
    """Give them from the last table to the first: their order must not matter."""
    tissue, plasma = f"{name}-T", f"{name}-P"
    found: list[Record] = [
        r.Patient(name, "FEMALE", "60-64", "VEST", "ALIVE", "TST", 1960, 62, date(2022, 1, 3)),
        r.Consent(name, "RESEARCH", datetime(2022, 1, 1, tzinfo=UTC)),
        r.Diagnosis(name, "D", "Ovarian", "ZZTYPE", "C56", "C56.9", "8441/3", "IV", False),
        r.PriorTreatment(name, "L1", "carboplatin + testinib", "D", 1, -300, -100, "PD"),
        r.PriorTreatmentDrug(name, "L1", "Testinib"),
        r.Screening(name, 10, 14, True, date(2021, 12, 1)),
        r.Offer(name, "O1", "ACCEPTED", COHORT, 20),
        r.Specimen(
            name, tissue, "FFPE", "D", "BASELINE", 1, -20, 40.0, "ovary", date(2021, 12, 14)
        ),
        r.Specimen(name, plasma, "CTDNA", "D", "PROGRESSION", 2, 200),
        r.Profile(name, tissue, "TSO", "Panel", True, "TSO500", "GRCh38", "PASSED", 12),
        r.Profile(name, plasma, "TSO", "Panel", True, "ctTSO500", "GRCh38", "PASSED", 9, 4.5),
        *(
            r.GeneAssessed(name, each, "TSO", gene)
            for each in (tissue, plasma)
            for gene in ("BRCA1", "BRCA2", "TP53")
        ),
        r.Biomarker(
            *(name, tissue, "V1", "SMALL_VARIANT", "BRCA1 p.Q356*", "TSO", "BRCA1", "SOMATIC"),
            hgvsp="p.Q356*",
            vaf=0.4,
            depth=200,
        ),
        r.Biomarker(
            *(name, plasma, "V1", "SMALL_VARIANT", "BRCA1 p.Q356L", "TSO", "BRCA1"), vaf=0.02
        ),
        r.BiomarkerEvidence(
            *(name, tissue, "V1", "E1", "ESCAT", "IA", "test 1", "olaparib"), literature=("1",)
        ),
        r.Review(name, "B1", "OPTION_FOUND", 14, date(2021, 12, 15)),
        r.Option(name, "B1", "1", tissue, "V1", COHORT, "ESCAT", "IA"),
        r.OptionDrug(name, "B1", "1", "olaparib"),
        r.Treatment(name, "T1", COHORT, 2, 1, date(2022, 1, 3), 180, "PROGRESSION", "EVALUABLE"),
        r.TreatmentDrug(name, "T1", "olaparib"),
        r.TreatmentBiomarker(name, "T1", tissue, "V1"),
        r.Funding(name, "T1", 0, "COMPANY"),
        r.Funding(name, "T1", 112, "PUBLIC"),
        r.Assessment(name, "T1", "A1", "RECIST_1_1", 56, "INVESTIGATOR", 30.5, -40.0, 0.0, False),
        r.Component(name, "T1", "A1", "1", "TRGRESP", "PR"),
        r.Lesion(name, "T1", "L1", "T01", "TARGET", "LYMPH NODE", "CT", "INVESTIGATOR"),
        r.Measurement(name, "T1", "L1", "M1", 56, "WEEK 8", 18.0, 9.5),
        r.Outcome(name, "T1", best_overall_response="PR"),
        r.AdverseEvent(name, "T1", "AE1", "Nausea", "Nausea", 2, False, "PROBABLE", 3, 9),
        r.Finding(
            *(name, "T1", "R1", "ACQUIRED", "REVERSION", "LIKELY", "olaparib", 3, ("2",), True)
        ),
        r.FindingBiomarker(name, "T1", "R1", plasma, "V1", "EMERGENT"),
        r.PairedEvidence(name, "T1", "R1", plasma, "V1", True, tissue, plasma, 0.0, 0.02),
    ]
    return found[::-1]
