"""A study as a cBioPortal study folder, with what that format has a place for.

A patient has one row there: the outcome is that of the first treatment, from whose start the
timelines count. Splice variants, protein expression, responses over time, resistance, boards and
funding have no place; the forms carry them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from db.export import study_folder as f
from db.export.forms import LABEL
from db.export.query import query
from db.export.viewing import Viewing
from db.form.catalogue import RECORDS
from db.ingest.survival import DAYS_PER_MONTH

Record = dict[str, Any]
Line = tuple[f.StudyFile, Record]
_READ = (
    *("patient", "diagnosis", "prior_treatment", "specimen", "profile", "biomarker"),
    *("treatment", "outcome"),
)
_SEX = {"FEMALE": "Female", "MALE": "Male"}
_STATUS = {"EVENT": "1:DECEASED", "CENSORED": "0:LIVING", "DEAD": "1:DECEASED", "ALIVE": "0:LIVING"}
_CLASS = {
    "FFPE": "FFPE",
    "FRESH_FROZEN": "Fresh Frozen",
    "CTDNA": "cfDNA",
    "CYTOLOGY": "Cytology",
    "BONE_MARROW": "Bone Marrow",
    "NORMAL_BLOOD": "Whole Blood",
}
_LEVEL = {"AMPLIFICATION": "2", "GAIN": "1", "LOSS": "-1", "DEEP_DELETION": "-2"}
_SIGNATURE = {"TMB": "TMB_NONSYNONYMOUS", "MSI": "MSI_SCORE", "HRD": "HRD_SCORE"}


@dataclass(slots=True)
class _Page:
    """The records of some patients, and how the profiles' lists of genes are called."""

    records: Mapping[str, Sequence[Record]]
    panels: dict[str, tuple[str, ...]]
    synthetic: str | None
    sequenced: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[Line]:
        """Give the rows of every file."""
        treatments = self._of_patient("treatment")
        for rows in treatments.values():
            rows.sort(key=lambda each: (each["line"] is None, each["line"], each["treatment"]))
        outcomes = {each["treatment"]: each for each in self.records["outcome"]}
        first = {patient: rows[0] for patient, rows in treatments.items()}
        for patient in self.records["patient"]:
            given = first.get(patient["patient"])
            outcome = outcomes.get(given["treatment"], {}) if given else {}
            yield f.PATIENT, self._patient(patient, outcome)
        yield from self._treatments(first)
        yield from self._samples(first)

    def _of_patient(self, form: str) -> dict[str, list[Record]]:
        found: defaultdict[str, list[Record]] = defaultdict(list)
        for each in self.records[form]:
            found[each["patient"]].append(each)
        return found

    def _patient(self, patient: Record, outcome: Record) -> Record:
        days, event = outcome.get("overall_survival_days"), outcome.get("overall_survival_event")
        return {
            "PATIENT_ID": patient["patient"],
            "SEX": _SEX.get(patient["sex"]),
            "AGE_BAND": patient["age_band"],
            "AGE_AT_ENROLMENT": patient.get("age_at_enrolment_years"),
            "HEALTH_REGION": patient["health_region"],
            "OS_STATUS": _STATUS.get(str(event if days is not None else patient["vital_status"])),
            "OS_MONTHS": None if days is None else round(days / DAYS_PER_MONTH, 4),
            "BEST_OVERALL_RESPONSE": outcome.get("best_overall_response"),
            "SYNTHETIC": self.synthetic,
        }

    def _treatments(self, first: Mapping[str, Record]) -> Iterator[Line]:
        event = {"EVENT_TYPE": "TREATMENT", "TREATMENT_TYPE": "Medical Therapy"}
        for each in self.records["prior_treatment"]:
            if each["start_day"] is not None and each["patient"] in first:
                for agent in each.get("drugs") or [each["regimen"]]:
                    span = {"START_DATE": each["start_day"], "STOP_DATE": each["end_day"]}
                    yield (
                        f.TREATMENT,
                        {"PATIENT_ID": each["patient"], "AGENT": agent, **span, **event},
                    )
        for patient, given in first.items():
            for agent in given.get("drugs") or []:
                span = {"START_DATE": 0, "STOP_DATE": given["end_day"]}
                yield f.TREATMENT, {"PATIENT_ID": patient, "AGENT": agent, **span, **event}

    def _samples(self, first: Mapping[str, Record]) -> Iterator[Line]:
        profiles: defaultdict[str, list[Record]] = defaultdict(list)
        for each in self.records["profile"]:
            profiles[each["specimen"]].append(each)
        biomarkers: defaultdict[str, list[Record]] = defaultdict(list)
        for each in self.records["biomarker"]:
            biomarkers[each["specimen"]].append(each)
        diagnoses = {each["diagnosis"]: each for each in self.records["diagnosis"]}
        for specimen in self.records["specimen"]:
            name = specimen["specimen"]
            diagnosis = diagnoses.get(specimen["diagnosis"], {})
            signatures = {
                _SIGNATURE[each["signature_kind"]]: each["value"]
                for each in biomarkers[name]
                if each["signature_kind"] is not None
            }
            panel = self._panel(profiles[name])
            yield (
                f.SAMPLE,
                {
                    "PATIENT_ID": specimen["patient"],
                    "SAMPLE_ID": name,
                    "SAMPLE_CLASS": _CLASS.get(specimen["kind"]),
                    "SAMPLE_TYPE": "Normal" if specimen["kind"] == "NORMAL_BLOOD" else None,
                    "ONCOTREE_CODE": diagnosis.get("onco_tree_code"),
                    "CANCER_TYPE_DETAILED": diagnosis.get("tumour_type"),
                    "GENE_PANEL": panel,
                    "TUMOR_PURITY": specimen["tumour_cellularity_percent"],
                    "TIMEPOINT": specimen["timepoint"],
                    "SYNTHETIC": self.synthetic,
                    **signatures,
                },
            )
            if panel is not None:
                columns = f.PANEL_MATRIX.columns
                yield f.PANEL_MATRIX, dict.fromkeys(columns, panel) | {columns[0]: name}
                self.sequenced.append(name)
            if specimen["day"] is not None and specimen["patient"] in first:
                when = {"START_DATE": specimen["day"], "EVENT_TYPE": "SPECIMEN"}
                yield f.SPECIMEN, {"PATIENT_ID": specimen["patient"], "SAMPLE_ID": name, **when}
            builds = {each["profile"]: each["genome_build"] for each in profiles[name]}
            for each in biomarkers[name]:
                yield from _alteration(each, builds.get(each["profile"]))

    def _panel(self, profiles: Sequence[Record]) -> str | None:
        """Name the genes that a specimen was tested for; lists that may lack some are none."""
        whole = [each for each in profiles if each["gene_list_complete"] and each.get("gene_list")]
        if not whole or len(whole) < sum(bool(each.get("gene_list")) for each in profiles):
            return None
        genes = tuple(sorted({gene for each in whole for gene in each["gene_list"]}))
        base = "+".join(sorted({each["panel"] or each["assay"] for each in whole}))
        name, time = base, 1
        while self.panels.setdefault(name, genes) != genes:  # another list of the same name
            time += 1
            name = f"{base}-{time}"
        return name


def _alteration(biomarker: Record, build: str | None) -> Iterator[Line]:
    sample, gene = biomarker["specimen"], biomarker["gene"]
    match biomarker["kind"]:
        case "SMALL_VARIANT":
            vaf, depth = biomarker["vaf"], biomarker["depth"]
            counted = vaf is not None and depth is not None
            seen = round(vaf * depth) if counted else None
            yield (
                f.MUTATION,
                {
                    "Hugo_Symbol": gene,
                    "NCBI_Build": build,
                    "Chromosome": biomarker["chromosome"],
                    "Start_Position": biomarker["position"],
                    "Variant_Classification": biomarker["consequence"],
                    "Reference_Allele": biomarker["reference_allele"],
                    "Tumor_Seq_Allele1": biomarker["reference_allele"],
                    "Tumor_Seq_Allele2": biomarker["alternate_allele"],
                    "Tumor_Sample_Barcode": sample,
                    "Mutation_Status": (biomarker["origin"] or "").capitalize(),
                    "HGVSg": biomarker["hgvsg"],
                    "HGVSc": biomarker["hgvsc"],
                    "HGVSp_Short": biomarker["hgvsp"],
                    "Transcript_ID": biomarker["transcript"],
                    "t_ref_count": depth - seen if seen is not None else None,
                    "t_alt_count": seen,
                    "t_vaf": vaf,
                },
            )
        case "COPY_NUMBER":
            value = _LEVEL[biomarker["copy_number_type"]]
            cells = {"Sample_Id": sample, "Value": value, "Cytoband": biomarker["cytoband"]}
            yield f.COPY_NUMBER, {"Hugo_Symbol": gene, **cells}
        case "FUSION":
            yield (
                f.STRUCTURAL_VARIANT,
                {
                    "Sample_Id": sample,
                    "SV_Status": biomarker["origin"] or "SOMATIC",
                    "Site1_Hugo_Symbol": biomarker["partner_gene"],
                    "Site2_Hugo_Symbol": gene,
                    "Tumor_Variant_Count": biomarker["depth"],
                    "Class": "FUSION",
                    "Event_Info": biomarker["label"],
                },
            )


async def write_cbioportal(viewing: Viewing, folder: Path, role: str, scope: str) -> dict[str, int]:
    """Write what the viewer may read into a folder; count the rows of each file."""
    made = {
        form.name: found
        for form in RECORDS
        if form.name in _READ and (found := query(form, viewing.may))
    }
    counts = dict.fromkeys((each.data for each in f.FILES), 0)
    panels: dict[str, tuple[str, ...]] = {}
    sequenced: list[str] = []
    with ExitStack() as opened:
        files: dict[str, TextIO] = {}
        for each in f.FILES:
            path = folder / each.data
            files[each.data] = opened.enter_context(path.open("w", encoding="utf-8", newline=""))
            f.begin(files[each.data], each)
        for page_of in viewing.pages():
            records = {
                name: [
                    dict(zip(found.header, row, strict=True))
                    for row in await viewing.rows(found.sql, *page_of)
                ]
                for name, found in made.items()
            }
            page = _Page(records, panels, "YES" if viewing.synthetic else None)
            for study_file, values in page.lines():
                files[study_file.data].write(f.line(study_file, values))
                counts[study_file.data] += 1
            sequenced += page.sequenced
    _finish(viewing, folder, counts, f"as {role} in the scope {scope}")
    for name, genes in panels.items():
        f.write_panel(folder, name, genes)
    if sequenced:
        f.write_cases(folder, viewing.code, sequenced)
    return {data: count for data, count in counts.items() if count}


def _finish(viewing: Viewing, folder: Path, counts: Mapping[str, int], viewed: str) -> None:
    """Declare the study and each file; one without a row is not there."""
    label = LABEL if viewing.synthetic else ""
    f.write_meta(
        folder / "meta_study.txt",
        {
            "type_of_cancer": "mixed",
            "cancer_study_identifier": viewing.code,
            "name": f"{'SYNTHETIC ' if viewing.synthetic else ''}{viewing.title or viewing.code}",
            "description": f"{label} Exported {viewed}.",
            "add_global_case_list": "true",
        },
    )
    for each in f.FILES:
        if counts[each.data] or each in (f.PATIENT, f.SAMPLE):
            named = {"cancer_study_identifier": viewing.code, "data_filename": each.data}
            f.write_meta(folder / each.meta_name, {**named, **each.meta})
        else:
            (folder / each.data).unlink()
