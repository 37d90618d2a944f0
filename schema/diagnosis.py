"""Diagnoses, between the patient and the specimen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.mapping import column, entity, many, public_id

if TYPE_CHECKING:
    from schema.prior_treatment import PriorTreatment


@entity("diagnosis", description="A cancer that a patient has or had.")
class Diagnosis:
    """A row of `diagnosis`."""

    id: strawberry.ID = public_id("Id of the diagnosis in the viewer's scope.")
    tumour_type: str = column("tumour_type", "Tumour type as recorded.")
    onco_tree_code: str | None = column(
        "onco_tree_code", "{OncoTree} code; null where the recorded type does not map."
    )
    icd10: str | None = column("icd10", "{ICD-10} code.")
    topography: str | None = column("topography", "{ICD-O-3} topography, such as C18.9.")
    morphology: str | None = column("morphology", "{ICD-O-3} morphology, such as 8140/3.")
    stage: str | None = column("stage", "{TNM 8} stage group at enrolment.")
    is_rare: bool | None = column(
        "rare", "Incidence below 6 per 100,000 a year; null where not known."
    )
    prior_treatments: list[Annotated[PriorTreatment, strawberry.lazy("schema.prior_treatment")]] = (
        many(
            "id",
            "diagnosis_id",
            "What the patient had for it before the study's first treatment.",
            order=("line", "start_day"),
        )
    )
