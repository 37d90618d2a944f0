"""Drawing rows by a seed: values, ids, and moments relative to now."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

Row = dict[str, Any]
T = TypeVar("T")
PAST, EXACT, SOON, FUTURE = "past", "exactly now", "soon", "future"
_KEYLESS_LISTED = (
    "patient_identity screening_identity specimen_identity treatment_identity"
    " treatment_drug tumour_board_review_identity gene_assessed prior_treatment_drug"
    " therapeutic_option_drug treatment_biomarker treatment_funding outcome_assessment"
    " finding_biomarker consent"
)
_KEYLESS = frozenset(_KEYLESS_LISTED.split())


@dataclass(slots=True)
class Draw:
    """Gather the rows of a world, each table's in the order in which they were drawn."""

    rng: random.Random
    now: datetime
    soon: timedelta
    """When what is to come soon comes."""
    full: bool = False
    """As many records as there may be."""
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def add(self, table: str, **values: Any) -> Row:
        """Draw a row without an id of its own."""
        self.rows[table].append(values)
        return values

    def new(self, table: str, **values: Any) -> Row:
        """Draw a row with the next id."""
        return self.add(table, id=len(self.rows[table]) + 1, **values)

    def record(self, table: str, patient: int, **values: Any) -> Row:
        """Draw a record of a patient."""
        if table in _KEYLESS:
            return self.add(table, patient_id=patient, **values)
        if table == "outcome":
            return self.add(table, key=self.uuid(), patient_id=patient, **values)
        return self.new(table, key=self.uuid(), patient_id=patient, **values)

    def uuid(self) -> str:
        return str(UUID(int=self.rng.getrandbits(128), version=4))

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def one(self, *choices: T) -> T:
        return self.rng.choice(choices)

    def some(self, choices: Sequence[T], most: int, least: int = 0) -> list[T]:
        """Draw distinct ones."""
        number = self.rng.randint(min(least, len(choices)), min(most, len(choices)))
        return self.rng.sample(list(choices), number)

    def number(self, low: int, high: int) -> int:
        return self.rng.randint(low, high)

    def many(self, most: int) -> int:
        """Draw how many rows there are."""
        return most if self.full and self.chance(0.7) else self.number(0, most)

    def share(self) -> float:
        return self.number(0, 1000) / 1000

    def maybe(self, value: T) -> T | None:
        return value if self.chance(0.6) else None

    def words(self, *choices: str) -> str | None:
        return self.maybe(self.one(*choices))

    def day(self) -> str:
        return f"{self.number(2015, 2024)}-{self.number(1, 12):02}-{self.number(1, 28):02}"

    def at(self, when: str) -> str:
        """Give a moment: some time ago, exactly now, soon, or some time from now."""
        offset = {
            PAST: -timedelta(days=self.number(1, 700), seconds=self.number(0, 86_400)),
            EXACT: timedelta(),
            SOON: self.soon,
            FUTURE: timedelta(days=self.number(1, 700), seconds=self.number(0, 86_400)),
        }[when]
        return (self.now + offset).isoformat()

    def ago(self, days: float) -> str:
        return (self.now - timedelta(days=days)).isoformat()
