"""The observer: told what an operation does and how long that takes, never with which values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Observer(Protocol):
    """Watch one operation."""

    def operation(self, kind: str) -> None:
        """Note whether it is a query, a mutation or a subscription; its name is the caller's."""

    def stage(self, name: str) -> AbstractContextManager[None]:
        """Watch a stage of it, as long as a block lasts: `plan`, or a `statement`."""


class Nobody:
    """Watch nothing."""

    def operation(self, kind: str) -> None:
        """Note nothing."""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Watch nothing."""
        del name
        yield


NOBODY = Nobody()
