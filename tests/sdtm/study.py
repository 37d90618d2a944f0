"""A small SDTM study that tests write: one subject treated, one who was not."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

Row = Mapping[str, str]
Files = Mapping[str, Sequence[Row]]

ONE, TWO = "S-01", "S-02"


def dm(subject: str = ONE, **values: str) -> Row:
    return {
        "STUDYID": "S",
        "DOMAIN": "DM",
        "USUBJID": subject,
        "SEX": "F",
        "AGE": "63",
        "AGEU": "YEARS",
        "BRTHDTC": "1950-12-26",
        "RFXSTDTC": "2014-01-02",
        "RFXENDTC": "2014-07-02",
        "DTHDTC": "",
        "DTHFL": "",
        **values,
    }


def ex(sequence: int = 1, subject: str = ONE, **values: str) -> Row:
    return {
        **_of("EX", sequence, subject),
        "EXTRT": "OLAPARIB",
        "EXROUTE": "ORAL",
        "EXSTDTC": "2014-01-02",
        "EXENDTC": "2014-07-02",
        **values,
    }


def ds(event: str, day: str, sequence: int = 1, subject: str = ONE, **values: str) -> Row:
    return {
        **_of("DS", sequence, subject),
        "DSDECOD": event,
        "DSCAT": "DISPOSITION EVENT",
        "DSSTDTC": day,
        **values,
    }


def ae(sequence: int = 1, subject: str = ONE, **values: str) -> Row:
    return {
        **_of("AE", sequence, subject),
        "AETERM": "NAUSEA",
        "AESEV": "MILD",
        "AESER": "N",
        "AEREL": "POSSIBLE",
        "AESTDTC": "2014-01-03",
        "AEENDTC": "",
        **values,
    }


def tu(sequence: int, number: str = "T01", **values: str) -> Row:
    return {
        **_of("TU", sequence, ONE),
        "TULNKID": number,
        "TUTESTCD": "TUMIDENT",
        "TUSTRESC": "TARGET",
        "TULOC": "LIVER",
        "TUMETHOD": "CT SCAN",
        "TUEVAL": "INVESTIGATOR",
        "TUEVALID": "",
        "TUACPTFL": "",
        "VISIT": "SCREENING",
        "TUDTC": "2013-12-30",
        **values,
    }


def tr(sequence: int, test: str, result: str, **values: str) -> Row:
    return {
        **_of("TR", sequence, ONE),
        "TRLNKID": "" if test.startswith(("SUM", "PC")) else "T01",
        "TRTESTCD": test,
        "TRSTRESC": result,
        "TRSTRESN": result if result.replace(".", "", 1).isdigit() else "",
        "TRSTRESU": "mm",
        "TREVAL": "INVESTIGATOR",
        "TREVALID": "",
        "VISIT": "WEEK 6",
        "TRDTC": "2014-02-13",
        **values,
    }


def rs(sequence: int, test: str = "OVRLRESP", result: str = "PR", **values: str) -> Row:
    return {
        **_of("RS", sequence, ONE),
        "RSTESTCD": test,
        "RSCAT": "RECIST 1.1",
        "RSORRES": result,
        "RSSTRESC": result,
        "RSEVAL": "INVESTIGATOR",
        "RSEVALID": "",
        "RSACPTFL": "",
        "VISIT": "WEEK 6",
        "RSDTC": "2014-02-13",
        **values,
    }


def write(folder: Path, files: Files | None = None, **more: Sequence[Row]) -> Path:
    """Write a study folder; without files, the two subjects and one dose."""
    folder.mkdir(exist_ok=True)
    screened = dm(TWO, RFXSTDTC="", RFXENDTC="")
    whole: dict[str, Sequence[Row]] = {
        "dm": [dm(), screened],
        "ex": [ex()],
        **(files or {}),
        **more,
    }
    for name, rows in whole.items():
        if not rows:
            continue
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, restval="NA", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def _of(domain: str, sequence: int, subject: str) -> dict[str, str]:
    return {"STUDYID": "S", "DOMAIN": domain, "USUBJID": subject, f"{domain}SEQ": str(sequence)}
