"""The one statement that ours sends for an operation, for the floor to send as well."""

from __future__ import annotations

from dataclasses import dataclass

from bench.operation import Operation, Variables
from db.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Statement:
    """Hold SQL whose first column is the answer's data, and what it is called with, as text."""

    sql: str
    arguments: tuple[str | list[str] | None, ...]


def statement_of(operation: Operation, variables: Variables, viewer: Viewer) -> Statement | None:
    """Give the statement of an operation; None where ours does not make one of it."""
    return None
