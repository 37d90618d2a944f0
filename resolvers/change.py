"""Changes: read what the data office is asked to do, and tell why it does not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from db.office.problem import Problem, Rejected
from resolvers.errors import Code, Refusal

GATE = "is_office"
"""The function of the database that whoever may change anything was granted."""


def read(given: Mapping[str, object]) -> dict[str, object]:
    """Read an input as the data office takes it: names and words of the database."""
    return {_snake(name): _plain(value) for name, value in given.items()}


def refusals(rejected: Rejected, nodes: Any = None) -> list[Refusal]:
    """Tell every problem of an input, each with its place."""
    return [
        Refusal(Code.BAD_USER_INPUT, f"{_place(problem)}: {problem.sentence}.", nodes)
        for problem in rejected.problems
    ]


def _place(problem: Problem) -> str:
    spelled = "input"
    for step in problem.place:
        spelled += f"[{step}]" if isinstance(step, int) else f".{_camel(step)}"
    return spelled


def _plain(value: object) -> object:
    match value:
        case Enum():
            return value.name
        case list():
            return tuple(map(_plain, value))
        case _:
            return value


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
