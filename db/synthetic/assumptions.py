"""Every number that the synthetic data rest on, with where it comes from.

S: read in a public source. I: computed from S. K: general knowledge, an assumption.
The letters are those of the domain notes. Two tables stand with what they are about, all of it K:
what tumours of a type often carry (tumour.py), and how many match each cohort (cohort.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

RULES: Final = "synthetic-3"

# The funnel: 1,167 screened → 358 matched → 186 started → 170 with 16 weeks' follow-up → 145
# evaluable (S). How many are matched with which cohort: cohort.py. Each draw is independent, so
# that numbers vary from seed to seed as those of a trial would.
SCREENED: Final = 1167  # S; K: more are several trials of about this size, each with its cohorts
STARTED: Final = 0.555  # I: 186 / 358 = 52 % of the matched; the rest finds the cohort closed
OFFERED: Final = 0.81  # I: 60 / 250 = 24 % of the screened (first year); likewise
OFFER_NOT_TAKEN: Final[Mapping[str, float]] = {  # K
    "DECLINED": 3, "NOT_ELIGIBLE": 3, "DETERIORATED": 4, "DIED": 1, "NO_SLOT": 1,
}  # fmt: skip
PENDING_SHARE_OF_OPEN_OFFERS: Final = 0.06  # K
SECOND_MARKER: Final = 0.15  # K: of those matched where two cohorts of a tumour go together
SHOWN_BY: Final = 0.15  # of the first trial's screened: those that few patients must show

# Cohorts. Stages are decided by Simon's rule (S) when the benefit of all is known.
BENEFIT_KNOWN_WEEK: Final = 20  # K
EXPANSION: Final = 24  # patients; S: agreements are for 24 or 48

# Time. Referrals grow: of n, those up to day d of the whole are n · (d / whole) ^ GROWTH.
OPENED_ON: Final = date(2021, 4, 1)  # S
CUT_OFF: Final = date(2026, 6, 30)  # K: the last day of follow-up
REFERRED_UNTIL: Final = 60  # K: days before the cut-off; 91 % of the started have 16 weeks (S)
GROWTH: Final = 1.62  # I: 250 of 1,167 came in the first 12 of 31 months
PROFILED_DAY: Final = (12, 45)  # K: days from referral
DISCUSSED_AFTER: Final = (2, 14)  # K: days from profile; the board meets weekly (S)
OFFERED_AFTER: Final = (2, 14)  # K: days from the board
STARTED_AFTER: Final = (5, 28)  # K: days from the offer

# Who.
REGION: Final[Mapping[str, float]] = {"SOR_OST": 57, "VEST": 21, "MIDT": 14, "NORD": 9}  # K
AGE_MEAN, AGE_DEVIATION, AGE_RANGE = 62, 11.9, (18, 92)  # K: median 62 (54-70)
ECOG: Final[Mapping[int, float]] = {0: 35, 1: 50, 2: 15}  # K
PRIOR_LINES: Final[Mapping[int, float]] = {  # K: median 3
    0: 4, 1: 15, 2: 22, 3: 28, 4: 17, 5: 9, 6: 5,
}  # fmt: skip
TUMOUR: Final[Mapping[str, float]] = {  # K: the tumour mix of the screened
    "CRC": 16, "GYN": 12, "BTC": 10, "PAN": 3, "BREAST": 9, "NSCLC": 8, "CNS": 7, "SARC": 7,
    "PROST": 5, "CUP": 4, "HN": 4, "MEL": 3, "KIDNEY": 6, "STOMACH": 6,
}  # fmt: skip
STAGE: Final[Mapping[str, float]] = {"IV": 70, "IVB": 14, "IIIC": 9, "IIIB": 7}  # K
DEAD_UNTREATED: Final = 0.42  # K: at cut-off

# Consents. All K.
RESEARCH_CONSENT: Final = 0.92
COMMERCIAL_CONSENT: Final = 0.75
WITHDRAWN: Final = 0.05
WITHDRAWN_LATER: Final = 0.03  # announced: takes effect on a day to come
RENEWED: Final = 0.02  # withdrawn, and given again
LATER: Final = (date(2032, 1, 1), date(2035, 12, 31))

# Specimens and profiles. All K but the outcome kinds (S).
QC: Final[Mapping[str, float]] = {"PASSED": 90, "INSUFFICIENT_MATERIAL": 7, "FAILED": 3}
NORMAL_BLOOD: Final = 0.6
PLASMA_AT_BASELINE: Final = 0.6  # of the treated
PLASMA_FAILED: Final = 0.04
SERIAL_PLASMA: Final = 0.6  # of the treated
SERIAL_PLASMA_MOST: Final = 5
PROGRESSION_TISSUE: Final = 0.35
PROGRESSION_PLASMA: Final = 0.55
TISSUE_PANEL_REPLACED_ON: Final = date(2023, 6, 1)
TISSUE_FAILED_BEFORE_TREATMENT: Final = 0.15  # of the treated: plasma alone found the marker
PLASMA_FRACTION_MEDIAN, PLASMA_FRACTION_RANGE = 0.09, (0.012, 0.6)
CLONALITY: Final = (0.7, 0.98)
SUBCLONAL: Final = (0.02, 0.06)
RESISTANT: Final = (0.45, 0.9)  # clonality of what drives a progression
TURNAROUND: Final = (8, 24)
CELLULARITY: Final = (15, 90)
GERMLINE_BRCA: Final = 0.4  # of BRCA alterations
TMB_MEDIAN, MSI_MEDIAN, HRD_MEDIAN = 4.5, 2.0, 18.0
TMB_HIGH, MSI_HIGH, HRD_HIGH = 10.0, 20.0, 42.0
PD_L1_TESTED: Final = 0.3
PD_L1_PERCENT: Final[Mapping[int, float]] = {0: 40, 1: 15, 5: 15, 20: 12, 50: 10, 80: 8}
PD_L1_LOW, PD_L1_HIGH = 1, 50  # K: limits of the tumour proportion score
TMB_OF_HYPERMUTATED, MSI_OF_HYPERMUTATED, HRD_OF_GERMLINE = (12, 48), (2, 45), (44, 75)
DEPTH: Final = (250, 1800)  # reads; eight times as many in plasma

# The course. Best response (S): CR 3, PR 13, SD of at least 16 weeks 19, SD shorter or PD 55,
# NE 10 %; 145 evaluable of 170 (S). These weights are chosen so that the outcomes that the rules
# derive come to that. STOPPED is stable at first and stops without progression.
COURSE: Final[Mapping[str, float]] = {
    "CR": 3.2, "PR": 12, "STABLE": 21.3, "SHORT": 18.2, "PD": 25.8, "STOPPED": 9.3, "NE": 10.2,
}  # fmt: skip
BENEFICIAL: Final = frozenset({"CR", "PR", "STABLE"})
VISIT_DAYS: Final = 56  # K: imaging every eight weeks
VISIT_VARIES: Final = 7  # K: days before or after
BENEFIT_WEEK: Final = 16  # S
BASELINE_SUM_MM: Final = (22, 190)  # K
VISIT_OF_PROGRESSION: Final[Mapping[str, int]] = {"PD": 1, "SHORT": 2, "STOPPED": 2}  # K
PROGRESSION_BETWEEN_VISITS: Final = 0.4  # K: seen early, because of symptoms
# K: for medians of progression-free survival of 10 months with benefit and 3.5 overall
CONTROLLED_MEDIAN_DAYS: Final[Mapping[str, float]] = {"CR": 500, "PR": 230, "STABLE": 120}
NEVER_PROGRESSES: Final[Mapping[str, float]] = {"CR": 0.3, "PR": 0.05, "STABLE": 0.02}  # K
NOT_EVALUABLE_END: Final = (4, 40)  # K: day
NOT_EVALUABLE_BECAUSE: Final[Mapping[str, float]] = {  # K
    "TOXICITY": 4, "DEATH": 3, "PATIENT_CHOICE": 2, "PHYSICIAN_CHOICE": 1,
}  # fmt: skip
STOPPED_EARLY: Final = (62, 97)  # K: day
STOPPED_EARLY_BECAUSE: Final[Mapping[str, float]] = {"TOXICITY": 3, "PATIENT_CHOICE": 1}  # K
NEXT_THERAPY: Final = 0.35  # K: of those alive long enough
NEXT_THERAPY_AFTER: Final = (14, 70)  # K: days from the end of treatment
# K: target sum as a part of the baseline's, at best
SIZE_CR, SIZE_PR, SIZE_STABLE = (0.2, 0.5), (0.18, 0.62), (0.76, 1.08)
NEW_LESION: Final = 0.4  # K: of progressions
SURVIVAL_AFTER_LEAST_DAYS: Final = 14  # K
SURVIVAL_AFTER_MEDIAN_DAYS: Final = 74  # K: after the last treatment, without benefit
SURVIVAL_AFTER_BENEFIT_MEDIAN_DAYS: Final = 205  # K
INDEPENDENT_REVIEW: Final = 0.15  # K
PROGRESSION_WRITTEN_POD: Final = 0.15  # K: some sites write POD for PD
SECOND_TREATMENT_AFTER: Final = (30, 110)  # K: days after the end of the first

# Resistance, of those profiled at progression. K.
MECHANISM_FOUND_ACQUIRED: Final = 0.6
MECHANISM_FOUND_PRIMARY: Final = 0.35
SUBCLONAL_BEFORE_ACQUIRED: Final = 0.3  # K: present before, rising; always so where primary
# What became of the explained, in turn: a person has not come to all.
JUDGED: Final = (
    "LIKELY", "SUSPECTED", "CONFIRMED", "REFUTED", "SUSPECTED", "LIKELY", "SUSPECTED", "LIKELY",
)  # fmt: skip

# What came before, for whom lines are known. All K.
WASHED_OUT: Final = (14, 60)  # days from the end of the last line to the trial's treatment
PRIOR_LASTED: Final = (42, 250)  # days
BETWEEN_PRIORS: Final = (14, 120)  # days
PRIOR_RESPONSE: Final[Mapping[str, float]] = {"CR": 3, "PR": 20, "SD": 35, "PD": 32, "": 10}

# The board. The levels are K, set for each marker of the catalogue whatever the tumour: nobody's.
REFERRED_AFTER: Final = (1, 21)  # days from the first discussion
EVIDENCE_SOURCE: Final = "SYNTHETIC: an assumption, no curated level"
EVIDENCE: Final[Mapping[str, Mapping[str, str]]] = {
    "BRCA": {"ESCAT": "IIIA", "ONCOKB": "3B", "AMP": "IIC"},
    "BRAF_V600": {"ESCAT": "IC", "ONCOKB": "1", "AMP": "IA"},
    "BRAF_OTHER": {"ESCAT": "IVA", "ONCOKB": "4", "AMP": "IID"},
    "ERBB2": {"ESCAT": "IIB", "ONCOKB": "2", "AMP": "IIC"},
    "HYPERMUTATED": {"ESCAT": "IC", "ONCOKB": "1", "AMP": "IA"},
    "PIK3CA": {"ESCAT": "IIIA", "ONCOKB": "3B", "AMP": "IIC"},
    "FGFR": {"ESCAT": "IIIA", "ONCOKB": "3B", "AMP": "IIC"},
    "ROS1": {"ESCAT": "IIIA", "ONCOKB": "3B", "AMP": "IIC"},
    "MET": {"ESCAT": "IIIA", "ONCOKB": "3B", "AMP": "IIC"},
    "KIT": {"ESCAT": "IIB", "ONCOKB": "2", "AMP": "IIC"},
    "ERBB2_MUTATION": {"ESCAT": "IIB", "ONCOKB": "3B", "AMP": "IIC"},
    "ALK": {"ESCAT": "IIIA", "ONCOKB": "3B", "AMP": "IIC"},
    "RET": {"ESCAT": "IC", "ONCOKB": "1", "AMP": "IA"},
    "SMO": {"ESCAT": "IIIA", "ONCOKB": "3B", "AMP": "IIC"},
    "EGFR": {"ESCAT": "IIIA", "ONCOKB": "3B", "AMP": "IIC"},
    "CCND1": {"ESCAT": "IVA", "ONCOKB": "4", "AMP": "IID"},
    "IDH1": {"ESCAT": "IB", "ONCOKB": "1", "AMP": "IA"},
    "KRAS_G12C": {"ESCAT": "IIB", "ONCOKB": "2", "AMP": "IIC"},
}

# Who pays: S for expansion cohorts, K for the others.
COMPANY_PAYS_WEEKS: Final = 16

# Adverse events. All K.
ADVERSE_EVENTS: Final[Mapping[int, float]] = {0: 15, 1: 25, 2: 25, 3: 20, 4: 10, 5: 5}
GRADE: Final[Mapping[int, float]] = {1: 46, 2: 34, 3: 17, 4: 3}
RELATEDNESS: Final[Mapping[str, float]] = {
    "UNRELATED": 20, "UNLIKELY": 15, "POSSIBLE": 35, "PROBABLE": 22, "DEFINITE": 8,
}  # fmt: skip
SERIOUS_OF_GRADE_3: Final = 0.35
DEATH_AS_EVENT: Final = 0.4  # of deaths on treatment
EVENT_LASTS: Final = (2, 70)  # days
WRITTEN_OTHERWISE: Final = 0.15
UNMAPPED: Final = 0.05
