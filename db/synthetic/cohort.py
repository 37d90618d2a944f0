"""The cohorts of the invented trial: tumour type, marker, regimen, definitions and design."""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple


class Definition(NamedTuple):
    """What a tumour must carry to enter, from a day on."""

    text: str
    effective_from: date


class Cohort(NamedTuple):
    """One tumour type, one marker, one regimen.

    `marker` names the alterations that db/synthetic/alteration.py draws from; `weight` is how many
    of about two hundred treated enter, K, chosen to fit the stage.
    """

    code: str
    tumour: str
    tumour_type: str
    onco_tree_code: str
    marker: str
    drugs: tuple[str, ...]
    stage: str
    definitions: tuple[Definition, ...]
    weight: int


class Design(NamedTuple):
    """Simon's two stages: S."""

    n1: int = 8
    r1: int = 0
    n: int = 24
    r: int = 4
    p0: float = 0.10
    p1: float = 0.30


DESIGN: Final = Design()
_OPENED = date(2021, 4, 1)
_NARROWED = date(2023, 9, 1)


def _cohort(
    code: str,
    tumour: tuple[str, str, str],
    marker: str,
    drugs: tuple[str, ...],
    stage: str,
    texts: tuple[str, ...],
    weight: int,
) -> Cohort:
    days = (_OPENED, _NARROWED)
    definitions = tuple(Definition(text, day) for text, day in zip(texts, days, strict=False))
    return Cohort(code, *tumour, marker, drugs, stage, definitions, weight)


_BTC = ("BTC", "Biliary tract cancer", "CHOL")
_GYN = ("GYN", "Endometrial carcinoma", "UCEC")
_CNS = ("CNS", "Diffuse glioma", "DIFG")
_CRC = ("CRC", "Colorectal cancer", "COADREAD")
_SARC = ("SARC", "Soft tissue sarcoma", "SARCNOS")
_PAN = ("PAN", "Pancreatic cancer", "PAAD")
_CUP = ("CUP", "Cancer of unknown primary", "CUP")
_MEL = ("MEL", "Melanoma", "MEL")
_DABTRA = ("dabrafenib", "trametinib")
_TRAPER = ("trastuzumab", "pertuzumab")

COHORTS: Final = (
    _cohort(
        "OLA-BRCA-BTC", _BTC, "BRCA", ("olaparib",), "EXPANSION",
        (
            "Pathogenic BRCA1 or BRCA2 alteration, germline or somatic",
            "Bi-allelic loss of BRCA1 or BRCA2, germline or somatic",
        ),
        34,
    ),
    _cohort(
        "OLA-BRCA-GYN", _GYN, "BRCA", ("olaparib",), "STAGE_2",
        ("Bi-allelic loss of BRCA1 or BRCA2, germline or somatic",), 16,
    ),
    _cohort("DABTRA-BRAF-BTC", _BTC, "BRAF_V600", _DABTRA, "STAGE_2", ("BRAF V600 mutation",), 15),
    _cohort(
        "DABTRA-BRAF-CNS", _CNS, "BRAF_V600", _DABTRA, "EXPANSION", ("BRAF V600 mutation",), 28
    ),
    _cohort(
        "TRA-BRAF-CRC", _CRC, "BRAF_OTHER", ("trametinib",), "STOPPED_STAGE_1",
        ("BRAF mutation outside V600 that activates MAPK",), 8,
    ),
    _cohort(
        "TRAPER-ERBB2-CRC", _CRC, "ERBB2", _TRAPER, "COMPLETED",
        ("ERBB2 amplification or activating mutation",), 24,
    ),
    _cohort(
        "TRAPER-ERBB2-BTC", _BTC, "ERBB2", _TRAPER, "STAGE_2",
        ("ERBB2 amplification or activating mutation",), 14,
    ),
    _cohort(
        "ATE-TMB-SARC", _SARC, "HYPERMUTATED", ("atezolizumab",), "STAGE_1",
        ("TMB of at least 10 mutations per Mb, or MSI-high",), 6,
    ),
    _cohort(
        "ALP-PIK3CA-GYN", _GYN, "PIK3CA", ("alpelisib",), "STAGE_2",
        ("PIK3CA hotspot mutation",), 18,
    ),
    _cohort(
        "PEM-FGFR-PAN", _PAN, "FGFR", ("pemigatinib",), "STAGE_1",
        ("FGFR1, FGFR2 or FGFR3 fusion or activating mutation",), 6,
    ),
    _cohort("ENT-ROS1-SARC", _SARC, "ROS1", ("entrectinib",), "STAGE_1", ("ROS1 fusion",), 5),
    _cohort(
        "CAP-MET-CUP", _CUP, "MET", ("capmatinib",), "STAGE_1",
        ("MET exon 14 skipping or amplification",), 5,
    ),
    _cohort(
        "IMA-KIT-MEL", _MEL, "KIT", ("imatinib",), "STOPPED_STAGE_2",
        ("KIT mutation in exon 9, 11 or 13",), 22,
    ),
)  # fmt: skip

BY_CODE: Final = {cohort.code: cohort for cohort in COHORTS}

# In the first block of the funnel, so that few patients already show them: a responder whose
# resistance was explained, a fusion, and a splice variant.
SHOWN: Final = ("OLA-BRCA-BTC", "ENT-ROS1-SARC", "CAP-MET-CUP")

# Patients whose tumour carries the markers of two cohorts, and who enter one after the other.
PAIRS: Final = (
    ("OLA-BRCA-BTC", "DABTRA-BRAF-BTC"),
    ("OLA-BRCA-GYN", "ALP-PIK3CA-GYN"),
)
