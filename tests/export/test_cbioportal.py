"""A study as a cBioPortal study folder, which our own importer reads."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from connect_graph import database as own
from db.export.export import export
from db.ingest.cbioportal import import_cbioportal, read
from db.synthetic.catalogue import STUDY
from db.viewer import Role
from db.vocabulary.load import load_vocabulary
from tests.conftest import Clone
from tests.export.table import unsettled
from tests.form.conftest import nothing
from tests.world import World


async def exported(world: World, role: str, path: Path) -> Path:
    viewer = await world.viewer(role)
    await export(world.pools.roles[Role(role)], viewer, STUDY[0], "cbioportal", path, unsettled)
    return path


async def test_the_importer_reads_what_was_written(world: World, tmp_path: Path) -> None:
    records, report = read(await exported(world, "steward", tmp_path / "e"), study="COPY")
    assert report.rows_quarantined == 0
    assert records.synthetic
    async with own.connected(world.database.url) as connection:
        variants = await connection.fetch(
            "select g.symbol, b.hgvsp, b.depth, b.vaf from connect.biomarker b "
            "join connect.gene g on g.id = b.gene_id where kind = 'SMALL_VARIANT'"
        )
        copies = await connection.fetch(
            "select g.symbol, b.copy_number_type::text from connect.biomarker b "
            "join connect.gene g on g.id = b.gene_id where kind = 'COPY_NUMBER'"
        )
        fusions = await connection.fetch(
            "select g.symbol, p.symbol as partner from connect.biomarker b "
            "join connect.gene g on g.id = b.gene_id "
            "left join connect.gene p on p.id = b.partner_gene_id where kind = 'FUSION'"
        )
        sexes = await connection.fetch("select sex::text from connect.patient")
        outcomes = await connection.fetch(
            "select best_overall_response::text, overall_survival_days from connect.outcome "
            "join connect.treatment t on t.id = treatment_id "
            "where not exists (select from connect.treatment o "
            "where o.patient_id = t.patient_id and o.line < t.line)"
        )
    assert Counter((each.symbol, each.hgvsp, each.depth) for each in records.variants) == Counter(
        (row["symbol"], row["hgvsp"], row["depth"]) for row in variants
    )
    fractions = sorted(each.vaf for each in records.variants if each.vaf is not None)
    there = sorted(row["vaf"] for row in variants if row["vaf"] is not None)
    assert fractions == pytest.approx(there, abs=0.005)  # of whole reads
    assert Counter(
        (each.symbol, each.copy_number_type) for each in records.copy_numbers
    ) == Counter(tuple(row) for row in copies)
    assert Counter((each.symbol, each.partner) for each in records.fusions) == Counter(
        tuple(row) for row in fusions
    )
    assert Counter(each.sex for each in records.patients) == Counter(row["sex"] for row in sexes)
    assert Counter(
        (each.best_overall_response, each.overall_survival_days)
        for each in records.patients
        if each.overall_survival_days is not None
    ) == Counter(tuple(row) for row in outcomes)


async def test_invented_patients_stay_invented(world: World, clone: Clone, tmp_path: Path) -> None:
    folder = await exported(world, "steward", tmp_path / "e")
    assert "SYNTHETIC" in (folder / "meta_study.txt").read_text()
    async with clone() as copy, own.connected(copy.url) as connection:
        await load_vocabulary(connection)
        await import_cbioportal(
            connection,
            folder,
            study="COPY",
            drug=None,
            cohort=None,
            dry_run=False,
            complete=nothing,
        )
        rows = await connection.fetch(
            "select distinct s.synthetic, p.synthetic as patient from connect.study s "
            "join connect.patient p on p.study_id = s.id"
        )
    assert [tuple(row) for row in rows] == [(True, True)]


async def test_a_partner_gets_their_own_patients(world: World, tmp_path: Path) -> None:
    records, report = read(await exported(world, "partner", tmp_path / "e"), study="COPY")
    answer = await world.answer("partner", "{ patients(first: 100) { nodes { id } } }")
    ids = {each["id"] for each in answer.body["data"]["patients"]["nodes"]}
    assert {each.source_key for each in records.patients} == ids
    assert {each.age_years for each in records.patients} == {None}
    assert report.rows_quarantined == 0


async def test_every_file_is_declared(world: World, tmp_path: Path) -> None:
    folder = await exported(world, "steward", tmp_path / "e")
    declared = set()
    for path in folder.glob("meta_*.txt"):
        values = dict(line.split(": ", 1) for line in path.read_text().splitlines())
        assert values["cancer_study_identifier"] == STUDY[0]
        if path.name != "meta_study.txt":
            declared.add(values["data_filename"])
    data = {path.name for path in folder.glob("data_*") if "gene_panel_" not in path.name}
    assert declared - {"data_gene_panel_matrix.txt"} == data
    assert (folder / "case_lists" / "cases_sequenced.txt").exists()
