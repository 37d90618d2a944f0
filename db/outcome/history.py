"""What is known of one treatment, in days after its start."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Assessment:
    """Hold one evaluation as recorded, in the vocabularies of connect.response_assessment."""

    key: int
    day: int | None
    criteria: str
    evaluator: str | None = None
    response: str | None = None
    normalised: str | None = None
    new_lesion: bool | None = None
    reader: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """Hold the inputs of the rules; what is not known is None."""

    assessments: tuple[Assessment, ...] = ()
    route: str | None = None
    end_day: int | None = None
    end_reason: str | None = None
    next_therapy_day: int | None = None
    death_day: int | None = None
    vital_status: str | None = None
    last_known_alive_day: int | None = None
    cut_off_day: int | None = None

    @property
    def ended(self) -> bool:
        """Tell whether treatment is known to be over."""
        return (
            self.end_day is not None
            or self.end_reason is not None
            or self.death_day is not None
            or self.next_therapy_day is not None
        )

    @property
    def horizon(self) -> int:
        """Give the day up to which the record speaks (rule 1.3)."""
        if self.cut_off_day is not None:
            return self.cut_off_day
        days = (
            *(each.day for each in self.assessments),
            *(self.end_day, self.death_day, self.next_therapy_day, self.last_known_alive_day),
        )
        return max((day for day in days if day is not None and day > 0), default=0)


def settle(history: History) -> History:
    """Leave out what comes after the data cut-off, and complete what follows (rules 1.1, 1.2)."""
    cut = history.cut_off_day
    if cut is not None:
        history = _cut(history, cut)
    if history.end_reason == "DEATH":
        end_day = history.death_day if history.end_day is None else history.end_day
        return replace(history, vital_status="DEAD", end_day=end_day)
    if history.death_day is not None:
        return replace(history, vital_status="DEAD")
    return history


def as_of(history: History, day: int | None) -> History:
    """Leave out what comes after a day, which no record need reach; None where none is known.

    A data cut-off that is not known stays so: up to where the record speaks is for it to say.
    """
    if day is None:
        return history
    if history.cut_off_day is not None:
        return replace(history, cut_off_day=min(day, history.cut_off_day))
    return replace(settle(replace(history, cut_off_day=day)), cut_off_day=None)


def _cut(history: History, cut: int) -> History:
    end_day, end_reason = history.end_day, history.end_reason
    death_day, vital_status = history.death_day, history.vital_status
    alive_day = history.last_known_alive_day
    if end_day is not None and end_day > cut:
        end_day = end_reason = None
    if death_day is not None and death_day > cut:
        death_day, vital_status, alive_day = None, "ALIVE", cut
        end_reason = None if end_reason == "DEATH" else end_reason
    if alive_day is not None:
        alive_day = min(alive_day, cut)
        alive_day = alive_day if alive_day >= 0 else None
    later = history.next_therapy_day
    return replace(
        history,
        assessments=tuple(
            each for each in history.assessments if each.day is None or each.day <= cut
        ),
        end_day=end_day,
        end_reason=end_reason,
        next_therapy_day=None if later is not None and later > cut else later,
        death_day=death_day,
        vital_status=vital_status,
        last_known_alive_day=alive_day,
    )
