"""Survival curves by Kaplan and Meier, with who is left out of them and why."""

from __future__ import annotations

from typing import Annotated

import strawberry

from schema.mapping import statistic
from schema.proportion import IntervalMethod

_HERE = "schema.survival_curve"


@strawberry.type(description="A day of a curve on which somebody had the event or was last seen.")
class SurvivalPoint:
    """A step of a curve."""

    day: int = statistic("[days] since the beginning.")
    survival: float = statistic("[0-1] the share without the event after this day.")
    lower: float | None = statistic("[0-1] lower end of its interval; null: there is none.")
    upper: float | None = statistic("[0-1] upper end of its interval; null: there is none.")
    at_risk: int = statistic("[treatments] under observation just before this day ended.")
    events: int = statistic("[treatments] with the event on this day.")
    censored: int = statistic("[treatments] last seen without it on this day.")


@strawberry.type(description="The day by which half had the event.")
class MedianSurvival:
    """A median; null where the curve, or its bound, does not come down to half."""

    value: int | None = statistic("[days] the median; null: not reached.")
    lower: int | None = statistic("[days] lower end of its interval; null: not reached.")
    upper: int | None = statistic("[days] upper end of its interval; null: not reached.")


@strawberry.type(description="Time until an event, estimated by Kaplan and Meier.")
class SurvivalCurve:
    """A curve. What is not known of an event is left out and counted, never taken as censored."""

    patients: int = statistic("[treatments] that the curve is estimated from.")
    events: int = statistic("[treatments] of them with the event.")
    censored: int = statistic("[treatments] of them without it when last seen.")
    event_unknown: int = statistic(
        "[treatments] left out: there is a time, but not whether it ended with the event."
    )
    time_unknown: int = statistic(
        "[treatments] left out: no time is known. Of a duration of response: there was none."
    )
    median: Annotated[MedianSurvival, strawberry.lazy(_HERE)] = statistic("The median.")
    level: float = statistic("[0-1] confidence level of the intervals.")
    method: IntervalMethod = statistic("How the intervals were computed.")
    points: list[Annotated[SurvivalPoint, strawberry.lazy(_HERE)]] = statistic(
        "The steps, by day; before the first of them survival is 1.", size=50
    )
