"""Overall survival: months to days, and to which of them a recorded status belongs.

A status belongs to a survival time only where the study records one for nearly everyone who has a
time: at least 9 in 10. Then DECEASED is an event, LIVING is censored and nothing is unknown. A
column that is filled for fewer comes from another source, at a date that the study does not say:
it is kept as the patient's vital status, and every event stays unknown.
See docs/decisions/0010-survival-status.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from db.ingest.report import Journal
from db.ingest.sheet import Row, Sheet
from db.ingest.term import RowRejected, number, vital_status

DAYS_PER_MONTH = 30.4375
_MOST_MONTHS = 1200
_EVENT = {"DEAD": "EVENT", "ALIVE": "CENSORED", None: "UNKNOWN"}


@dataclass(frozen=True, slots=True)
class Survival:
    """Hold what one row says of a patient's survival."""

    days: int | None
    status: str | None


def read(row: Row, months_column: str | None, status_column: str | None) -> Survival:
    """Read one patient's time and status."""
    months = number(row, months_column)
    if months is not None and not 0 <= months <= _MOST_MONTHS:
        remedy = f"write months from 0 to {_MOST_MONTHS}"
        raise RowRejected("NUMBER_OUT_OF_RANGE", months_column, row.get(months_column), remedy)
    days = None if months is None else round(months * DAYS_PER_MONTH)
    return Survival(days, vital_status(row, status_column))


def events(
    survivals: Sequence[Survival], sheet: Sheet, status_column: str | None, journal: Journal
) -> list[str | None]:
    """Judge for all patients together whether the status belongs to the time."""
    timed = [each for each in survivals if each.days is not None]
    known = [each for each in timed if each.status is not None]
    belongs = bool(timed) and len(known) * 10 >= len(timed) * 9
    if timed and not belongs:
        dead = sum(1 for each in known if each.status == "DEAD")
        alive = len(known) - dead
        journal.notice(
            sheet.name,
            "SURVIVAL_STATUS_PARTIAL",
            f"{len(known)} of {len(timed)} with a time ({dead} DEAD, {alive} ALIVE)",
            "a status for fewer than 9 in 10 is of unknown date: kept as vital status, "
            "the event is UNKNOWN for all",
            column=status_column,
        )
    return [
        None if each.days is None else _EVENT[each.status if belongs else None]
        for each in survivals
    ]


def notice_origin(sheet: Sheet, months_column: str | None, journal: Journal) -> None:
    """Repeat what the file says survival is counted from; here it is not always treatment start."""
    if months_column is None:
        return
    at = sheet.columns.index(months_column)
    for line in sheet.metadata:
        if at < len(line) and "since" in line[at].lower():
            journal.notice(
                sheet.name,
                "SURVIVAL_ORIGIN",
                line[at].strip(),
                "stored as the source counts: these are not days from treatment start",
                column=months_column,
            )
