"""Counts and shares, exact or within bounds, or withheld: always in the same form."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import strawberry

from schema.mapping import statistic

_HERE = "schema.proportion"
_WITHHELD = "True where it is withheld, whatever for: then every value is null."


@strawberry.enum(description="How an interval was computed.")
class IntervalMethod(Enum):
    """Name a method."""

    CLOPPER_PEARSON = strawberry.enum_value(
        "CLOPPER_PEARSON", description="Exact, of a share: by the binomial distribution."
    )
    LOG_LOG = strawberry.enum_value(
        "LOG_LOG", description="Of survival: Greenwood's variance on the scale of log(-log(S))."
    )


@strawberry.type(description="How many there are.")
class Count:
    """A number, or nothing where it is withheld."""

    value: int | None = statistic("[treatments] the number.")
    suppressed: bool = statistic(_WITHHELD)


@strawberry.type(description="A number that is exact or lies within bounds.")
class IntegerBounds:
    """A whole number: `value` is null where the bounds differ."""

    value: int | None = statistic("[treatments] the number where it is exact.")
    lower: int | None = statistic("[treatments] it is at least this.")
    upper: int | None = statistic("[treatments] it is at most this.")


@strawberry.type(description="A share that is exact or lies within bounds.")
class ShareBounds:
    """A share: `value` is null where the bounds differ."""

    value: float | None = statistic("[0-1] the share where it is exact.")
    lower: float | None = statistic("[0-1] it is at least this.")
    upper: float | None = statistic("[0-1] it is at most this.")


@strawberry.type(description="What chance leaves open.")
class ConfidenceInterval:
    """An interval; of a share within bounds the widest that any share within them has."""

    level: float = statistic("[0-1] how often such an interval holds the truth.")
    lower: float | None = statistic("[0-1] its lower end.")
    upper: float | None = statistic("[0-1] its upper end.")
    method: IntervalMethod = statistic("How it was computed.")


@strawberry.type(description="How many of how many, as a share with its interval.")
class Proportion:
    """A numerator, its denominator and what follows from both."""

    suppressed: bool = statistic(_WITHHELD)
    denominator: int | None = statistic(
        "[treatments] of how many; null where it is withheld or lies within bounds."
    )
    numerator: Annotated[IntegerBounds, strawberry.lazy(_HERE)] = statistic("How many.")
    estimate: Annotated[ShareBounds, strawberry.lazy(_HERE)] = statistic(
        "The share; null of no treatment at all."
    )
    confidence_interval: Annotated[ConfidenceInterval, strawberry.lazy(_HERE)] = statistic(
        "The exact interval of the share."
    )
