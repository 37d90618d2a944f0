"""Values of an input: read, and noted as problems where they do not fit their place."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from db.office.problem import Problems

LONGEST: Final = 300
"""Characters of a name or a title."""
_CODE: Final = re.compile(r"[A-Z0-9-]{1,40}")
_WEIGHTS: Final = (3, 2, 7, 6, 5, 4, 3, 2)


class Unset(Enum):
    """Stand for what an input leaves out, which is not the same as null."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


def check_code(problems: Problems, code: str, place: str) -> None:
    """Require a code as the consortium writes them."""
    if not _CODE.fullmatch(code):
        problems.add("use 1 to 40 capital letters A to Z, digits and hyphens", place)


def check_text(problems: Problems, text: str, place: str) -> None:
    """Require a text that can be stored and read."""
    if not text.strip() or text != text.strip():
        problems.add("give a text that neither is empty nor begins or ends with a space", place)
    elif not text.isprintable():
        problems.add("leave out characters that cannot be printed", place)
    elif len(text) > LONGEST:
        problems.add(f"use {LONGEST} characters at the most", place)


def check_organisation(problems: Problems, number: str, place: str) -> None:
    """Require an organisation number {Brønnøysund}: nine digits, the last a check modulo 11."""
    if not re.fullmatch(r"[0-9]{9}", number):
        problems.add("an organisation number has nine digits, without spaces", place)
        return
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    if (11 - total % 11) % 11 != int(number[8]):
        problems.add("the check digit is wrong: compare with the register in Brønnøysund", place)


def check_count(problems: Problems, number: int | None, least: int, place: str) -> None:
    """Require a number that is not too small, or null."""
    if number is not None and number < least:
        problems.add(f"give a whole number from {least}, or null", place)


def distinct(problems: Problems, values: tuple[str, ...], place: str) -> None:
    """Require that no value stands twice."""
    for position, value in enumerate(values):
        if value in values[:position]:
            problems.add("stands there twice: leave one out", place, position)


def moment(problems: Problems, text: str | None, place: str) -> datetime | None:
    """Read a moment {ISO 8601} with its offset from UTC; null where there is none."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    problems.add("give a moment as 2027-01-31T12:00:00+01:00, with its offset from UTC", place)
    return None


def spelled(when: datetime) -> str:
    """Spell a moment for people."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
