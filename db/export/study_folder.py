"""The files of a cBioPortal study folder: what each is called, declared as, and holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TextIO


class StudyFile(NamedTuple):
    """A data file, its columns, and what its meta file declares."""

    data: str
    columns: tuple[str, ...]
    meta: Mapping[str, str]

    @property
    def meta_name(self) -> str:
        """Name the meta file."""
        return self.data.replace("data_", "meta_", 1)


def _clinical(kind: str) -> dict[str, str]:
    return {"genetic_alteration_type": "CLINICAL", "datatype": kind}


_SHOWN = {"show_profile_in_analysis_tab": "true"}
PATIENT: Final = StudyFile(
    "data_clinical_patient.txt",
    (
        *("PATIENT_ID", "SEX", "AGE_BAND", "AGE_AT_ENROLMENT", "HEALTH_REGION", "OS_STATUS"),
        *("OS_MONTHS", "BEST_OVERALL_RESPONSE", "SYNTHETIC"),
    ),
    _clinical("PATIENT_ATTRIBUTES"),
)
SAMPLE: Final = StudyFile(
    "data_clinical_sample.txt",
    (
        *("PATIENT_ID", "SAMPLE_ID", "SAMPLE_CLASS", "SAMPLE_TYPE", "ONCOTREE_CODE"),
        *("CANCER_TYPE_DETAILED", "GENE_PANEL", "TUMOR_PURITY", "TIMEPOINT"),
        *("TMB_NONSYNONYMOUS", "MSI_SCORE", "HRD_SCORE", "SYNTHETIC"),
    ),
    _clinical("SAMPLE_ATTRIBUTES"),
)
MUTATION: Final = StudyFile(
    "data_mutations.txt",
    (
        *("Hugo_Symbol", "NCBI_Build", "Chromosome", "Start_Position", "Variant_Classification"),
        *("Reference_Allele", "Tumor_Seq_Allele1", "Tumor_Seq_Allele2", "Tumor_Sample_Barcode"),
        *("Mutation_Status", "HGVSg", "HGVSc", "HGVSp_Short", "Transcript_ID"),
        *("t_ref_count", "t_alt_count", "t_vaf"),
    ),
    {
        "genetic_alteration_type": "MUTATION_EXTENDED",
        "datatype": "MAF",
        "stable_id": "mutations",
        "profile_name": "Mutations",
        "profile_description": "Small variants as reported",
        **_SHOWN,
    },
)
COPY_NUMBER: Final = StudyFile(
    "data_cna_long.txt",
    ("Hugo_Symbol", "Sample_Id", "Value", "Cytoband"),
    {
        "genetic_alteration_type": "COPY_NUMBER_ALTERATION",
        "datatype": "DISCRETE_LONG",
        "stable_id": "gistic",
        "profile_name": "Copy numbers",
        "profile_description": "-2 deep deletion, -1 loss, 1 gain, 2 amplification",
        **_SHOWN,
    },
)
STRUCTURAL_VARIANT: Final = StudyFile(
    "data_sv.txt",
    (
        *("Sample_Id", "SV_Status", "Site1_Hugo_Symbol", "Site2_Hugo_Symbol"),
        *("Tumor_Variant_Count", "Class", "Event_Info"),
    ),
    {
        "genetic_alteration_type": "STRUCTURAL_VARIANT",
        "datatype": "SV",
        "stable_id": "structural_variants",
        "profile_name": "Fusions",
        "profile_description": "Fusions as reported",
        **_SHOWN,
    },
)
PANEL_MATRIX: Final = StudyFile(
    "data_gene_panel_matrix.txt",
    ("SAMPLE_ID", "mutations", "gistic", "structural_variants"),
    {"genetic_alteration_type": "GENE_PANEL_MATRIX", "datatype": "GENE_PANEL_MATRIX"},
)
TREATMENT: Final = StudyFile(
    "data_timeline_treatment.txt",
    ("PATIENT_ID", "START_DATE", "STOP_DATE", "EVENT_TYPE", "TREATMENT_TYPE", "AGENT"),
    _clinical("TIMELINE"),
)
SPECIMEN: Final = StudyFile(
    "data_timeline_specimen.txt",
    ("PATIENT_ID", "START_DATE", "STOP_DATE", "EVENT_TYPE", "SAMPLE_ID"),
    _clinical("TIMELINE"),
)
FILES: Final = (
    *(PATIENT, SAMPLE, MUTATION, COPY_NUMBER, STRUCTURAL_VARIANT, PANEL_MATRIX),
    *(TREATMENT, SPECIMEN),
)
_NUMBERS = {"AGE_AT_ENROLMENT", "OS_MONTHS", "TUMOR_PURITY", "TMB_NONSYNONYMOUS"} | {
    "MSI_SCORE",
    "HRD_SCORE",
}


def begin(file: TextIO, study_file: StudyFile) -> None:
    """Write what comes before the rows: of a clinical file also what its columns are."""
    columns = study_file.columns
    if study_file.meta["datatype"].endswith("_ATTRIBUTES"):
        names = [name.replace("_", " ").capitalize() for name in columns]
        types = ["NUMBER" if name in _NUMBERS else "STRING" for name in columns]
        for line in (names, names, types, ["1"] * len(columns)):
            file.write("#" + "\t".join(line) + "\n")
    file.write("\t".join(columns) + "\n")


def line(study_file: StudyFile, values: Mapping[str, object]) -> str:
    """Write a row; the format knows neither quotes nor line ends within a value."""
    cells = (values.get(name) for name in study_file.columns)
    return "\t".join("" if cell is None else " ".join(_text(cell).split()) for cell in cells) + "\n"


def _text(value: object) -> str:
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def write_meta(path: Path, values: Mapping[str, str]) -> None:
    """Write a meta file."""
    text = "".join(f"{key}: {' '.join(value.split())}\n" for key, value in values.items())
    path.write_text(text, encoding="utf-8")


def write_panel(folder: Path, name: str, genes: Sequence[str]) -> None:
    """Write a panel and the genes that it tests."""
    text = f"stable_id: {name}\ndescription: {name}\ngene_list: " + "\t".join(genes) + "\n"
    safe = "".join(each if each.isalnum() or each in "-_." else "_" for each in name)
    path, time = folder / f"data_gene_panel_{safe}.txt", 1
    while path.exists():  # another panel's, or the matrix
        time += 1
        path = folder / f"data_gene_panel_{safe}_{time}.txt"
    path.write_text(text, encoding="utf-8")


def write_cases(folder: Path, study: str, samples: Iterable[str]) -> None:
    """Write the list of the samples that were sequenced, which the mutations need."""
    cases = folder / "case_lists"
    cases.mkdir()
    write_meta(
        cases / "cases_sequenced.txt",
        {
            "cancer_study_identifier": study,
            "stable_id": f"{study}_sequenced",
            "case_list_name": "Sequenced samples",
            "case_list_description": "Samples that were sequenced",
        },
    )
    with (cases / "cases_sequenced.txt").open("a", encoding="utf-8") as file:
        file.write("case_list_ids: " + "\t".join(samples) + "\n")
