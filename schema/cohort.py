"""Cohorts: one tumour type, one molecular marker, one drug or combination."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.connection import listing
from schema.mapping import column, entity, many, one, outcomes, unbound
from schema.scalars import Date

if TYPE_CHECKING:
    from schema.contribution import CohortContribution
    from schema.drug import Drug
    from schema.outcome_statistics import OutcomeRow


@strawberry.enum(description="How far a cohort has come in its two-stage design.")
class CohortStage(Enum):
    """Name a stage."""

    STAGE_1 = "STAGE_1"
    STAGE_2 = "STAGE_2"
    EXPANSION = "EXPANSION"
    STOPPED_STAGE_1 = "STOPPED_STAGE_1"
    STOPPED_STAGE_2 = "STOPPED_STAGE_2"
    COMPLETED = "COMPLETED"


@entity("biomarker_definition", description="What a tumour must carry to enter a cohort.")
class BiomarkerDefinition:
    """A row of `biomarker_definition`."""

    version: int = column("version", "Version, from 1; definitions are narrowed with time.")
    text: str = column("text", "The definition in words.")
    effective_from: Date = column("effective_from", "First day on which it applies.")


@entity("cohort_design", key="cohort_id", description="Simon's two-stage design of a cohort.")
class CohortDesign:
    """A row of `cohort_design`."""

    n1: int = column("n1", "[patients] in stage 1.")
    r1: int = column("r1", "[patients] with benefit that stage 1 must exceed.")
    n: int = column("n", "[patients] in both stages.")
    r: int = column("r", "[patients] with benefit that both stages must exceed.")
    p0: float = column("p0", "[0-1] rate of benefit that is not worth pursuing.")
    p1: float = column("p1", "[0-1] rate of benefit that is.")


@entity(
    "cohort",
    sides=(("stage_of_cohort", "cohort_id", "id"),),
    unique="code",
    description="One tumour type, one molecular marker, one drug or combination.",
)
class Cohort:
    """A row of `cohort`."""

    code: str = column("code", "Code of the cohort in the trial.")
    tumour_type: str = column("tumour_type", "Tumour type in words.")
    onco_tree_code: str | None = column("onco_tree_code", "{OncoTree} code.")
    stage: CohortStage | None = column(
        "stage",
        "How far the cohort has come: as it is for the data office, and for a company of the "
        "cohorts of its agreement; for others as of the release published last. Null: not told, "
        "as of a cohort with fewer than 25 treated.",
        of="stage_of_cohort",
    )
    opened_on: Date | None = column("opened_on", "Day on which the cohort opened.")
    synthetic: bool = column("synthetic", "True for an invented cohort.")
    drugs: list[Annotated[Drug, strawberry.lazy("schema.drug")]] = many(
        "id",
        "cohort_id",
        "The drugs of the regimen.",
        order=("inn",),
        through=("cohort_drug", "drug_id"),
        size=2,
    )
    biomarker_definition: (
        Annotated[BiomarkerDefinition, strawberry.lazy("schema.cohort")] | None
    ) = one(
        "id",
        "cohort_id",
        "The definition that applies today.",
        latest="effective_from",
    )
    biomarker_definitions: list[
        Annotated[BiomarkerDefinition, strawberry.lazy("schema.cohort")]
    ] = many("id", "cohort_id", "Every definition, oldest first.", order=("version",), size=3)
    treatments = listing(
        "Treatment",
        "schema.treatment",
        "The treatments in the cohort that the viewer may see.",
        local="id",
        remote="cohort_id",
    )
    design: Annotated[CohortDesign, strawberry.lazy("schema.cohort")] | None = one(
        "id", "cohort_id", "The statistical design."
    )
    contributions: list[Annotated[CohortContribution, strawberry.lazy("schema.contribution")]] = (
        many(
            "id",
            "cohort_id",
            "What each trial brings to the pooled cohort: the published numbers.",
            order=("trial",),
        )
    )

    @outcomes(
        "How its treatments did: live over what you may read, or as published.",
        dimension="COHORT",
        local="code",
    )
    def outcomes(
        self,
        release: Annotated[
            str | None,
            strawberry.argument(
                description="Version of a published release. Left out: live over the records that "
                "you may read; who reads none gets the release published last."
            ),
        ] = strawberry.UNSET,
    ) -> Annotated[OutcomeRow, strawberry.lazy("schema.outcome_statistics")] | None:
        """Declare the argument; the database counts, or has published."""
        return unbound()  # type: ignore[no-any-return]
