"""Adverse events: what befell a patient on a treatment."""

from __future__ import annotations

from enum import Enum

import strawberry

from schema.mapping import column, entity, public_id


@strawberry.enum(description="Whether a treatment caused an adverse event, as judged.")
class Relatedness(Enum):
    """Name how surely a treatment caused an event."""

    UNRELATED = "UNRELATED"
    UNLIKELY = "UNLIKELY"
    POSSIBLE = "POSSIBLE"
    PROBABLE = "PROBABLE"
    DEFINITE = "DEFINITE"


@entity("adverse_event", description="Something untoward on a treatment, caused by it or not.")
class AdverseEvent:
    """A row of `adverse_event`."""

    id: strawberry.ID = public_id("Id of the adverse event in the viewer's scope.")
    term: str = column("term", "The event as recorded.")
    ctcae_term: str | None = column(
        "ctcae_term", "{CTCAE v5} term; null where the recorded one does not map."
    )
    grade: int | None = column(
        "grade", "{CTCAE v5} worst grade, 1-5; 5 is death; null where not known."
    )
    serious: bool | None = column(
        "serious", "{ICH E2A} death, danger to life, hospital or disability; null where not known."
    )
    relatedness: Relatedness | None = column(
        "relatedness", "To the treatment, as the investigator judged; null where not known."
    )
    start_day: int | None = column("start_day", "[days] after treatment start.")
    end_day: int | None = column(
        "end_day", "[days] after treatment start; null: going on or not known."
    )
