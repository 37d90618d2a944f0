"""Patients, and what is known of them before any treatment."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.mapping import column, entity, many, measure, one, unbound
from schema.scalars import Date, HealthRegion

if TYPE_CHECKING:
    from schema.biomarker import Biomarker
    from schema.concordance import Concordance
    from schema.consent import Consent
    from schema.consortium import Site, Study
    from schema.diagnosis import Diagnosis
    from schema.prior_treatment import PriorTreatment
    from schema.screening import Screening
    from schema.specimen import MolecularProfile, Specimen
    from schema.treatment import Treatment
    from schema.tumour_board import TumourBoardReview


@strawberry.enum(description="Sex as recorded at enrolment.")
class Sex(Enum):
    """Name a sex."""

    FEMALE = "FEMALE"
    MALE = "MALE"


@strawberry.enum(description="Whether the patient is known to live.")
class VitalStatus(Enum):
    """Name a vital status."""

    ALIVE = "ALIVE"
    DEAD = "DEAD"


@strawberry.enum(description="What is known of a gene in a patient. Untested is never wild-type.")
class GeneStatus(Enum):
    """Name what is known of a gene."""

    ALTERED = strawberry.enum_value(
        "ALTERED", description="A biomarker names the gene; expression of its protein is none."
    )
    NOT_ALTERED = strawberry.enum_value(
        "NOT_ALTERED", description="The gene was tested and nothing was found."
    )
    NOT_ASSESSED = strawberry.enum_value(
        "NOT_ASSESSED", description="Every profile lists its genes, and this one is in none."
    )
    UNKNOWN = strawberry.enum_value("UNKNOWN", description="No source says whether it was tested.")


@entity(
    "patient",
    unique="pseudonym.public_id",
    sides=(("patient_identity", "patient_id", "id"), ("pseudonym", "patient_id", "id")),
    description="A person with advanced cancer, under the id of the viewer's scope.",
)
class Patient:
    """A row of `patient`, with `pseudonym` and `patient_identity` beside it."""

    id: strawberry.ID = column(
        "public_id", "Pseudonym; the same person has another one in every scope.", of="pseudonym"
    )
    sex: Sex | None = column("sex", "Sex as recorded at enrolment; null where not known.")
    age_band: str | None = column(
        "age_band", "Age at enrolment [years] as a five-year band such as 60-64, or 90+."
    )
    health_region: HealthRegion | None = column(
        "health_region", "Regional health authority of the treating hospital."
    )
    vital_status: VitalStatus | None = column(
        "vital_status", "Last known vital status; null where not known."
    )
    synthetic: bool = column("synthetic", "True for invented patients: nobody stands behind them.")
    study: Annotated[Study, strawberry.lazy("schema.consortium")] | None = one(
        "study_id", "id", "The trial or data set that the patient comes from."
    )
    birth_year: int | None = column(
        "birth_year",
        "Year of birth. Identifying: for stewards and the patient's own hospital.",
        of="patient_identity",
    )
    age_at_enrolment: int | None = column(
        "age_at_enrolment_years",
        "Age at enrolment [years]. Identifying: for stewards and the patient's own hospital.",
        of="patient_identity",
    )
    enrolled_on: Date | None = column(
        "enrolled_on",
        "Day of enrolment. Identifying: for stewards and the patient's own hospital.",
        of="patient_identity",
    )
    source_id: str | None = column(
        "source_key",
        "The patient's id in the source. Identifying: for stewards and the patient's own hospital.",
        of="patient_identity",
    )
    site: Annotated[Site, strawberry.lazy("schema.consortium")] | None = one(
        "patient_identity.site_id",
        "id",
        "The hospital that included the patient. Identifying: for stewards and that hospital.",
    )
    consents: list[Annotated[Consent, strawberry.lazy("schema.consent")]] | None = many(
        "id",
        "patient_id",
        "What the patient allows and allowed. For stewards and the patient's own hospital.",
        order=("purpose", "given_at"),
        size=2,
    )
    screening: Annotated[Screening, strawberry.lazy("schema.screening")] | None = one(
        "id", "patient_id", "The way from referral to a match; null where not recorded."
    )
    diagnoses: list[Annotated[Diagnosis, strawberry.lazy("schema.diagnosis")]] = many(
        "id",
        "patient_id",
        "The cancers that the patient has or had.",
        order=("tumour_type",),
        size=2,
    )
    prior_treatments: list[Annotated[PriorTreatment, strawberry.lazy("schema.prior_treatment")]] = (
        many(
            "id",
            "patient_id",
            "What the patient had before the study's first treatment, for whichever cancer.",
            order=("line", "start_day"),
        )
    )
    tumour_board_reviews: list[
        Annotated[TumourBoardReview, strawberry.lazy("schema.tumour_board")]
    ] = many(
        "id",
        "patient_id",
        "The discussions by the molecular tumour board, in the order of time.",
        order=("held_day",),
    )
    specimens: list[Annotated[Specimen, strawberry.lazy("schema.specimen")]] = many(
        "id",
        "patient_id",
        "Tissue, plasma and blood taken from the patient, in the order of sampling where known.",
        order=("day", "ordinal"),
        size=5,
    )
    molecular_profiles: (
        list[Annotated[MolecularProfile, strawberry.lazy("schema.specimen")]] | None
    ) = many(
        "id",
        "patient_id",
        "The assays done on the patient's specimens.",
        order=("assay",),
        size=3,
    )
    biomarkers: list[Annotated[Biomarker, strawberry.lazy("schema.biomarker")]] | None = many(
        "id",
        "patient_id",
        "What was found in the patient's specimens.",
        order=("kind", "label"),
        size=20,
    )
    concordances: list[Annotated[Concordance, strawberry.lazy("schema.concordance")]] | None = many(
        "id",
        "patient_id",
        "Plasma beside tissue taken near it, one for each plasma that has such tissue.",
        order=("days_apart",),
        size=1,
    )
    treatments: list[Annotated[Treatment, strawberry.lazy("schema.treatment")]] | None = many(
        "id", "patient_id", "The treatments that the viewer may see.", order=("line",), size=2
    )

    @measure(
        "gene_status",
        "What is known of one gene in the patient, from the profiles that the viewer may see.",
        columns=("id",),
        arguments=("symbol",),
        reads=("biomarker", "gene", "gene_assessed", "molecular_profile"),
        weight=10,  # 0.35 ms where a patient takes 0.04
    )
    def gene_status(
        self,
        symbol: Annotated[
            str, strawberry.argument(description="{HGNC} approved symbol, such as BRAF.")
        ],
    ) -> GeneStatus:
        """Declare the argument; the database computes the value."""
        return unbound()  # type: ignore[no-any-return]
