"""What an answer releases: rows of each type, of which patients, and how many counts.

It decides nothing; the audit is told of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from db.answer import MOST_CHILDREN, MOST_OBJECTS
from db.plan import Select
from resolvers.errors import Code, Refusal

if TYPE_CHECKING:
    from resolvers.bind import Binding
    from resolvers.reader import Row


@dataclass(frozen=True, slots=True)
class Names:
    """Name the type of a row, by its table, and the type that it is, where a table has several."""

    tables: Mapping[str, str]
    kinds: Mapping[str, str]

    @classmethod
    def of(cls, binding: Binding) -> Names:
        """Read them from what is declared."""
        tables: dict[str, str] = {}
        kinds: dict[str, str] = {}
        for name, bound in binding.types.items():
            kinds |= binding.kinds(name)
            if bound.entity is not None and bound.entity.kind is None:
                tables[bound.entity.table] = name
        return cls(tables, kinds)


@dataclass(slots=True)
class Released:
    """Count what becomes part of one answer: a row that several lead to counts for each."""

    names: Names
    rows: Counter[str] = field(default_factory=Counter)
    patients: set[int] = field(default_factory=set)
    cells: int = 0
    releases: set[str] = field(default_factory=set)
    """The versions of which something published was looked up."""

    def add(self, select: Select, rows: Sequence[Row], name: str | None = None) -> None:
        """Count rows of a selection, of the type that a representation named where one did.

        Raises: Refusal LIMIT_EXCEEDED where the answer has too many.
        """
        if not rows:
            return
        self.rows[name or self.names.tables[select.table]] += len(rows)
        self.bound()
        if select.patient is not None:
            place = rows[0].places[select.patient]
            self.patients.update(row.values[place] for row in rows)

    def bound(self) -> None:
        """Refuse an answer of too many objects.

        Raises: Refusal LIMIT_EXCEEDED.
        """
        if self.rows.total() > MOST_OBJECTS:
            raise excessive()


def excessive() -> Refusal:
    """Refuse what holds too much."""
    return Refusal(
        Code.LIMIT_EXCEEDED,
        f"The answer has more than {MOST_OBJECTS:,} objects, or {MOST_CHILDREN:,} in one "
        "list: ask for smaller pages or fewer relations.",
    )
