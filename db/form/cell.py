"""Cells: how values are written and read, so that what was written is read again exactly.

A spreadsheet takes a text that begins like a formula for one, and some texts are spellings of
missing. Such a text is written after an apostrophe, which is taken off when it is read.
"""

from __future__ import annotations

import re
from collections.abc import Container
from datetime import UTC, date, datetime

from db.form.form import SEPARATOR, Column, Kind
from db.ingest import term
from db.ingest.sheet import Row, is_missing
from db.ingest.term import RowRejected

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LIST_ITEM = re.compile(r"(?:[^;\\]|\\.)+", re.DOTALL)
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_YES_NO = {
    **dict.fromkeys(("yes", "y", "true", "1", "ja", "j"), True),
    **dict.fromkeys(("no", "n", "false", "0", "nei"), False),
}
_MOST = 2**31 - 1


def write(value: object, words: Container[str] = ()) -> str:
    """Write a value; a text that a spreadsheet or a reader would take for something else, masked.

    A word of the column's vocabulary never needs a mask: it wins over the spellings of missing.

    Raises: TypeError for a type that no column has.
    """
    match value:
        case None | () | []:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value)
        case float():
            return repr(value).removesuffix(".0")
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case str():
            return value if value in words else mask(value)
        case tuple() | list():
            return mask(
                SEPARATOR.join(
                    str(each).replace("\\", "\\\\").replace(SEPARATOR, f"\\{SEPARATOR}")
                    for each in value
                )
            )
    raise TypeError(type(value).__name__)


def mask(text: str) -> str:
    """Write a text after an apostrophe where it needs one."""
    return f"'{text}" if _misread(text) else text


def text(cell: str) -> str | None:
    """Read a text: blanks around it go, a spelling of missing is none, a mask comes off."""
    if cell.startswith("'") and _misread(cell[1:]):
        return cell[1:]
    found = cell.strip()
    return None if is_missing(found) else found


def _misread(value: str) -> bool:
    return (
        value.startswith(_FORMULA)
        or value != value.strip()
        or is_missing(value)
        or (value.startswith("'") and _misread(value[1:]))
    )


def texts(row: Row, name: str) -> tuple[str, ...]:
    """Read the values of a cell that holds several."""
    found = text(_cell(row, name))
    if found is None:
        return ()
    items = (re.sub(r"\\(.)", r"\1", each, flags=re.DOTALL) for each in _LIST_ITEM.findall(found))
    return tuple(each for item in items if (each := item.strip()))


def read(row: Row, column: Column) -> object:
    """Read the value of a column, of the type that its record has.

    Raises: RowRejected.
    """
    value = _value(row, column)
    if value is None and column.required:
        raise RowRejected("VALUE_MISSING", column.name, row.raw(column.name), "fill it in")
    return value


def _value(row: Row, column: Column) -> object:
    name = column.name
    match column.kind:
        case Kind.WHOLE:
            return term.whole(row, name, -_MOST, _MOST)
        case Kind.NUMBER:
            return term.number(row, name)
        case Kind.TEXTS:
            return texts(row, name)
    given = _cell(row, name)
    found = text(given)
    word = (found or given.strip()).upper()
    if word in column.words:
        return word
    if column.has_dash and given.strip() == "-":
        return "-"
    if found is None:
        return None
    if found.upper() in column.words:  # a word that is a spelling of missing elsewhere
        return found.upper()
    if column.words:
        remedy = f"write one of {', '.join(column.words)}"
        raise RowRejected("WORD_UNKNOWN", name, found, remedy)
    match column.kind:
        case Kind.YES_NO:
            if found.casefold() not in _YES_NO:
                raise RowRejected("WORD_UNKNOWN", name, found, "write yes or no")
            return _YES_NO[found.casefold()]
        case Kind.DATE:
            return day(found, name)
        case Kind.TIME:
            return _time(found, name)
    return found


def _cell(row: Row, name: str) -> str:
    return row.fields[row.index[name]] if name in row.index else ""


def day(value: str, name: str) -> date:
    """Read a day; with points the day comes first, as Norwegians write.

    Raises: RowRejected.
    """
    try:
        if swapped := _DAY_FIRST.fullmatch(value):
            found = date(int(swapped[3]), int(swapped[2]), int(swapped[1]))
        else:
            found = date.fromisoformat(value)
    except ValueError:
        found = date.min
    if not 1900 <= found.year <= 2100:
        remedy = "write a whole date as YYYY-MM-DD, or leave it empty"
        raise RowRejected("DATE_UNREADABLE", name, value, remedy)
    return found


def _time(value: str, name: str) -> datetime:
    if len(value) <= 10:
        whole = day(value, name)
        return datetime(whole.year, whole.month, whole.day, tzinfo=UTC)
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not 1900 <= found.year <= 2100:
        remedy = "write YYYY-MM-DDThh:mm+hh:mm, with the offset from UTC, or a date"
        raise RowRejected("TIME_UNREADABLE", name, value, remedy)
    return found
