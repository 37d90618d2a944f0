"""A cBioPortal study folder: which of its files hold what."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from db.ingest.report import ImportRefused, Journal

_USUAL = {
    "patient": ("data_clinical_patient.txt", "data_clinical_patients.txt"),
    "sample": ("data_clinical_sample.txt", "data_clinical_samples.txt"),
    "mutation": ("data_mutations.txt", "data_mutations_extended.txt"),
    "copy_number": ("data_cna.txt", "data_cna.tsv", "data_cna_long.txt"),
    "structural_variant": ("data_sv.txt",),
    "panel_matrix": ("data_gene_panel_matrix.txt", "data_gene_matrix.txt"),
    "treatment_timeline": ("data_timeline_treatment.txt", "data_timeline_treatments.txt"),
    "specimen_timeline": ("data_timeline_specimen.txt", "data_timeline_sample_acquisition.txt"),
}
_DECLARED = {
    ("CLINICAL", "PATIENT_ATTRIBUTES"): "patient",
    ("CLINICAL", "SAMPLE_ATTRIBUTES"): "sample",
    ("MUTATION_EXTENDED", "MAF"): "mutation",
    ("COPY_NUMBER_ALTERATION", "DISCRETE"): "copy_number",
    ("COPY_NUMBER_ALTERATION", "DISCRETE_LONG"): "copy_number",
    ("STRUCTURAL_VARIANT", "SV"): "structural_variant",
    ("GENE_PANEL_MATRIX", "GENE_PANEL_MATRIX"): "panel_matrix",
}


@dataclass(frozen=True, slots=True)
class Folder:
    """Hold the files of a study; all but the clinical ones may be absent."""

    patient: Path
    sample: Path
    mutation: Path | None
    copy_number: Path | None
    structural_variant: Path | None
    panel_matrix: Path | None
    treatment_timeline: Path | None
    specimen_timeline: Path | None
    panels: tuple[Path, ...]
    declared_panels: tuple[tuple[str, str], ...]
    """The kinds of data of which a meta file says that one panel was used throughout."""

    def digest(self) -> str:
        """Hash the contents of the files that are read, in the order of their names."""
        digest = hashlib.sha256()
        files = (
            *(self.patient, self.sample, self.mutation, self.copy_number),
            *(self.structural_variant, self.panel_matrix, *self.panels),
            *(self.treatment_timeline, self.specimen_timeline),
        )
        for path in sorted(each for each in files if each is not None):
            digest.update(_content(path))
        return digest.hexdigest()


def find(path: Path, journal: Journal) -> Folder:
    """Find a study's files: as its meta files declare them, else by their usual names."""
    if not path.exists():
        raise ImportRefused(f"there is no {path}", "give the path of a study folder")
    if not path.is_dir():
        raise ImportRefused(f"{path} is not a folder", "give the folder that the file is in")
    try:
        names = sorted(each.name for each in path.iterdir() if each.is_file())
    except OSError as error:
        raise ImportRefused(
            f"{path} cannot be read ({error.strerror})", "check its permissions"
        ) from error
    declared, named = _declared(path, names)
    panels = _panels(path, names)
    found = {kind: declared.get(kind) or _usual(path, names, kind) for kind in _USUAL}
    patient, sample = found["patient"], found["sample"]
    if patient is None or sample is None:
        missing = [_USUAL[kind][0] for kind in ("patient", "sample") if found[kind] is None]
        raise ImportRefused(
            f"{path} is not a cBioPortal study folder: it has no {' and no '.join(missing)}",
            "looked for meta_*.txt with a data_filename, "
            + ", ".join(name for usual in _USUAL.values() for name in usual)
            + "; give the folder that has them",
        )
    read = {each.name for each in (*found.values(), *panels) if each is not None}
    for name in names:
        if name.lower().startswith("data_") and name not in read:
            journal.notice(name, "FILE_NOT_READ", None, "this importer does not read such files")
    for kind, what in (("mutation", "small variants"), ("copy_number", "copy numbers")):
        if found[kind] is None:
            journal.notice(
                _USUAL[kind][0], "FILE_ABSENT", None, f"the study has no {what}: nothing is assumed"
            )
    return Folder(
        patient,
        sample,
        found["mutation"],
        found["copy_number"],
        found["structural_variant"],
        found["panel_matrix"],
        found["treatment_timeline"],
        found["specimen_timeline"],
        panels,
        tuple(named.items()),
    )


def _panels(path: Path, names: list[str]) -> tuple[Path, ...]:
    """List the panel files: those of the folder gene_panels, and those named as such."""
    beside = [path / name for name in names if name.lower().startswith("data_gene_panel_")]
    beside = [each for each in beside if each.name.lower() not in _USUAL["panel_matrix"]]
    below = path / "gene_panels"
    inside = [each for each in below.glob("*.txt") if each.is_file()] if below.is_dir() else []
    return tuple(sorted(beside + inside))


def _usual(path: Path, names: list[str], kind: str) -> Path | None:
    found = [name for name in names if name.lower() in _USUAL[kind]]
    if len(found) > 1:
        raise ImportRefused(
            f"{path} has {' and '.join(found)}, and no meta file says which is meant",
            "remove one, or add a meta file with its data_filename",
        )
    return path / found[0] if found else None


def _declared(path: Path, names: list[str]) -> tuple[dict[str, Path], dict[str, str]]:
    found: dict[str, Path] = {}
    panels: dict[str, str] = {}
    for name in names:
        if not (name.lower().startswith("meta_") and name.lower().endswith(".txt")):
            continue
        meta = _meta(path / name)
        alteration = meta.get("genetic_alteration_type", "").upper()
        kind = _DECLARED.get((alteration, meta.get("datatype", "").upper()))
        data = meta.get("data_filename")
        if kind is None or data is None:
            continue
        if Path(data).name != data or not (path / data).is_file():
            raise ImportRefused(
                f"data_filename names {data}, which is not in the folder",
                "add the file or correct the name",
                file=name,
            )
        if kind in found:
            raise ImportRefused(
                f"{found[kind].name} and {data} are both declared for the same kind of data",
                "keep one of the meta files",
                file=name,
            )
        found[kind] = path / data
        if "gene_panel" in meta:
            panels[kind] = meta["gene_panel"]
    return found, panels


def _meta(path: Path) -> dict[str, str]:
    try:
        lines = _content(path).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ImportRefused(
            f"byte {error.start} is not UTF-8", "save it as UTF-8", file=path.name
        ) from error
    pairs = (line.partition(":") for line in lines)
    return {key.strip().lower(): value.strip() for key, _, value in pairs if value.strip()}


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImportRefused(
            f"the file cannot be read ({error.strerror})", "check its permissions", file=path.name
        ) from error
