"""Slots: where a field of the answer finds its value in what was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import GraphQLOutputType

from db.aggregate.live import Part
from db.plan import Expression, Select
from resolvers.errors import Refusal


@dataclass(frozen=True, slots=True)
class Leaf:
    """The value of an expression in the row."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Nested:
    """Values of the row under one name; null where `present` is null."""

    present: Expression
    slots: Slots


@dataclass(frozen=True, slots=True)
class Branch:
    """Rows of another selection, those whose key equals `parent`."""

    parent: Expression
    select: Select
    slots: Slots
    many: bool
    paged: Paged | None = None


@dataclass(frozen=True, slots=True)
class Single:
    """The one row of a root selection, or null."""

    select: Select
    slots: Slots


@dataclass(frozen=True, slots=True)
class Paged:
    """A page of a root selection."""

    select: Select
    asked: int
    """The field whose arguments say how many rows it has."""
    follows: bool
    """The page begins after a cursor."""
    slots: Slots

    @property
    def is_read(self) -> bool:
        """Tell whether rows are asked for, not only how many there are."""
        return any(slot != COUNT for slot in self.slots.values())


@dataclass(frozen=True, slots=True)
class PageRows:
    """The rows of a page, one way in which the connection asks for them."""

    slots: Slots
    in_edges: bool = False


@dataclass(frozen=True, slots=True)
class OfPage:
    """A property of a page or of a place in it: cursor, pageInfo, totalCount."""

    name: str
    slots: Slots | None = None


COUNT = OfPage("totalCount")


@dataclass(frozen=True, slots=True)
class Entity:
    """The records of one type that representations name by one key."""

    select: Select
    slots: Slots
    beside: Mapping[str, GraphQLOutputType]
    """What comes beside the key, and what it must be: null is allowed for what is not answered."""


@dataclass(frozen=True, slots=True)
class Entities:
    """What representations name, in their order, by type and key; None where the role lacks it."""

    asked: int
    """The field whose arguments have the representations."""
    groups: Mapping[tuple[str, str], Entity | None]


@dataclass(frozen=True, slots=True)
class OfSubgraph:
    """What the subgraph tells of itself."""


@dataclass(frozen=True, slots=True)
class OfViewer:
    """What identification found out about the caller."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Statistics of outcomes at a root: live, or as they were published."""

    asked: int
    """The field whose arguments say of what."""
    is_live: bool
    parts: frozenset[Part]
    """What is counted beside what every row tells."""
    fields: tuple[str, ...]
    """Of a row, those that are asked for."""


@dataclass(frozen=True, slots=True)
class OutcomesOf:
    """Statistics of the outcomes of a row's group."""

    of: Outcomes
    dimension: str
    group: Expression
    """Gives the value that the group is of."""


@dataclass(frozen=True, slots=True)
class Changing:
    """A change to make, and the slots of what it gives back."""

    operation: str
    given: Mapping[str, object]
    slots: Slots


@dataclass(frozen=True, slots=True)
class Reread:
    """What a change was about: the row of a selection by its key."""

    type: str
    select: Select
    slots: Slots


@dataclass(frozen=True, slots=True)
class OfChange:
    """Whether a change made anything otherwise."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing: the field cannot be answered here, which the plan says once."""

    refusal: Refusal | None = None
    """What the plan says of a field that the schema allows no null."""


Slot = (
    Leaf
    | Nested
    | Branch
    | Single
    | Paged
    | PageRows
    | OfPage
    | Entities
    | OfSubgraph
    | OfViewer
    | Outcomes
    | OutcomesOf
    | Changing
    | Reread
    | OfChange
    | Missing
)
Slots = Mapping[tuple[str, str], Slot]
"""By the concrete type's name and the field's name in the answer."""
