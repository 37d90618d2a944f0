"""Gene panels: which genes an assay tests, and which samples it was used on.

Only a list that is surely whole makes a profile's list complete: a gene that is in none of them is
then known not to be tested. What is doubtful leaves the profile as it would be without a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from db.ingest.report import Finding, ImportRefused, Journal
from db.ingest.sheet import Sheet, decode
from db.ingest.study import AssessedRecord, PanelRecord, SampleRecord
from db.ingest.term import RowRejected, is_symbol, required


@dataclass(frozen=True, slots=True)
class Panel:
    """Hold a panel's genes, as recorded, and whether the list is surely whole."""

    name: str
    genes: tuple[str, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Assigned:
    """Hold the samples with their panels, and the genes of those that were used."""

    samples: tuple[SampleRecord, ...]
    genes: tuple[PanelRecord, ...]


def read_panels(paths: Iterable[Path], journal: Journal) -> dict[str, Panel]:
    """Read panel files: a stable_id and a gene_list each."""
    panels: dict[str, Panel] = {}
    for path in paths:
        panel = _read(path, journal)
        if panel.name in panels:
            raise ImportRefused(
                f"another file has the panel {panel.name} too",
                "keep the one that is right",
                file=path.name,
            )
        panels[panel.name] = panel
        journal.count(path.name, 1)
    return panels


def _read(path: Path, journal: Journal) -> Panel:
    findings: list[Finding] = []
    text = decode(_content(path), path.name, findings)
    journal.findings += findings
    pairs = [line.partition(":") for line in text.splitlines() if line.strip()]
    values = {key.strip().casefold(): value.strip() for key, _, value in pairs}
    name, listed = values.get("stable_id"), values.get("gene_list")
    if not name or not listed:
        missing = "stable_id" if not name else "gene_list"
        raise ImportRefused(
            f"there is no {missing}", "a panel file has a stable_id and a gene_list", file=path.name
        )
    genes = list(dict.fromkeys(listed.replace(",", " ").split()))
    wrong = [gene for gene in genes if not is_symbol(gene)]
    if wrong:
        raise ImportRefused(
            f"{wrong[0]} is no gene symbol", "list symbols, separated by tabs", file=path.name
        )
    if text.endswith(("\n", "\r")):
        return Panel(name, tuple(genes), whole=True)
    remedy = "the list may be cut: its last gene is left out, and it is not taken for complete"
    journal.notice(path.name, "NO_FINAL_NEWLINE", genes[-1], remedy)
    return Panel(name, tuple(genes[:-1]), whole=False)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImportRefused(
            f"the file cannot be read ({error.strerror})", "check its permissions", file=path.name
        ) from error


def read_matrix(
    sheet: Sheet, samples: Iterable[SampleRecord], journal: Journal
) -> dict[str, tuple[str, ...]]:
    """Read which panels each sample was tested with, for any kind of alteration."""
    known = {each.source_key: each for each in samples}
    key = sheet.need("SAMPLE_ID")
    kinds = [column for column in sheet.columns if column != key]
    found: dict[str, tuple[str, ...]] = {}
    for row in sheet.rows:
        try:
            sample = required(row, key)
            if sample not in known:
                remedy = "add the sample to the sample file"
                raise RowRejected("SAMPLE_UNKNOWN", key, sample, remedy)
            if sample in found:
                raise RowRejected("DUPLICATE_ROW", key, sample, "keep one row for each sample")
        except RowRejected as rejected:
            journal.reject(rejected.finding(sheet.name, row.number), row.number, row.record())
            continue
        named = (row.get(column) for column in kinds)
        found[sample] = tuple(dict.fromkeys(name for name in named if name is not None))
    journal.count(sheet.name, len(sheet.rows))
    return found


def assign(
    samples: Sequence[SampleRecord],
    panels: Mapping[str, Panel],
    used: Mapping[str, tuple[str, ...]],
    called: Iterable[AssessedRecord],
    file: str,
    journal: Journal,
) -> Assigned:
    """Give each sample its panels: the matrix's, else the sample file's."""
    seen: dict[str, set[str]] = {}
    for each in called:
        seen.setdefault(each.sample, set()).add(each.symbol)
    assigned: list[SampleRecord] = []
    genes: dict[PanelRecord, None] = {}
    unknown: set[str] = set()
    outside: dict[str, list[str]] = {}
    differing: list[str] = []
    for sample in samples:
        names = used.get(sample.source_key) or ((sample.panel,) if sample.panel else ())
        if sample.normal or not names:
            assigned.append(sample)
            continue
        if sample.panel is not None and sample.panel not in names:
            differing.append(f"{sample.source_key} ({sample.panel}, {' + '.join(names)})")
        listed = [panels[name] for name in names if name in panels]
        unknown |= set(names) - set(panels)
        tested = {gene for panel in listed for gene in panel.genes}
        stray = seen.get(sample.source_key, set()) - tested if listed else set()
        if stray:
            outside[sample.source_key] = sorted(stray)
        genes |= {PanelRecord(sample.source_key, panel.name): None for panel in listed}
        complete = len(listed) == len(names) and all(each.whole for each in listed) and not stray
        assigned.append(
            replace(sample, panel=sample.panel or " + ".join(names), gene_list_complete=complete)
        )
    _notice(file, unknown, outside, differing, journal)
    return Assigned(tuple(assigned), tuple(genes))


def _notice(
    file: str,
    unknown: set[str],
    outside: Mapping[str, list[str]],
    differing: list[str],
    journal: Journal,
) -> None:
    if unknown:
        remedy = (
            "no gene list is read: a gene counts as assessed in the samples in which it was "
            "called, otherwise it is unknown"
        )
        journal.notice(file, "PANEL_GENES_UNKNOWN", ", ".join(sorted(unknown)), remedy)
    if outside:
        value = "; ".join(f"{sample}: {', '.join(found)}" for sample, found in outside.items())
        remedy = "called and not on the panel's list: the list is not taken for complete there"
        journal.notice(file, "GENE_OUTSIDE_PANEL", value, remedy)
    if differing:
        remedy = "the matrix names another panel than the sample file: its genes are the matrix's"
        journal.notice(file, "PANEL_DISAGREES", ", ".join(differing), remedy)
