"""The cohorts of the invented trial: tumour type, marker, regimen, definitions and design.

A trial of the published size opens them all. Where many times as many are screened, each further
trial of that size opens its own, which bear its number: no cohort grows beyond what one would.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple


class Definition(NamedTuple):
    """What a tumour must carry to enter, from a day on."""

    text: str
    effective_from: date


class Cohort(NamedTuple):
    """One tumour type, one marker, one regimen.

    `marker` names the alterations that db/synthetic/alteration.py draws from; `matched` is how many
    of the 358 with an actionable match are matched with it, K; `benefit` is how often it benefits
    them, as a part of what is usual, K.
    """

    code: str
    tumour: str
    tumour_type: str
    onco_tree_code: str
    marker: str
    drugs: tuple[str, ...]
    definitions: tuple[Definition, ...]
    matched: int
    benefit: float = 1.0

    @property
    def route(self) -> str:
        """Tell how the regimen is given."""
        return "INTRAVENOUS" if set(self.drugs) & _INFUSED else "ORAL"


class Design(NamedTuple):
    """Simon's two stages: S."""

    n1: int = 8
    r1: int = 0
    n: int = 24
    r: int = 4
    p0: float = 0.10
    p1: float = 0.30


DESIGN: Final = Design()
_INFUSED: Final = frozenset({"trastuzumab", "pertuzumab", "atezolizumab", "nivolumab"})
_OPENED = date(2021, 4, 1)
_NARROWED = date(2023, 9, 1)


def _cohort(
    code: str,
    tumour: tuple[str, str, str],
    marker: str,
    drugs: tuple[str, ...],
    texts: tuple[str, ...],
    matched: int,
    benefit: float = 1.0,
) -> Cohort:
    days = (_OPENED, _NARROWED)
    definitions = tuple(Definition(text, day) for text, day in zip(texts, days, strict=False))
    return Cohort(code, *tumour, marker, drugs, definitions, matched, benefit)


_BTC = ("BTC", "Biliary tract cancer", "CHOL")
_GYN = ("GYN", "Endometrial carcinoma", "UCEC")
_CNS = ("CNS", "Diffuse glioma", "DIFG")
_CRC = ("CRC", "Colorectal cancer", "COADREAD")
_SARC = ("SARC", "Soft tissue sarcoma", "SARCNOS")
_PAN = ("PAN", "Pancreatic cancer", "PAAD")
_CUP = ("CUP", "Cancer of unknown primary", "CUP")
_MEL = ("MEL", "Melanoma", "MEL")
_PROST = ("PROST", "Prostate cancer", "PRAD")
_HN = ("HN", "Head and neck cancer", "HNSC")
_BREAST = ("BREAST", "Breast cancer", "IDC")
_NSCLC = ("NSCLC", "Non-small cell lung cancer", "NSCLC")
_KIDNEY = ("KIDNEY", "Renal cell carcinoma", "RCC")
_STOMACH = ("STOMACH", "Stomach cancer", "STAD")
_DABTRA = ("dabrafenib", "trametinib")
_TRAPER = ("trastuzumab", "pertuzumab")
_BI_ALLELIC = "Bi-allelic loss of BRCA1 or BRCA2, germline or somatic"
_ERBB2 = ("ERBB2 amplification or activating mutation",)
_V600 = ("BRAF V600 mutation",)
_HIGH = ("TMB of at least 10 mutations per Mb, or MSI-high",)
_MET = ("MET exon 14 skipping or amplification",)
_PIK3CA = ("PIK3CA hotspot mutation",)

# 24 drugs (S); which, for what, and how many: K. The most go to a few cohorts, so that some come
# to each of the stages: hospitals refer those in whom something was found.
COHORTS: Final = (
    _cohort(
        "OLA-BRCA-BTC", _BTC, "BRCA", ("olaparib",),
        ("Pathogenic BRCA1 or BRCA2 alteration, germline or somatic", _BI_ALLELIC), 60,
    ),
    _cohort("OLA-BRCA-GYN", _GYN, "BRCA", ("olaparib",), (_BI_ALLELIC,), 15),
    _cohort("DABTRA-BRAF-BTC", _BTC, "BRAF_V600", _DABTRA, _V600, 9),
    _cohort("DABTRA-BRAF-CNS", _CNS, "BRAF_V600", _DABTRA, _V600, 20),
    _cohort(
        "TRA-BRAF-CRC", _CRC, "BRAF_OTHER", ("trametinib",),
        ("BRAF mutation outside V600 that activates MAPK",), 26, 0.05,
    ),
    _cohort("TRAPER-ERBB2-CRC", _CRC, "ERBB2", _TRAPER, _ERBB2, 39),
    _cohort("TRAPER-ERBB2-BTC", _BTC, "ERBB2", _TRAPER, _ERBB2, 10),
    _cohort("TRAPER-ERBB2-NSCLC", _NSCLC, "ERBB2", _TRAPER, _ERBB2, 8),
    _cohort("ATE-TMB-SARC", _SARC, "HYPERMUTATED", ("atezolizumab",), _HIGH, 8),
    _cohort("ALP-PIK3CA-GYN", _GYN, "PIK3CA", ("alpelisib",), _PIK3CA, 22, 0.1),
    _cohort(
        "PEM-FGFR-PAN", _PAN, "FGFR", ("pemigatinib",),
        ("FGFR1, FGFR2 or FGFR3 fusion or activating mutation",), 8,
    ),
    _cohort("ENT-ROS1-SARC", _SARC, "ROS1", ("entrectinib",), ("ROS1 fusion",), 7),
    _cohort("CAP-MET-CUP", _CUP, "MET", ("capmatinib",), _MET, 7),
    _cohort("CAP-MET-KIDNEY", _KIDNEY, "MET", ("capmatinib",), _MET, 8),
    _cohort(
        "IMA-KIT-MEL", _MEL, "KIT", ("imatinib",), ("KIT mutation in exon 9, 11 or 13",), 12
    ),
    _cohort("NIR-BRCA-PROST", _PROST, "BRCA", ("niraparib",), (_BI_ALLELIC,), 12),
    _cohort(
        "VEMCOB-BRAF-HN", _HN, "BRAF_V600", ("vemurafenib", "cobimetinib"), _V600, 8
    ),
    _cohort("ALE-ALK-CUP", _CUP, "ALK", ("alectinib",), ("ALK fusion",), 7),
    _cohort("SEL-RET-CRC", _CRC, "RET", ("selpercatinib",), ("RET fusion",), 7),
    _cohort(
        "VIS-SMO-CNS", _CNS, "SMO", ("vismodegib",), ("Activating SMO mutation",), 7
    ),
    _cohort("ERL-EGFR-HN", _HN, "EGFR", ("erlotinib",), ("EGFR activating mutation",), 7),
    _cohort(
        "RIB-CCND1-BREAST", _BREAST, "CCND1", ("ribociclib",), ("CCND1 amplification",), 8
    ),
    _cohort("NER-ERBB2-BREAST", _BREAST, "ERBB2_MUTATION", ("neratinib",),
            ("ERBB2 activating mutation",), 9),
    _cohort("IVO-IDH1-BTC", _BTC, "IDH1", ("ivosidenib",), ("IDH1 R132 mutation",), 7),
    _cohort("SOT-KRAS-PAN", _PAN, "KRAS_G12C", ("sotorasib",), ("KRAS G12C",), 7),
    _cohort("EVE-PIK3CA-STOMACH", _STOMACH, "PIK3CA", ("everolimus",), _PIK3CA, 8),
    _cohort("NIV-TMB-PROST", _PROST, "HYPERMUTATED", ("nivolumab",), _HIGH, 7),
)  # fmt: skip

_BY_CODE: Final = {cohort.code: cohort for cohort in COHORTS}

# Patients of the first trial who come early, so that few patients already show them: a responder
# whose resistance was explained, a fusion, a splice variant, and two whose tumours carry the
# markers of two cohorts, and who enter one after the other.
PAIRS: Final = (
    ("OLA-BRCA-BTC", "DABTRA-BRAF-BTC"),
    ("OLA-BRCA-GYN", "ALP-PIK3CA-GYN"),
)
SHOWN: Final = (("OLA-BRCA-BTC",), *PAIRS, ("ENT-ROS1-SARC",), ("CAP-MET-CUP",))


def of_trial(number: int) -> tuple[Cohort, ...]:
    """List the cohorts of one of the trials, which are numbered from 1."""
    if number == 1:
        return COHORTS
    return tuple(cohort._replace(code=f"{cohort.code}-{number}") for cohort in COHORTS)


@lru_cache(maxsize=4096)
def of_code(code: str) -> Cohort:
    """Find a cohort of any of the trials."""
    base, _, number = code.rpartition("-")
    return _BY_CODE[base]._replace(code=code) if number.isdigit() else _BY_CODE[code]
