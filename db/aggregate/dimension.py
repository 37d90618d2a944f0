"""Dimensions: what treatments are grouped by, where it is recorded, and who may read that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Columns = frozenset[tuple[str, str]]
"""Columns by their tables."""


def columns(**tables: str) -> Columns:
    """Name columns of tables, separated by blanks."""
    return frozenset((table, column) for table, names in tables.items() for column in names.split())


@dataclass(frozen=True, slots=True)
class Dimension:
    """Say what a dimension's value of a treatment is, in SQL over the treatment `t`."""

    sql: str
    reads: Columns
    several: bool = False
    """The value is an array: a treatment is in a group for each."""
    of_patient: bool = False
    """It is the patient's: who was only screened has it too."""


DIMENSIONS: Mapping[str, Dimension] = {
    "COHORT": Dimension(
        "(select k.code from connect.cohort k where k.id = t.cohort_id)",
        columns(treatment="cohort_id", cohort="id code"),
    ),
    "DRUG": Dimension(
        "array(select d.inn from connect.treatment_drug g"
        " join connect.drug d on d.id = g.drug_id where g.treatment_id = t.id)",
        columns(treatment_drug="treatment_id drug_id", drug="id inn"),
        several=True,
    ),
    "TUMOUR_TYPE": Dimension(
        "(select o.tissue_code from connect.onco_tree o where o.code = (select c.onco_tree_code"
        " from connect.diagnosis c where c.patient_id = p.id and c.onco_tree_code is not null"
        " order by c.id limit 1))",
        columns(diagnosis="id patient_id onco_tree_code", onco_tree="code tissue_code"),
        of_patient=True,
    ),
    "GENE": Dimension(
        "array(select distinct g.symbol from connect.treatment_biomarker m"
        " join connect.biomarker b on b.id = m.biomarker_id join connect.gene g on g.id = b.gene_id"
        " where m.treatment_id = t.id)",
        columns(
            treatment_biomarker="treatment_id biomarker_id",
            biomarker="id gene_id",
            gene="id symbol",
        ),
        several=True,
    ),
    "REGION": Dimension("p.health_region::text", columns(patient="health_region"), of_patient=True),
    "SEX": Dimension("p.sex::text", columns(patient="sex"), of_patient=True),
    "AGE_BAND": Dimension("p.age_band", columns(patient="age_band"), of_patient=True),
    "PAYER": Dimension(
        "(select f.payer::text from connect.treatment_funding f"
        " where f.treatment_id = t.id and f.from_day = 0)",
        columns(treatment_funding="treatment_id from_day payer"),
    ),
    "ACCRUAL_MONTH": Dimension(
        "(select date_trunc('month', i.started_on)::date::text"
        " from connect.treatment_identity i where i.treatment_id = t.id)",
        columns(treatment_identity="treatment_id started_on"),
    ),
}
"""In the order in which a group tells them. A release freezes the same values."""
