"""The tumour types: codes that agree with each other, and what such tumours often carry (K)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Subtype(NamedTuple):
    """A diagnosis as recorded, with its codes."""

    tumour_type: str
    onco_tree_code: str
    tissue_code: str
    icd10: str
    topography: str
    morphology: str
    rare: bool


class Tumour(NamedTuple):
    """A group of the trial's mix: its diagnoses, its sex where it has one, common alterations."""

    subtypes: tuple[Subtype, ...]
    sex: str | None
    background: Mapping[str, float]
    staged: bool = True


_BILIARY = {"TP53": 0.4, "KRAS": 0.18, "ARID1A": 0.17, "IDH1": 0.13, "CDKN2A": 0.15, "SMAD4": 0.1}
_MAPK = {"TP53": 0.6, "KRAS": 0.45, "SMAD4": 0.12, "PIK3CA": 0.12}

TUMOURS: Final[Mapping[str, Tumour]] = {
    "CRC": Tumour(
        (
            Subtype("Colorectal cancer", "COADREAD", "BOWEL", "C18.9", "C18.9", "8140/3", False),
            Subtype("Colon cancer", "COAD", "BOWEL", "C18.7", "C18.7", "8140/3", False),
            Subtype("Rectal cancer", "READ", "BOWEL", "C20", "C20.9", "8140/3", False),
        ),
        None,
        {"APC": 0.7, **_MAPK},
    ),
    "GYN": Tumour(
        (
            Subtype("Endometrial carcinoma", "UCEC", "UTERUS", "C54.1", "C54.1", "8380/3", False),
            Subtype("Serous ovarian cancer", "HGSOC", "OVARY", "C56", "C56.9", "8461/3", False),
        ),
        "FEMALE",
        {"TP53": 0.55, "PTEN": 0.3, "PIK3CA": 0.25, "CTNNB1": 0.12, "CCNE1": 0.12, "ARID1A": 0.2},
    ),
    "BTC": Tumour(
        (
            Subtype(
                "Biliary tract cancer", "CHOL", "BILIARY_TRACT", "C22.1", "C22.1", "8160/3", True
            ),
            Subtype("Gallbladder cancer", "GBC", "BILIARY_TRACT", "C23", "C23.9", "8140/3", True),
        ),
        None,
        _BILIARY,
    ),
    "PAN": Tumour(
        (Subtype("Pancreatic cancer", "PAAD", "PANCREAS", "C25.9", "C25.9", "8500/3", False),),
        None,
        {"TP53": 0.7, "KRAS": 0.85, "CDKN2A": 0.3, "SMAD4": 0.25},
    ),
    "BREAST": Tumour(
        (Subtype("Breast cancer", "IDC", "BREAST", "C50.9", "C50.9", "8500/3", False),),
        "FEMALE",
        {"TP53": 0.4, "PIK3CA": 0.38, "ESR1": 0.2, "CCND1": 0.15, "PTEN": 0.08},
    ),
    "NSCLC": Tumour(
        (
            Subtype(
                "Non-small cell lung cancer", "NSCLC", "LUNG", "C34.9", "C34.9", "8046/3", False
            ),
            Subtype("Lung adenocarcinoma", "LUAD", "LUNG", "C34.1", "C34.1", "8140/3", False),
        ),
        None,
        {"TP53": 0.5, "KRAS": 0.33, "STK11": 0.15, "KEAP1": 0.15, "EGFR": 0.1},
    ),
    "CNS": Tumour(
        (
            Subtype("Diffuse glioma", "DIFG", "BRAIN", "C71.9", "C71.9", "9380/3", True),
            Subtype("Glioblastoma", "GB", "BRAIN", "C71.9", "C71.9", "9440/3", True),
        ),
        None,
        {"EGFR": 0.3, "CDKN2A": 0.4, "PTEN": 0.25, "TP53": 0.3, "NF1": 0.1},
        staged=False,
    ),
    "SARC": Tumour(
        (
            Subtype(
                "Soft tissue sarcoma", "SARCNOS", "SOFT_TISSUE", "C49.9", "C49.9", "8800/3", True
            ),
            Subtype("Leiomyosarcoma", "LMS", "SOFT_TISSUE", "C49.9", "C49.9", "8890/3", True),
        ),
        None,
        {"TP53": 0.4, "RB1": 0.2, "MDM2": 0.15, "CDKN2A": 0.12},
    ),
    "PROST": Tumour(
        (Subtype("Prostate cancer", "PRAD", "PROSTATE", "C61", "C61.9", "8140/3", False),),
        "MALE",
        {"AR": 0.3, "TP53": 0.4, "PTEN": 0.3, "RB1": 0.12},
    ),
    "CUP": Tumour(
        (Subtype("Cancer of unknown primary", "CUP", "OTHER", "C80.0", "C80.9", "8010/3", True),),
        None,
        {"TP53": 0.45, "KRAS": 0.2, "CDKN2A": 0.15, "STK11": 0.08},
    ),
    "HN": Tumour(
        (Subtype("Head and neck cancer", "HNSC", "HEAD_NECK", "C10.9", "C10.9", "8070/3", False),),
        None,
        {"TP53": 0.7, "CDKN2A": 0.3, "PIK3CA": 0.2, "CCND1": 0.2},
    ),
    "MEL": Tumour(
        (
            Subtype("Melanoma", "MEL", "SKIN", "C43.9", "C44.9", "8720/3", False),
            Subtype("Cutaneous melanoma", "SKCM", "SKIN", "C43.5", "C44.5", "8720/3", False),
        ),
        None,
        {"NRAS": 0.25, "CDKN2A": 0.25, "NF1": 0.12, "TP53": 0.15},
    ),
    "KIDNEY": Tumour(
        (Subtype("Renal cell carcinoma", "RCC", "KIDNEY", "C64", "C64.9", "8312/3", False),),
        None,
        {"VHL": 0.6, "BAP1": 0.12, "TP53": 0.08},
    ),
    "STOMACH": Tumour(
        (Subtype("Stomach cancer", "STAD", "STOMACH", "C16.9", "C16.9", "8140/3", False),),
        None,
        {"TP53": 0.5, "ARID1A": 0.2, "KRAS": 0.12, "CCNE1": 0.1},
    ),
}  # fmt: skip

SUBTYPES: Final = {
    subtype.onco_tree_code: subtype for tumour in TUMOURS.values() for subtype in tumour.subtypes
}
