"""Dates as SDTM has them (ISO 8601, perhaps partial), and the days that they are counted in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from db.ingest.sheet import Row
from db.ingest.term import RowRejected

_COMPLETE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(T[\d:.]{2,15}(Z|[+-]\d\d:?\d\d)?)?")
_UNKNOWN = r"(?:\d\d|nk|un|unk|--?|-)"
_PARTIAL = re.compile(rf"(?P<year>\d{{4}})(?:-{_UNKNOWN}(?:-{_UNKNOWN})?)?(?:T.*)?", re.IGNORECASE)
_YEARS = range(1900, 2101)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Hold a date as recorded: whole, or of it only the year."""

    text: str | None
    whole: date | None
    year: int | None

    @property
    def partial(self) -> bool:
        """Tell whether something is recorded, and not a whole date."""
        return self.text is not None and self.whole is None

    def day(self, start: date | None) -> int | None:
        """Count the days from a start; the day before it is -1, none is ever invented."""
        if self.whole is None or start is None:
            return None
        return (self.whole - start).days


def recorded(row: Row, column: str | None) -> Recorded:
    """Read a date."""
    value = row.get(column)
    if value is None:
        return Recorded(None, None, None)
    remedy = "write the date as 2020-03-31, or what is known of it: 2020-03, 2020"
    match = _COMPLETE.fullmatch(value)
    try:
        if match is not None:
            whole = date(int(match[1]), int(match[2]), int(match[3]))
            if whole.year in _YEARS:
                return Recorded(value, whole, whole.year)
        elif (partly := _PARTIAL.fullmatch(value)) is not None and int(partly["year"]) in _YEARS:
            return Recorded(value, None, int(partly["year"]))
    except ValueError:
        pass
    raise RowRejected("DATE_UNREADABLE", column, value, remedy)
