"""The scalars and vocabularies that several types share."""

from __future__ import annotations

from enum import Enum
from typing import NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

Date = NewType("Date", str)
DateTime = NewType("DateTime", str)

SCALARS: dict[object, ScalarDefinition] = {
    Date: strawberry.scalar(
        name="Date",
        description="A day of the calendar {ISO 8601}, YYYY-MM-DD.",
        serialize=str,
        parse_value=str,
    ),
    DateTime: strawberry.scalar(
        name="DateTime",
        description="A moment {ISO 8601} with its offset from UTC.",
        serialize=str,
        parse_value=str,
    ),
}


@strawberry.enum(description="A Norwegian regional health authority.")
class HealthRegion(Enum):
    """Name a regional health authority."""

    SOR_OST = "SOR_OST"
    VEST = "VEST"
    MIDT = "MIDT"
    NORD = "NORD"


@strawberry.enum(
    description="Response of a tumour {RECIST}; NE is not evaluable and never progression."
)
class Response(Enum):
    """Name a response category."""

    CR = "CR"
    PR = "PR"
    SD = "SD"
    PD = "PD"
    NE = "NE"


@strawberry.enum(
    description="Whether the event of a survival time was seen. UNKNOWN is not CENSORED."
)
class Event(Enum):
    """Name what is known of an event."""

    EVENT = "EVENT"
    CENSORED = "CENSORED"
    UNKNOWN = "UNKNOWN"


@strawberry.enum(description="Whether a treatment counts for benefit at week 16.")
class Evaluability(Enum):
    """Name an evaluability."""

    EVALUABLE = "EVALUABLE"
    NOT_EVALUABLE = "NOT_EVALUABLE"
    TOO_EARLY = "TOO_EARLY"


@strawberry.enum(description="How a medicine is given.")
class Route(Enum):
    """Name a route."""

    ORAL = "ORAL"
    INTRAVENOUS = "INTRAVENOUS"
    OTHER = "OTHER"
