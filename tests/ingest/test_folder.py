"""Folders that cannot be imported are refused in one sentence, and nothing is stored."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from db.ingest.cbioportal import read
from db.ingest.report import ImportRefused, Report
from db.ingest.study import StudyRecords
from tests.ingest import study
from tests.ingest.conftest import Importer, Records

FILES = (
    *("data_clinical_patient.txt", "data_clinical_sample.txt"),
    *("data_mutations_extended.txt", "data_CNA.tsv"),
)


def copied(source: Path, target: Path) -> Path:
    """Copy a study so that it can be written to."""
    target.mkdir()
    for path in source.glob("data_*"):
        shutil.copyfile(path, target / path.name)
    return target


def refusal(path: Path) -> ImportRefused:
    with pytest.raises(ImportRefused) as caught:
        read(path, study="PUMA")
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
    return caught.value


def rules(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings}


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    assert "there is no" in str(refusal(tmp_path / "nothing"))


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "not a folder" in str(refusal(tmp_path / "file"))


def test_an_empty_folder_names_what_was_looked_for(tmp_path: Path) -> None:
    refused = str(refusal(tmp_path))
    assert "not a cBioPortal study folder" in refused
    for name in ("meta_*.txt", "data_clinical_patient.txt", "data_clinical_sample.txt"):
        assert name in refused


def test_a_missing_patient_file(tmp_path: Path) -> None:
    folder = study.write(tmp_path / "s")
    (folder / "data_clinical_patient.txt").unlink()
    assert "no data_clinical_patient.txt" in str(refusal(folder))


def test_two_files_of_a_kind(tmp_path: Path) -> None:
    folder = study.write(tmp_path / "s")
    shutil.copy(folder / "data_mutations.txt", folder / "data_mutations_extended.txt")
    assert "no meta file says which" in str(refusal(folder))


def meta(folder: Path, alteration: str, datatype: str, data: str) -> None:
    (folder / f"meta_{alteration}.txt").write_text(
        f"cancer_study_identifier: x\ngenetic_alteration_type: {alteration}\n"
        f"datatype: {datatype}\ndata_filename: {data}\n"
    )


def test_meta_files_name_the_data(tmp_path: Path) -> None:
    folder = study.write(tmp_path / "s")
    (folder / "data_mutations.txt").rename(folder / "variants.maf")
    meta(folder, "MUTATION_EXTENDED", "MAF", "variants.maf")
    records, report = read(folder, study="S")
    assert len(records.variants) == 3
    assert [each.file for each in report.files][2] == "variants.maf"


@pytest.mark.parametrize("name", ["gone.txt", "../outside.txt", "/etc/hostname"])
def test_meta_files_name_only_files_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = study.write(tmp_path / "s")
    (tmp_path / "outside.txt").write_text("x")
    meta(folder, "MUTATION_EXTENDED", "MAF", name)
    assert "not in the folder" in str(refusal(folder))


def test_what_is_not_there_or_not_read_is_said(tmp_path: Path) -> None:
    folder = study.write(tmp_path / "s", mutations=None, copy_numbers=None)
    (folder / "data_expression.txt").write_text("x")
    records, report = read(folder, study="S")
    assert records.variants == ()
    assert [(each.file, each.rule) for each in report.findings][:3] == [
        ("data_expression.txt", "FILE_NOT_READ"),
        ("data_mutations.txt", "FILE_ABSENT"),
        ("data_cna.txt", "FILE_ABSENT"),
    ]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda content: b"", "empty"),
        (lambda content: content.decode().encode("utf-16"), "UTF-16"),
        (lambda content: content.decode().encode("utf-16-le"), "UTF-16"),
        (lambda content: content + b"\xf8", "0xf8"),
        (lambda content: content.replace(b"\n", b"\n\0", 1), "zero byte"),
        (
            lambda content: b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
            "git lfs pull",
        ),
        (lambda content: content[: content.rfind(b"\t")], "the file is cut"),
        (lambda content: content.replace(b"\t", b","), "tab-separated"),
    ],
    ids=["empty", "utf-16", "utf-16-le", "latin-1", "zero", "pointer", "cut", "commas"],
)
async def test_damage_is_refused_and_nothing_stored(
    puma: Path,
    tmp_path: Path,
    records: Records,
    importing: Importer,
    file: str,
    damage: Callable[[bytes], bytes],
    says: str,
) -> None:
    folder = copied(puma, tmp_path / "s")
    (folder / file).write_bytes(damage((folder / file).read_bytes()))
    with pytest.raises(ImportRefused) as caught:
        await importing(folder)
    assert says in str(caught.value)
    assert str(caught.value).startswith(file)
    assert await records.empty()


@pytest.mark.parametrize("file", FILES)
def test_a_column_twice_is_refused(puma: Path, tmp_path: Path, file: str) -> None:
    folder = copied(puma, tmp_path / "s")
    lines = (folder / file).read_text().split("\n")
    at = next(at for at, line in enumerate(lines) if not line.startswith("#"))
    columns = lines[at].split("\t")
    lines[at] = "\t".join([columns[0], columns[0], *columns[2:]])
    (folder / file).write_text("\n".join(lines))
    refused = refusal(folder)
    assert (refused.file, refused.row, refused.column) == (file, at + 1, columns[0])


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_other_line_ends_make_no_difference(
    puma: Path, tmp_path: Path, file: str, end: str
) -> None:
    folder = copied(puma, tmp_path / "s")
    content = (folder / file).read_bytes().replace(b"\n", end.encode())
    (folder / file).write_bytes(b"\xef\xbb\xbf" + content)
    records, report = read(folder, study="PUMA")
    assert records == read(puma, study="PUMA")[0]
    assert {"LINE_END", "BYTE_ORDER_MARK"} <= rules(report)


def parts(records: StudyRecords) -> tuple[tuple[object, ...], ...]:
    return (records.patients, records.samples, records.variants, records.copy_numbers)


@pytest.mark.parametrize("file", FILES)
def test_a_cut_file_is_never_taken_for_a_whole_one(puma: Path, tmp_path: Path, file: str) -> None:
    """Cut anywhere: refused, or nothing but whole rows, and then the end is pointed at.

    A file that ends with a complete row cannot be told from a whole one, but these files have no
    final newline, so a cut there shows as one that is suddenly in place, or is pointed at.
    """
    folder = copied(puma, tmp_path / "s")
    content = (puma / file).read_bytes()
    whole = read(puma, study="PUMA")[0]
    length = len(content)
    cuts = {*range(0, length, max(1, length // 150)), *range(length - 60, length)}
    for cut in sorted(cuts):
        (folder / file).write_bytes(content[:cut])
        try:
            records, report = read(folder, study="PUMA")
        except ImportRefused:
            continue
        ended = content[:cut].endswith(b"\n")
        pointed = [each for each in report.findings if each.rule == "NO_FINAL_NEWLINE"]
        assert ended or file in {each.file for each in pointed}, cut
        fewer = sum(map(len, parts(records))) + len(records.rejections)
        assert fewer <= sum(map(len, parts(whole)))
