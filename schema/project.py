"""Projects: what research was approved, and on which terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.mapping import column, entity, many, one
from schema.scalars import DateTime
from schema.viewer import DataDomain, Purpose

if TYPE_CHECKING:
    from schema.cohort import Cohort
    from schema.consortium import Partner

_TERM = "scope_term"


@entity(
    "project_tumour_type",
    key="project_id",
    description="A tumour type that a project was approved for.",
)
class ApprovedTumourType:
    """A row of `project_tumour_type`."""

    onco_tree_code: str = column(
        "onco_tree_code", "{OncoTree} code; one of a tissue stands for all of its types."
    )


@entity(
    "project",
    unique="code",
    sides=((_TERM, "project_id", "id"),),
    description="An approved research project. A researcher sees their own.",
)
class Project:
    """A row of `project`, with the terms of its scope beside it."""

    code: str = column("code", "Code of the project; that of its scope too.")
    title: str = column("title", "Title of the project.")
    all_cohorts: bool = column("all_cohorts", "True: any cohort or none; false: `cohorts`.")
    all_tumour_types: bool = column("all_tumour_types", "True: any; false: `tumourTypes`.")
    valid_from: DateTime | None = column("valid_from", "When it begins.", of=_TERM)
    valid_to: DateTime | None = column("valid_to", "When it ends; null: no end is set.", of=_TERM)
    embargo_until: DateTime | None = column(
        "embargo_until", "Before it no record leaves; null: none.", of=_TERM
    )
    purposes: list[Purpose] | None = column("purposes", "What records may be used for.", of=_TERM)
    data_domains: list[DataDomain] | None = column(
        "data_domains", "The kinds of record included beside the clinical ones.", of=_TERM
    )
    partner: Annotated[Partner, strawberry.lazy("schema.consortium")] | None = one(
        "partner_id", "id", "The institution."
    )
    cohorts: list[Annotated[Cohort, strawberry.lazy("schema.cohort")]] = many(
        "id",
        "project_id",
        "The cohorts that it was approved for.",
        order=("code",),
        through=("project_cohort", "cohort_id"),
    )
    tumour_types: list[Annotated[ApprovedTumourType, strawberry.lazy("schema.project")]] = many(
        "id", "project_id", "The tumour types that it was approved for.", order=("onco_tree_code",)
    )
