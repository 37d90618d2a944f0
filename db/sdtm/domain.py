"""The rows of one domain: each with a key of its own, and each stored or set aside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from db.ingest import sheet
from db.ingest.report import FileCount, Finding, ImportRefused, Journal
from db.ingest.sheet import Row, Sheet
from db.ingest.term import RowRejected, required, whole
from db.sdtm.day import Recorded, recorded
from db.sdtm.folder import DataSet

READ = {
    "DM": "SEX SITEID BRTHDTC AGE AGEU RFICDTC RFXSTDTC RFXENDTC DTHDTC DTHFL",
    "EX": "EXTRT EXOCCUR EXROUTE EXSTDTC EXENDTC",
    "DS": "DSTERM DSDECOD DSCAT DSSCAT DSSTDTC",
    "AE": "AETERM AEDECOD AETOXGR AESEV AESER AEREL AESTDTC AEENDTC"
    " AESDTH AESLIFE AESHOSP AESDISAB AESCONG AESMIE",
    "TU": "TULNKID TUTESTCD TUORRES TUSTRESC TULOC TUMETHOD TUEVAL TUEVALID TUACPTFL VISITNUM"
    " VISIT TUDTC",
    "TR": "TRLNKID TRTESTCD TRORRES TRORRESU TRSTRESC TRSTRESN TRSTRESU TRSTAT TREVAL TREVALID"
    " VISITNUM VISIT TRDTC",
    "RS": "RSTESTCD RSCAT RSSCAT RSMETHOD RSORRES RSSTRESC RSSTAT RSEVAL RSEVALID RSACPTFL"
    " VISITNUM VISIT RSDTC",
}
"""The columns of each domain that are read, beside those of every domain."""

_EVERY = ("STUDYID", "DOMAIN", "USUBJID")
_SHOWN = 5
_MOST_SEQUENCE = 10_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Hold where a record comes from: a row of a file, and its key."""

    domain: str
    file: str
    variant: str
    row: Row
    subject: str
    sequence: int
    ordinal: int
    """Which of the rows with this sequence number in this file, from 1."""

    @property
    def key(self) -> str:
        """Name the record within its subject: file, sequence, and ordinal where it repeats."""
        ordinal = f"#{self.ordinal}" if self.ordinal > 1 else ""
        return f"{self.file}/{self.sequence}{ordinal}"


@dataclass
class Domain:
    """Collect what became of the rows of one domain."""

    code: str
    journal: Journal
    places: list[Place] = field(default_factory=list)
    latest: date | None = None
    _read: dict[str, list[int]] = field(default_factory=dict)
    _stored: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _rejected: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _dates: list[tuple[str, int, str, Recorded]] = field(default_factory=list)
    """Of the row that is being read."""
    _partial: dict[tuple[str, str], list[tuple[int, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def store(self, place: Place) -> None:
        """Note that a row became part of a record."""
        self._stored[place.file].add(place.row.number)

    def withdraw(self, place: Place, why: RowRejected) -> None:
        """Set a row aside that was taken at first."""
        self._stored[place.file].discard(place.row.number)
        self.reject(place.file, place.row, why)

    def reject(self, file: str, row: Row, why: RowRejected) -> None:
        """Set a row aside."""
        self._rejected[file].add(row.number)
        self.journal.reject(why.finding(file, row.number), row.number, row.record())

    def each(self, read: Callable[[Place], None]) -> None:
        """Read every row that has a key; what raises is set aside, what does not is stored."""
        for place in self.places:
            self._dates.clear()
            try:
                read(place)
            except RowRejected as rejected:
                self.reject(place.file, place.row, rejected)
            else:
                self.store(place)
                self._note_dates()

    def date(self, place: Place, column: str) -> Recorded:
        """Read a date; a partial one is noticed, and never made whole."""
        found = recorded(place.row, column)
        self._dates.append((place.file, place.row.number, column, found))
        return found

    def _note_dates(self) -> None:
        for file, number, column, found in self._dates:
            if found.partial:
                self._partial[file, column].append((number, str(found.text)))
            if found.whole is not None and (self.latest is None or found.whole > self.latest):
                self.latest = found.whole

    def notice(
        self, rule: str, rows: Sequence[tuple[str, int, str]], remedy: str, column: str | None
    ) -> None:
        """Notice one thing about rows (file, line, value), once for each file."""
        files: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        for file, number, value in rows:
            files[file].append((number, value))
        for file, found in sorted(files.items()):
            shown = ", ".join(f"{value} (line {number})" for number, value in found[:_SHOWN])
            more = ", …" if len(found) > _SHOWN else ""
            value = f"{len(found)} row{'s' if len(found) > 1 else ''}: {shown}{more}"
            self.journal.notice(file, rule, value, remedy, column=column)

    def close(self) -> None:
        """Account for every row, and notice the partial dates."""
        for (file, column), found in sorted(self._partial.items()):
            remedy = "a partial date has no day: stored without, nothing is invented"
            rows = [(file, number, value) for number, value in found]
            self.notice("DATE_PARTIAL", rows, remedy, column)
        for file, numbers in self._read.items():
            stored, rejected = self._stored[file], self._rejected[file]
            if stored & rejected or stored | rejected != set(numbers):
                raise AssertionError(f"{file}: not every row is either stored or quarantined")
            self.journal.files.append(
                FileCount(file, len(numbers), len(stored), len(rejected), self.code)
            )


def open_domain(code: str, sets: Iterable[DataSet], study: str | None, journal: Journal) -> Domain:
    """Read a domain's files and give their rows keys.

    A row that is repeated as it stands, in its own file or another, is the same record: it counts
    as stored. Rows with one sequence number in one file are told apart by an ordinal, in the order
    of their contents, so that the order of the rows does not matter.
    """
    domain = Domain(code, journal)
    first: dict[frozenset[tuple[str, str]], str] = {}
    repeated: list[tuple[str, int, str]] = []
    again: list[tuple[str, int, str]] = []
    for each in sets:
        found = _upper(sheet.parse(each.content, each.path.name, ","))
        journal.findings += found.findings
        subject, sequence = found.need("USUBJID"), found.need(_sequence(code))
        used = {*_EVERY, sequence, *READ[code].split()}
        rest = [column for column in found.columns if column not in used]
        if rest:
            remedy = "not needed here and not stored"
            journal.notice(found.name, "COLUMN_NOT_READ", ", ".join(rest), remedy)
        domain._read[found.name] = [row.number for row in found.rows]
        keyed: defaultdict[tuple[str, int], list[Row]] = defaultdict(list)
        for row in found.rows:
            content = frozenset(
                (column, value) for column in found.columns if (value := row.get(column))
            )
            try:
                _belongs(row, code, study)
                key = required(row, subject), _number(row, sequence, code)
            except RowRejected as rejected:
                domain.reject(found.name, row, rejected)
                continue
            if content in first and code != "DM":
                repeated.append((found.name, row.number, first[content]))
                domain._stored[found.name].add(row.number)
                continue
            first[content] = f"{found.name} line {row.number}"
            keyed[key].append(row)
        for (name, number), rows in keyed.items():
            rows.sort(key=lambda row: sorted(row.record().items(), key=str))
            if len(rows) > 1 and code != "DM":
                again += [(found.name, row.number, f"{name} {number}") for row in rows]
            domain.places += [
                Place(code, found.name, each.variant, row, name, number, ordinal)
                for ordinal, row in enumerate(rows, 1)
            ]
    remedy = "the row is there already, as it stands: stored once"
    domain.notice("ROW_REPEATED", repeated, remedy, None)
    remedy = "the sequence number is not unique in its file: told apart by an ordinal"
    domain.notice("SEQUENCE_REPEATED", again, remedy, _sequence(code))
    _notice_shared(domain)
    return domain


def occurrences(places: Iterable[Place], slot: Callable[[Place], str]) -> Iterator[list[Place]]:
    """Part rows of one visit into sets in which each slot is filled at most once."""
    filled: defaultdict[str, list[Place]] = defaultdict(list)
    for place in sorted(places, key=lambda one: (one.sequence, one.ordinal)):
        filled[slot(place)].append(place)
    for at in range(max((len(found) for found in filled.values()), default=0)):
        yield [found[at] for found in filled.values() if at < len(found)]


def _upper(found: Sheet) -> Sheet:
    """Name the columns in upper case, as SDTM does."""
    index = {column.upper(): at for at, column in enumerate(found.columns)}
    if len(index) < len(found.columns):
        raise ImportRefused(
            "two columns have the same name but for their case",
            "keep the one that is right",
            file=found.name,
            row=found.header_row,
        )
    rows = tuple(Row(row.number, index, row.fields) for row in found.rows)
    return replace(found, columns=tuple(index), rows=rows)


def _sequence(code: str) -> str:
    return "USUBJID" if code == "DM" else f"{code}SEQ"


def _number(row: Row, column: str, code: str) -> int:
    if code == "DM":
        return 1
    required(row, column)
    return whole(row, column, 1, _MOST_SEQUENCE) or 1


def _belongs(row: Row, code: str, study: str | None) -> None:
    domain, of = row.get("DOMAIN"), row.get("STUDYID")
    if domain is not None and domain.upper() != code:
        remedy = f"the file is named as one of {code}: put the row into its own"
        raise RowRejected("DOMAIN_OTHER", "DOMAIN", domain, remedy)
    if study is not None and of is not None and of != study:
        remedy = f"the subjects are of {study}: import one study at a time"
        raise RowRejected("STUDY_OTHER", "STUDYID", of, remedy)


def _notice_shared(domain: Domain) -> None:
    """Notice keys of SDTM that name different rows in several files."""
    files: defaultdict[tuple[str, int], dict[str, None]] = defaultdict(dict)
    for place in domain.places:
        files[place.subject, place.sequence][place.file] = None
    shared = [key for key, found in files.items() if len(found) > 1]
    if not shared:
        return
    if domain.code == "DM":
        raise ImportRefused(
            f"subject {shared[0][0]} is in several files",
            "keep one row for each subject",
            file=" and ".join(files[shared[0]]),
        )
    value = f"{len(shared)} keys, such as {shared[0][0]} {shared[0][1]}"
    names = sorted({file for key in shared for file in files[key]})
    remedy = f"in {', '.join(names)}: the rows differ, and each is stored under its own file's name"
    domain.journal.findings.append(
        Finding(names[0], None, _sequence(domain.code), "SEQUENCE_IN_SEVERAL_FILES", value, remedy)
    )
