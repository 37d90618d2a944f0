"""The controlled terms of SDTM, and what they mean here. What does not map is None."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from db.ingest.report import Journal
from db.ingest.sheet import Row

CRITERIA: Final = {
    **dict.fromkeys(("recist 1.1", "recist1.1", "recist version 1.1"), "RECIST_1_1"),
    **dict.fromkeys(("irecist", "irecist 2017"), "IRECIST"),
    **dict.fromkeys(("rano", "rano 2010"), "RANO"),
    **dict.fromkeys(("lugano", "lugano 2014", "lugano classification"), "LUGANO"),
    **dict.fromkeys(("imwg", "imwg 2016"), "IMWG"),
    **dict.fromkeys(("pcwg3", "pcwg scher prostate cancer 2016"), "PCWG3"),
    **dict.fromkeys(("ca125", "ca-125", "gcig ca-125", "gcig ca125"), "GCIG_CA125"),
    **dict.fromkeys(("recist 1.1 - ca125", "recist 1.1 - ca-125"), "RECIST_1_1_GCIG_CA125"),
}
EVALUATOR: Final = {
    "investigator": "INVESTIGATOR",
    **dict.fromkeys(
        ("independent assessor", "independent", "adjudicator", "adjudication committee"),
        "INDEPENDENT",
    ),
}
RELATEDNESS: Final = {
    **dict.fromkeys(("none", "not related", "unrelated"), "UNRELATED"),
    **dict.fromkeys(("unlikely", "unlikely related", "remote"), "UNLIKELY"),
    **dict.fromkeys(("possible", "possibly related"), "POSSIBLE"),
    **dict.fromkeys(("probable", "probably related"), "PROBABLE"),
    **dict.fromkeys(("definite", "definitely related"), "DEFINITE"),
}
END_REASON: Final = {
    "completed": "COMPLETED",
    "adverse event": "TOXICITY",
    "death": "DEATH",
    **dict.fromkeys(("progressive disease", "disease progression"), "PROGRESSION"),
    "withdrawal by subject": "PATIENT_CHOICE",
    "physician decision": "PHYSICIAN_CHOICE",
    **dict.fromkeys(
        ("lack of efficacy", "lost to follow-up", "protocol violation", "protocol deviation"),
        "OTHER",
    ),
    **dict.fromkeys(("study terminated by sponsor", "pregnancy", "non-compliance"), "OTHER"),
    "other": "OTHER",
}
ROUTE: Final = {
    "oral": "ORAL",
    **dict.fromkeys(("intravenous", "intravenous drip", "intravenous bolus"), "INTRAVENOUS"),
    **dict.fromkeys(("transdermal", "subcutaneous", "intramuscular", "topical"), "OTHER"),
    **dict.fromkeys(("intrathecal", "intraperitoneal", "respiratory (inhalation)"), "OTHER"),
}
LESION: Final = {
    "target": "TARGET",
    **dict.fromkeys(("non-target", "nontarget"), "NON_TARGET"),
    **dict.fromkeys(("new", "new lesion"), "NEW"),
}
_PLAIN: Final = {each: each for each in ("CR", "PR", "SD", "PD", "NE")}
_RESPONSE: Final[Mapping[str, Mapping[str, str]]] = {
    "IRECIST": {"ICR": "CR", "IPR": "PR", "ISD": "SD", "ICPD": "PD", "NE": "NE"},
    "LUGANO": {
        **_PLAIN,
        **dict.fromkeys(("CMR", "CAR"), "CR"),
        **dict.fromkeys(("PMR", "PAR"), "PR"),
        **dict.fromkeys(("NMR", "SAD"), "SD"),
        **dict.fromkeys(("PMD", "PAD"), "PD"),
    },
    "IMWG": {**_PLAIN, "SCR": "CR", "VGPR": "PR"},
}
_CONFIRMED: Final = {"ICPD": True, "IUPD": False, "PDU": False}
_NEW_LESION: Final = {
    ("NEWLPROG", "UNEQUIVOCAL"): True,
    ("NEWLIND", "Y"): True,
    ("NEWLIND", "N"): False,
}


def mapped(
    words: Mapping[str, str], row: Row, column: str, journal: Journal, system: str | None = None
) -> str | None:
    """Map a term; one that does not map is counted in the report, and None."""
    value = row.get(column)
    if value is None:
        return None
    found = words.get(value.casefold())
    if found is None:
        journal.unmapped(system or column, value)
    return found


def normalised(criteria: str, response: str) -> str | None:
    """Map a response to RECIST's; iUPD and other unconfirmed progression have no counterpart."""
    return _RESPONSE.get(criteria, _PLAIN).get(response.upper())


def confirmed(response: str) -> bool | None:
    """Tell whether progression is confirmed, where the response says so."""
    return _CONFIRMED.get(response.upper())


def new_lesion(test: str, result: str) -> bool | None:
    """Tell whether there is a new lesion; an equivocal one is not known."""
    return _NEW_LESION.get((test, result.upper()))


def flag(row: Row, column: str) -> bool | None:
    """Read Y or N; None where neither stands."""
    return {"Y": True, "N": False}.get((row.get(column) or "").upper())
