"""The steps of an import, told as each begins."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias


class Step(StrEnum):
    """Name a step, in their order."""

    READING = "reading the files"
    STORING = "storing the records"
    DERIVING = "deriving outcomes and findings"
    NAMING = "making ids in every scope"


Tell: TypeAlias = Callable[[Step], None]


def untold(_step: Step) -> None:
    """Tell nobody."""
