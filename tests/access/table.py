"""The access table, `table.txt`: what each role gets of each field, and where the value lives.

ALL: the value, in every row that the role may see. SITE: the value, in the records of the
clinician's own site, which are all that a clinician sees. NONE: the field, or the first field on
every way to it, answers FIELD_NOT_AVAILABLE. Which rows a role may see is the oracle's.

Where a value lives: `column` of the type's table; `table.column` of the identity table beside it;
`pseudonym`, the patient's id in the scope; `public id`, made of it; `a > table.b`, the rows of that
table whose b is this row's a; `table(a_id, b_id)`, the rows of b that it links; `latest`, the last
whose day has come; `prefix*`, columns of the same row; `viewer`, `page`, `change` and
`statistics`, which no table holds: `tests/statistics` compares what is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROLES = ("partner", "researcher", "authority", "clinician", "steward")


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one line of the table."""

    source: str
    rights: dict[str, str]

    def has(self, role: str) -> bool:
        return self.rights[role] != "NONE"


def _line(text: str) -> tuple[tuple[str, str], Line]:
    *rights, name, source = text.split(maxsplit=len(ROLES) + 1)
    type_, field = name.split(".")
    given = dict(zip(ROLES, rights, strict=True))
    assert set(given.values()) <= {"ALL", "SITE", "NONE"}, text
    return (type_, field), Line(source, given)


_HEADER, *_TEXTS = Path(__file__).with_suffix(".txt").read_text().splitlines()
assert tuple(_HEADER.split()) == ROLES
_LINES = [_line(text) for text in _TEXTS]
TABLE = dict(_LINES)
assert len(TABLE) == len(_LINES), "a field has two lines"
