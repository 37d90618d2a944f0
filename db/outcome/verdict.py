"""What the rules can say: values, and the reason that goes with each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Response(StrEnum):
    """Name a response by RECIST 1.1, as connect.response does."""

    CR = "CR"
    PR = "PR"
    SD = "SD"
    PD = "PD"
    NE = "NE"


class ImmuneResponse(StrEnum):
    """Name a response by iRECIST, as connect.immune_response does."""

    ICR = "ICR"
    IPR = "IPR"
    ISD = "ISD"
    IUPD = "IUPD"
    ICPD = "ICPD"
    NE = "NE"


class Event(StrEnum):
    """Name what is known of an event."""

    EVENT = "EVENT"
    CENSORED = "CENSORED"
    UNKNOWN = "UNKNOWN"


class Benefit(StrEnum):
    """Name a verdict on clinical benefit at week 16."""

    YES = "YES"
    NO = "NO"
    NOT_EVALUABLE = "NOT_EVALUABLE"
    TOO_EARLY = "TOO_EARLY"


class Evaluability(StrEnum):
    """Name whether a treatment counts for benefit at week 16."""

    EVALUABLE = "EVALUABLE"
    NOT_EVALUABLE = "NOT_EVALUABLE"
    TOO_EARLY = "TOO_EARLY"


class Reason(StrEnum):
    """Name why a verdict is what it is; the meanings stand in docs/outcomes.md."""

    RESPONSE = "RESPONSE"
    CONFIRMED = "CONFIRMED"
    RESPONSE_NOT_CONFIRMED = "RESPONSE_NOT_CONFIRMED"
    STABLE = "STABLE"
    STABLE_TOO_SHORT = "STABLE_TOO_SHORT"
    PROGRESSION = "PROGRESSION"
    UNCONFIRMED_PROGRESSION = "UNCONFIRMED_PROGRESSION"
    ONLY_NOT_EVALUABLE = "ONLY_NOT_EVALUABLE"
    NO_ASSESSMENT = "NO_ASSESSMENT"
    NO_RESPONSE = "NO_RESPONSE"
    DISEASE_CONTROL = "DISEASE_CONTROL"
    LATER_DISEASE_CONTROL = "LATER_DISEASE_CONTROL"
    DEATH = "DEATH"
    BEFORE_WINDOW_END = "BEFORE_WINDOW_END"
    NEXT_THERAPY = "NEXT_THERAPY"
    WINDOW_MISSED = "WINDOW_MISSED"
    LESS_THAN_ONE_CYCLE = "LESS_THAN_ONE_CYCLE"
    DIED_IN_FIRST_CYCLE = "DIED_IN_FIRST_CYCLE"
    EXPOSURE_UNKNOWN = "EXPOSURE_UNKNOWN"
    ONE_CYCLE = "ONE_CYCLE"
    PROGRESSION_IN_FIRST_CYCLE = "PROGRESSION_IN_FIRST_CYCLE"
    MISSED_VISITS = "MISSED_VISITS"
    NO_ADEQUATE_ASSESSMENT = "NO_ADEQUATE_ASSESSMENT"
    LAST_ADEQUATE_ASSESSMENT = "LAST_ADEQUATE_ASSESSMENT"
    VITAL_STATUS_UNKNOWN = "VITAL_STATUS_UNKNOWN"
    DEATH_DAY_UNKNOWN = "DEATH_DAY_UNKNOWN"
    LAST_CONTACT_UNKNOWN = "LAST_CONTACT_UNKNOWN"
    ALIVE = "ALIVE"


@dataclass(frozen=True, slots=True)
class BestResponse:
    """Hold a best response by RECIST 1.1 terms; null where nothing was assessed."""

    value: Response | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class BestImmuneResponse:
    """Hold a best response by iRECIST."""

    value: ImmuneResponse
    reason: Reason


@dataclass(frozen=True, slots=True)
class ClinicalBenefit:
    """Hold the verdict on week 16."""

    value: Benefit
    reason: Reason


@dataclass(frozen=True, slots=True)
class Evaluable:
    """Hold whether the verdict on week 16 counts."""

    value: Evaluability
    reason: Reason


@dataclass(frozen=True, slots=True)
class TimeToEvent:
    """Hold days to an event or to censoring; neither where there is nothing to measure."""

    days: int | None
    event: Event | None
    reason: Reason
