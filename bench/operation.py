"""The operations that are raced: what each side is asked, and with which variables.

The texts are files in `operations/`, one for all sides; where a rival cannot be asked the same one,
its own lies in a folder by its name.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_TEXTS: Final = Path(__file__).resolve().parent / "operations"
_SEED: Final = 1
_SUBGRAPH: Final = "biomarkers"
_GENES: Final = ("KRAS", "BRAF", "TP53", "PIK3CA")
_RESPONSES: Final = (["CR", "PR"], ["SD"])

Variables = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """Hold one operation, and the variables of the requests that take turns."""

    name: str
    title: str
    variables: tuple[Variables, ...]
    subgraph: str | None = None
    """Whose door of ours it goes to."""
    walked: bool = False
    """The requests ask for pages of which only the one before tells the cursor."""

    @property
    def path(self) -> str:
        """Give the door of ours."""
        return f"/subgraphs/{self.subgraph}/graphql" if self.subgraph else "/graphql"

    def text(self, dialect: str | None) -> str:
        """Give the document as a rival takes it, or the one for all."""
        own = _TEXTS / str(dialect) / f"{self.name}.graphql"
        path = own if own.exists() else _TEXTS / f"{self.name}.graphql"
        return path.read_text("utf-8")


def asked(variables: Variables, dialect: str | None) -> Variables:
    """Give the variables as a rival takes them: it knows patients by their ids."""
    if dialect is None or "representations" not in variables:
        return variables
    return {"ids": [each["id"] for each in variables["representations"]]}


def operations(ids: Sequence[str]) -> tuple[Operation, ...]:
    """Make the operations of the race, over patients drawn once and for all."""
    drawn = random.Random(_SEED)

    def some(number: int, size: int) -> Iterator[list[str]]:
        for _ in range(number):
            yield sorted(drawn.sample(ids, min(size, len(ids))))

    def lists(groups: Iterable[list[str]]) -> tuple[Variables, ...]:
        return tuple({"ids": each} for each in groups)

    def named(groups: Iterable[list[str]]) -> tuple[Variables, ...]:
        return tuple(
            {"representations": [{"__typename": "Patient", "id": id_} for id_ in each]}
            for each in groups
        )

    singles = drawn.sample(ids, min(200, len(ids)))
    conditions = tuple(
        {"first": 20, "gene": gene, "responses": responses}
        for gene in _GENES
        for responses in _RESPONSES
    )
    return (
        Operation("Q1", "one patient, all nested", tuple({"id": each} for each in singles)),
        Operation("Q2", "50 patients, all nested", lists(some(40, 50))),
        Operation("Q3", "1,000 patients", lists(some(4, 1_000))),
        Operation("Q5", "a gene and a response", conditions),
        Operation("Q6", "a page deep in a list", ({"after": None},), walked=True),
        Operation("Q7", "_entities of 500", named(some(10, 500)), _SUBGRAPH),
    )


def data(answer: Any) -> Any:
    """Give what sides must agree on: cursors are each one's own."""
    if isinstance(answer, dict):
        return {name: data(value) for name, value in answer.items() if name != "endCursor"}
    if isinstance(answer, list):
        return [data(each) for each in answer]
    if isinstance(answer, float) and answer.is_integer():
        return int(answer)  # 1 and 1.0 are one number of JSON
    return answer


_PARTS: Final = {"pageInfo", "progressionFreeSurvival", "overallSurvival"}


def rows(answer: Any) -> int:
    """Count the records in an answer."""
    if isinstance(answer, list):
        return sum(map(rows, answer))
    if not isinstance(answer, dict):
        return 0
    is_record = "nodes" not in answer
    inner = (rows(value) for name, value in answer.items() if name not in _PARTS)
    return is_record + sum(inner)
