"""A folder of SDTM data sets: which of its files hold which domain."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from db.ingest.report import ImportRefused, Journal

DOMAINS = ("DM", "EX", "DS", "AE", "TU", "TR", "RS")
"""In the order in which they are read: what others refer to comes first."""

_NAME = re.compile(r"(?P<domain>[a-z]{2})(?P<variant>_[a-z0-9_]+)?\.csv", re.IGNORECASE)
_WRITE_CSV = {
    ".rda": "an R file: in R, load('{name}'), write.csv({stem}, '{stem}.csv', row.names = FALSE)",
    ".rdata": "an R file: in R, load('{name}'), then write each data set with write.csv",
    ".rds": "an R file: in R, write.csv(readRDS('{name}'), '{stem}.csv', row.names = FALSE)",
    ".xpt": "a SAS transport file: in R, write.csv(haven::read_xpt('{name}'), '{stem}.csv')",
    ".sas7bdat": "a SAS file: in R, write.csv(haven::read_sas('{name}'), '{stem}.csv')",
    ".json": "a Dataset-JSON file: write it as CSV",
    ".xml": "an XML file: write it as CSV",
}


@dataclass(frozen=True, slots=True)
class DataSet:
    """Hold one file of a domain; the variant is what its name adds, such as `_onco_recist`."""

    domain: str
    variant: str
    path: Path
    content: bytes


@dataclass(frozen=True, slots=True)
class Folder:
    """Hold the files of a study, in the order of their domains and names."""

    sets: tuple[DataSet, ...]

    def digest(self) -> str:
        """Hash the contents of the files that are read, in the order of their names."""
        digest = hashlib.sha256()
        for each in sorted(self.sets, key=lambda one: one.path.name):
            digest.update(each.content)
        return digest.hexdigest()


def find(path: Path, journal: Journal) -> Folder:
    """Find the CSV files named after a domain, such as dm.csv or rs_onco.csv."""
    if not path.exists():
        raise ImportRefused(f"there is no {path}", "give the folder that has dm.csv")
    if not path.is_dir():
        raise ImportRefused(f"{path} is not a folder", "give the folder that the file is in")
    try:
        names = sorted(each.name for each in path.iterdir() if each.is_file())
    except OSError as error:
        raise ImportRefused(
            f"{path} cannot be read ({error.strerror})", "check its permissions"
        ) from error
    sets: list[DataSet] = []
    for name in names:
        match = _NAME.fullmatch(name)
        if match is not None and match["domain"].upper() in DOMAINS:
            domain, variant = match["domain"].upper(), (match["variant"] or "").lower()
            sets.append(DataSet(domain, variant, path / name, _content(path / name)))
        else:
            _not_read(name, names, journal)
    if not any(each.domain == "DM" for each in sets):
        raise ImportRefused(
            f"{path} has no dm.csv, and without subjects nothing has a place",
            "give the folder with the CSV files of the domains " + ", ".join(DOMAINS),
        )
    for domain in DOMAINS:
        if all(each.domain != domain for each in sets):
            remedy = "there is no such file: nothing is assumed"
            journal.notice(f"{domain.lower()}.csv", "FILE_ABSENT", None, remedy)
    return Folder(tuple(sorted(sets, key=lambda one: (DOMAINS.index(one.domain), one.path.name))))


def _not_read(name: str, names: list[str], journal: Journal) -> None:
    """Report a file that is not read; a twin in CSV is read in its place."""
    stem, suffix = Path(name).stem, Path(name).suffix.lower()
    if suffix in _WRITE_CSV:
        remedy = "not read: " + _WRITE_CSV[suffix].format(name=name, stem=stem)
        if f"{stem}.csv" in names:
            remedy += f"; {stem}.csv is read, compare the two"
        journal.notice(name, "FILE_NOT_READ", None, remedy)
    elif suffix == ".csv":
        remedy = "not read: data sets are named after a domain that is, such as rs.csv or rs_2.csv"
        journal.notice(name, "FILE_NOT_READ", None, remedy)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImportRefused(
            f"the file cannot be read ({error.strerror})", "check its permissions", file=path.name
        ) from error
