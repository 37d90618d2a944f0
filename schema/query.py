"""The roots: where a query begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.connection import listing
from schema.mapping import Column, from_viewer, lookup, outcomes, unbound

if TYPE_CHECKING:
    from schema.cohort import Cohort
    from schema.outcome_statistics import (
        OutcomeDimension,
        OutcomeStatistics,
        OutcomeStatisticsFilter,
    )
    from schema.patient import Patient
    from schema.viewer import Viewer

_PSEUDONYM = Column("public_id", of="pseudonym")


@strawberry.type(description="Where a query begins.")
class Query:
    """The roots of the graph."""

    viewer: Annotated[Viewer, strawberry.lazy("schema.viewer")] | None = from_viewer(
        "Who asks, in which role and scope."
    )

    @lookup("One patient; null where there is none, or none that you may see.", id=_PSEUDONYM)
    def patient(
        self,
        id: Annotated[  # noqa: A002 - the contract's name
            strawberry.ID, strawberry.argument(description="Pseudonym in the viewer's scope.")
        ],
    ) -> Annotated[Patient, strawberry.lazy("schema.patient")] | None:
        """Declare the argument; the database finds the patient."""
        return unbound()  # type: ignore[no-any-return]

    patients = listing(
        "Patient", "schema.patient", "The patients that the viewer may see, by their ids."
    )
    biomarkers = listing("Biomarker", "schema.biomarker", "The biomarkers that the viewer may see.")
    cohorts = listing("Cohort", "schema.cohort", "The cohorts of the trial, by their codes.")
    responses = listing(
        "ResponseAssessment",
        "schema.response",
        "The assessments of treatments that the viewer may see.",
    )
    resistance_findings = listing(
        "ResistanceFinding",
        "schema.resistance",
        "The findings on resistance that the viewer may see.",
    )
    drugs = listing("Drug", "schema.drug", "Medicines, by their names.")
    agreements = listing(
        "Agreement", "schema.agreement", "The agreements that the viewer may see, by their codes."
    )
    projects = listing(
        "Project", "schema.project", "The projects that the viewer may see, by their codes."
    )
    memberships = listing(
        "Membership",
        "schema.membership",
        "Who acts in which role and scope: for stewards all, for others their own.",
    )
    releases = listing("DataRelease", "schema.release", "Frozen states of the data, by version.")
    partners = listing(
        "Partner", "schema.consortium", "The organisations of the consortium, by their codes."
    )

    @lookup("One cohort; null where there is none.", code=Column("code"))
    def cohort(
        self,
        code: Annotated[str, strawberry.argument(description="Code of the cohort in the trial.")],
    ) -> Annotated[Cohort, strawberry.lazy("schema.cohort")] | None:
        """Declare the argument; the database finds the cohort."""
        return unbound()  # type: ignore[no-any-return]

    @outcomes("Outcomes of treatments by groups: live over what you may read, or as published.")
    def outcome_statistics(
        self,
        by: Annotated[
            list[Annotated[OutcomeDimension, strawberry.lazy("schema.outcome_statistics")]],
            strawberry.argument(
                description="What to group by, in any order; none: all treatments together."
            ),
        ],
        where: Annotated[
            Annotated[OutcomeStatisticsFilter, strawberry.lazy("schema.outcome_statistics")] | None,
            strawberry.argument(description="Which treatments."),
        ] = strawberry.UNSET,
        release: Annotated[
            str | None,
            strawberry.argument(
                description="Version of a published release. Left out: live over the records that "
                "you may read; who reads none gets the release published last."
            ),
        ] = strawberry.UNSET,
    ) -> Annotated[OutcomeStatistics, strawberry.lazy("schema.outcome_statistics")] | None:
        """Declare the arguments; the database counts, or has published."""
        return unbound()  # type: ignore[no-any-return]
