"""Lesions: what each evaluator identified, and saw of it over time."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import strawberry

from schema.mapping import column, entity, many, public_id
from schema.response import Evaluator


@strawberry.enum(description="What a lesion counts as {RECIST}.")
class LesionKind(Enum):
    """Name a kind of lesion."""

    TARGET = "TARGET"
    NON_TARGET = "NON_TARGET"
    NEW = "NEW"


@entity("lesion_measurement", description="What one evaluator saw of a lesion at one visit.")
class LesionMeasurement:
    """A row of `lesion_measurement`."""

    id: strawberry.ID = public_id("Id of the measurement in the viewer's scope.")
    day: int | None = column("day", "[days] after treatment start; null where not known.")
    visit: str | None = column("visit", "The visit as recorded, such as WEEK 6.")
    diameter: float | None = column(
        "diameter_mm", "[mm] longest diameter; null where not measured."
    )
    perpendicular: float | None = column(
        "perpendicular_mm",
        "[mm] longest diameter across that, the short axis of a lymph node; null: not measured.",
    )
    state: str | None = column(
        "state", "State as recorded, of a lesion that is not measured, such as PRESENT."
    )


@entity("lesion", description="A lesion as one evaluator identified it.")
class Lesion:
    """A row of `lesion`."""

    id: strawberry.ID = public_id("Id of the lesion in the viewer's scope.")
    number: str = column("number", "The evaluator's own name of it, such as T01.")
    kind: LesionKind = column("kind", "What it counts as {RECIST}.")
    location: str | None = column("location", "Where it is, as recorded, such as LYMPH NODE.")
    method: str | None = column("method", "How it was seen, as recorded, such as CT SCAN.")
    evaluator: Evaluator | None = column("evaluator", "Who identified it; null where not known.")
    evaluator_id: str | None = column(
        "evaluator_id",
        "Which of several evaluators, as recorded, such as RADIOLOGIST 2; null where there is one. "
        "For stewards and hospitals.",
    )
    accepted: bool | None = column(
        "accepted", "The evaluator whose verdict counts where several judged; null: not said."
    )
    visit: str | None = column("visit", "The visit it was identified at, as recorded.")
    day: int | None = column(
        "day", "[days] after treatment start when it was identified; null where not known."
    )
    measurements: list[Annotated[LesionMeasurement, strawberry.lazy("schema.lesion")]] = many(
        "id",
        "lesion_id",
        "What was seen of it, in the order of time.",
        order=("day", "visit"),
        size=6,
    )
