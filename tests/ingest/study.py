"""A small study that tests write: two patients, a tissue and a plasma sample each, and a normal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

Rows = Sequence[Sequence[str]]

PATIENTS: Rows = (
    ("PATIENT_ID", "SEX", "OS_STATUS", "OS_MONTHS", "BOR"),
    ("1", "Female", "1:DECEASED", "10.5", "PR"),
    ("2", "Male", "0:LIVING", "4", "POD"),
)
SAMPLES: Rows = (
    ("SAMPLE_ID", "PATIENT_ID", "SAMPLE_CLASS", "SAMPLE_TYPE", "ONCOTREE_CODE", "GENE_PANEL"),
    ("P1_A", "1", "FFPE", "Primary", "GBC", "P500"),
    ("P1_B", "1", "cfDNA", "Metastasis", "GBC", "P74"),
    ("P1_N", "1", "DNA", "Normal", "Normal", "P500"),
    ("P2_A", "2", "FFPE", "Primary", "CHOL", "P500"),
    ("P2_B", "2", "cfDNA", "Metastasis", "CHOL", "P74"),
)
MUTATIONS: Rows = (
    (
        *("Hugo_Symbol", "NCBI_Build", "Chromosome", "Start_Position", "Variant_Classification"),
        *("Variant_Type", "Reference_Allele", "Tumor_Seq_Allele1", "Tumor_Seq_Allele2"),
        *("Tumor_Sample_Barcode", "t_ref_count", "t_alt_count", "HGVSc", "HGVSp_Short"),
    ),
    (
        *("BRAF", "GRCh37", "7", "140453136", "Missense_Mutation", "SNP", "A", "A", "T"),
        *("P1_A", "80", "20", "c.1799T>A", "V600E"),
    ),
    (
        *("BRAF", "GRCh37", "chr7", "140453136", "Missense_Mutation", "SNP", "A", "A", "T"),
        *("P1_B", "99", "1", "c.1799T>A", "p.V600E"),
    ),
    (
        *("KRAS", "37", "12", "25398284", "Missense_Mutation", "SNP", "C", "C", "A"),
        *("P2_A", "60", "40", "c.35G>T", ""),
    ),
)
COPY_NUMBERS: Rows = (
    ("Hugo_Symbol", "Entrez_Gene_Id", "P1_A", "P2_A"),
    ("ERBB2", "2064", "2", "0"),
    ("CDKN2A", "1029", "-2", "-1"),
    ("MYC", "4609", "1", "NA"),
)


def tabbed(rows: Rows) -> str:
    """Write rows as the format has them."""
    return "".join("\t".join(row) + "\n" for row in rows)


def write(
    folder: Path,
    *,
    patients: Rows = PATIENTS,
    samples: Rows = SAMPLES,
    mutations: Rows | None = MUTATIONS,
    copy_numbers: Rows | None = COPY_NUMBERS,
) -> Path:
    """Write a study folder."""
    folder.mkdir(exist_ok=True)
    (folder / "data_clinical_patient.txt").write_text(tabbed(patients))
    (folder / "data_clinical_sample.txt").write_text(tabbed(samples))
    if mutations is not None:
        (folder / "data_mutations.txt").write_text(tabbed(mutations))
    if copy_numbers is not None:
        (folder / "data_cna.txt").write_text(tabbed(copy_numbers))
    return folder
