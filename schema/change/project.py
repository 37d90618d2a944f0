"""Changes of projects and of their terms."""

from __future__ import annotations

from typing import Annotated

import strawberry

from schema.change.value import CHANGED, CODE, UNCHANGED, given, optional
from schema.mapping import changed, of_change
from schema.project import Project
from schema.scalars import DateTime
from schema.viewer import DataDomain, Purpose


@strawberry.input(description="A research project that was approved.")
class CreateProjectInput:
    """Read by `db.office.project`."""

    code: str = given(f"Code of the project, and of its scope: {CODE}")
    title: str = given("Title of the project.")
    institution: str = given("Code of the institution.")
    all_cohorts: bool = strawberry.field(
        description="True: patients of any cohort or none; false: of `cohorts`.", default=False
    )
    cohorts: list[str] | None = optional("Codes of the cohorts that it was approved for.")
    all_tumour_types: bool = strawberry.field(
        description="True: any diagnosis; false: `tumourTypes`.", default=False
    )
    tumour_types: list[str] | None = optional(
        "{OncoTree} Codes that it was approved for; one of a tissue stands for all of its types."
    )
    valid_from: DateTime | None = optional("When it begins; left out: now.")
    valid_to: DateTime | None = optional("When it ends; left out: no end is set.")
    embargo_until: DateTime | None = optional("Before it no record leaves; left out: none.")
    purposes: list[Purpose] | None = optional("RESEARCH, STATISTICS or both; left out: RESEARCH.")
    data_domains: list[DataDomain] | None = optional(
        "The kinds of record included beside the clinical ones; left out: all."
    )


@strawberry.input(description="What is otherwise in a project. What has ended stays as it was.")
class UpdateProjectInput:
    """Read by `db.office.project`."""

    code: str = given("Which project.")
    title: str | None = optional(f"Title of the project. {UNCHANGED}")
    add_cohorts: list[str] | None = optional("Codes of cohorts that join; none ever leaves.")
    add_tumour_types: list[str] | None = optional(
        "{OncoTree} Codes of tumour types that join; none ever leaves."
    )
    valid_to: DateTime | None = optional(f"When it ends; null: no end is set. {UNCHANGED}")
    embargo_until: DateTime | None = optional(
        f"Before it no record leaves; null: none. {UNCHANGED}"
    )
    purposes: list[Purpose] | None = optional(f"RESEARCH, STATISTICS or both. {UNCHANGED}")
    data_domains: list[DataDomain] | None = optional(
        f"The kinds of record included beside the clinical ones. {UNCHANGED}"
    )


@strawberry.type(description="What became of a change of a project.")
class ProjectPayload:
    """What a change gives back."""

    project: Annotated[Project, strawberry.lazy("schema.project")] | None = changed(
        "The project as it is now. Its members see records once their ids in its scope are made, "
        "which takes a moment."
    )
    changed: bool = of_change(CHANGED)
