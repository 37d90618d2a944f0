"""What an import noticed, set aside and stored, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class ImportRefused(Exception):
    """Say in one sentence why nothing can be imported, where, and what to do."""

    def __init__(
        self,
        problem: str,
        remedy: str,
        *,
        file: str | None = None,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        self.problem = problem
        self.remedy = remedy
        self.file = file
        self.row = row
        self.column = column
        super().__init__(f"{_place(file, row, column)}{problem}; {remedy}")


class Severity(StrEnum):
    """Say what became of the rows that a finding is about."""

    NOTICE = "NOTICE"
    QUARANTINED = "QUARANTINED"


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold one thing that an import noticed; without a row it is about the whole file."""

    file: str
    row: int | None
    column: str | None
    rule: str
    value: str | None
    remedy: str
    severity: Severity = Severity.NOTICE

    def text(self) -> str:
        """Write the finding as one line for people."""
        value = "" if self.value is None else f" {self.value}"
        return f"{_place(self.file, self.row, self.column)}{self.rule}{value}: {self.remedy}"

    def as_json(self) -> dict[str, Any]:
        """Give the finding as JSON has it."""
        return {
            "file": self.file,
            "row": self.row,
            "column": self.column,
            "rule": self.rule,
            "value": self.value,
            "remedy": self.remedy,
            "severity": self.severity.value,
        }


@dataclass(frozen=True, slots=True)
class Rejection:
    """Hold a row that could not be taken, whole, with the reason."""

    finding: Finding
    row: int
    record: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class FileCount:
    """Count the rows of one file: each is stored or quarantined."""

    file: str
    read: int
    stored: int
    quarantined: int
    domain: str | None = None
    """The kind of data that several files may hold, where the format has such."""

    def text(self) -> str:
        """Write the counts as one line for people."""
        name = self.file if self.domain is None else f"{self.file} ({self.domain})"
        return f"{name}: {self.read} read, {self.stored} stored, {self.quarantined} quarantined"


@dataclass(frozen=True, slots=True)
class DomainCount:
    """Count the rows of one domain: each is stored or quarantined."""

    domain: str
    read: int
    stored: int
    quarantined: int

    def text(self) -> str:
        """Write the counts as one line for people."""
        return (
            f"domain {self.domain}: {self.read} read = {self.stored} stored + "
            f"{self.quarantined} quarantined"
        )


@dataclass(frozen=True, slots=True)
class Unmapped:
    """Count the records with a code that the vocabulary does not have."""

    system: str
    code: str
    count: int


@dataclass(frozen=True, slots=True)
class Change:
    """Count what an import did to one kind of record."""

    entity: str
    inserted: int
    updated: int
    removed: int = 0
    """Members of a set that the record no longer has."""

    def __bool__(self) -> bool:
        """Tell whether anything changed."""
        return bool(self.inserted or self.updated or self.removed)

    def text(self) -> str:
        """Write the counts as one line for people."""
        removed = f", {self.removed} removed" if self.removed else ""
        return f"{self.entity}: {self.inserted} new, {self.updated} changed{removed}"


class Journal:
    """Collect, while the files are read, what goes into the report."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.rejections: list[Rejection] = []
        self.files: list[FileCount] = []
        self._unmapped: Counter[tuple[str, str]] = Counter()

    def notice(
        self,
        file: str,
        rule: str,
        value: str | None,
        remedy: str,
        *,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        """Note something that a data manager should know."""
        self.findings.append(Finding(file, row, column, rule, value, remedy))

    def reject(self, finding: Finding, row: int, record: Mapping[str, str | None]) -> None:
        """Set a row aside."""
        self.findings.append(finding)
        self.rejections.append(Rejection(finding, row, record))

    def count(self, file: str, read: int) -> None:
        """Note how many rows a file had, after its rows were judged."""
        quarantined = sum(1 for each in self.rejections if each.finding.file == file)
        self.files.append(FileCount(file, read, read - quarantined, quarantined))

    def unmapped(self, system: str, code: str) -> None:
        """Note a code that has no counterpart."""
        self._unmapped[system, code] += 1

    def codes(self) -> tuple[Unmapped, ...]:
        """Give the codes without a counterpart, in order."""
        return tuple(Unmapped(*key, count) for key, count in sorted(self._unmapped.items()))


@dataclass(frozen=True, slots=True)
class Report:
    """Hold the whole account of one import."""

    study: str
    format: str
    digest: str
    files: tuple[FileCount, ...]
    findings: tuple[Finding, ...]
    unmapped: tuple[Unmapped, ...]
    changes: tuple[Change, ...] = ()
    dry_run: bool = False

    @property
    def rows_read(self) -> int:
        """Count the rows of all files."""
        return sum(each.read for each in self.files)

    @property
    def rows_stored(self) -> int:
        """Count the rows that were taken, changed or not."""
        return sum(each.stored for each in self.files)

    @property
    def rows_quarantined(self) -> int:
        """Count the rows that were set aside."""
        return sum(each.quarantined for each in self.files)

    @property
    def domains(self) -> tuple[DomainCount, ...]:
        """Count the rows of each domain, in the order of their first files."""
        found: dict[str, DomainCount] = {}
        for each in self.files:
            if each.domain is not None:
                before = found.get(each.domain, DomainCount(each.domain, 0, 0, 0))
                found[each.domain] = DomainCount(
                    each.domain,
                    before.read + each.read,
                    before.stored + each.stored,
                    before.quarantined + each.quarantined,
                )
        return tuple(found.values())

    @property
    def changed(self) -> bool:
        """Tell whether any record was inserted or updated."""
        return any(self.changes)

    def including(
        self,
        *,
        findings: Iterable[Finding] = (),
        unmapped: Iterable[Unmapped] = (),
        changes: Iterable[Change] = (),
    ) -> Report:
        """Add what only the database could tell."""
        return replace(
            self,
            findings=(*self.findings, *findings),
            unmapped=(*self.unmapped, *unmapped),
            changes=(*self.changes, *changes),
        )

    def text(self) -> str:
        """Write the report for people."""
        lines = [
            f"Study {self.study}, {self.format}: {self.rows_read} rows read, "
            f"{self.rows_stored} stored, {self.rows_quarantined} quarantined"
            + (" (dry run: nothing was kept)" if self.dry_run else "")
        ]
        lines += [f"  {each.text()}" for each in self.files if each.read]
        if empty := sum(1 for each in self.files if not each.read):
            lines.append(f"  without rows: {empty} files")
        lines += [f"  {each.text()}" for each in self.domains]
        kept = [each for each in self.changes if each]
        lines.append("Changes:" if kept else "Changes: none, everything was there already")
        lines += [f"  {each.text()}" for each in kept]
        for severity, title in ((Severity.QUARANTINED, "Quarantined"), (Severity.NOTICE, "Notice")):
            found = [each for each in self.findings if each.severity is severity]
            lines += [f"{title}:", *(f"  {each.text()}" for each in found)] if found else []
        if self.unmapped:
            lines.append("Not in the vocabularies:")
            lines += [f"  {each.system} {each.code} ({each.count})" for each in self.unmapped]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Give the report as JSON has it."""
        return {
            "study": self.study,
            "format": self.format,
            "digest": self.digest,
            "dryRun": self.dry_run,
            "rowsRead": self.rows_read,
            "rowsStored": self.rows_stored,
            "rowsQuarantined": self.rows_quarantined,
            "files": [
                {
                    "file": each.file,
                    "read": each.read,
                    "stored": each.stored,
                    "quarantined": each.quarantined,
                    "domain": each.domain,
                }
                for each in self.files
            ],
            "domains": [
                {
                    "domain": each.domain,
                    "read": each.read,
                    "stored": each.stored,
                    "quarantined": each.quarantined,
                }
                for each in self.domains
            ],
            "changes": [
                {
                    "entity": each.entity,
                    "inserted": each.inserted,
                    "updated": each.updated,
                    "removed": each.removed,
                }
                for each in self.changes
            ],
            "findings": [each.as_json() for each in self.findings],
            "unmapped": [
                {"system": each.system, "code": each.code, "count": each.count}
                for each in self.unmapped
            ],
        }


def _place(file: str | None, row: int | None, column: str | None) -> str:
    parts = [file, None if row is None else f"line {row}", column and f"column {column}"]
    place = ", ".join(part for part in parts if part)
    return f"{place}: " if place else ""
