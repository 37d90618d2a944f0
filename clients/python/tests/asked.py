"""A program of a user, run in the client's environment: what it is told to ask, and what it got.

Reads a list of calls from standard input and writes what came of each to standard output, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any, NotRequired, TypedDict

from connect_graph_client import AnswerError, ConnectGraph, GraphError
from connect_graph_client.generated.enums import Response
from connect_graph_client.generated.input_types import PatientFilter, PatientOrder
from pydantic import BaseModel


class Choice(TypedDict):
    """Say which scope and purpose, where there are several."""

    scope: NotRequired[str]
    purpose: NotRequired[str]


class Call(TypedDict):
    """Say whom to ask as whom, by which method, with what."""

    url: str
    tokens: list[str]
    choice: Choice
    method: str
    arguments: dict[str, Any]
    times: int


def renewing(tokens: list[str]) -> str | Callable[[], str]:
    """Give the only token, or a function that gives one after the other."""
    following = iter(tokens)
    return tokens[0] if len(tokens) == 1 else lambda: next(following)


def typed(arguments: dict[str, Any]) -> dict[str, Any]:
    """Give the arguments with the types that the client has for them."""
    kinds: dict[str, Callable[[Any], Any]] = {
        "where": PatientFilter.model_validate,
        "order_by": lambda orders: [PatientOrder.model_validate(order) for order in orders],
        "responses": lambda names: [Response(name) for name in names],
    }
    return {name: kinds.get(name, lambda as_is: as_is)(arguments[name]) for name in arguments}


def plain(answer: Any) -> Any:
    """Give an answer as it would be in JSON."""
    if isinstance(answer, list):
        return [plain(each) for each in answer]
    return (
        answer.model_dump(mode="json", by_alias=True) if isinstance(answer, BaseModel) else answer
    )


async def answered(graph: ConnectGraph, call: Call) -> Any:
    """Call the method; of a list as a whole, give all of it."""
    arguments = typed(call["arguments"])
    document = [arguments.pop("document")] if "document" in arguments else []
    asked = getattr(graph, call["method"])(*document, **arguments)
    return [each async for each in asked] if isinstance(asked, AsyncIterator) else await asked


async def outcome(call: Call) -> dict[str, Any]:
    """Give what came of a call: an answer with its type, or an error."""
    try:
        async with ConnectGraph(call["url"], renewing(call["tokens"]), **call["choice"]) as graph:
            for _ in range(call["times"] - 1):
                await answered(graph, call)
            answer = await answered(graph, call)
    except AnswerError as error:
        return {
            "error": type(error).__name__,
            "text": str(error),
            "code": error.code,
            "problems": [[each.code, list(each.path)] for each in error.problems],
            "data": error.data,
            "status": error.status,
        }
    except GraphError as error:
        return {"error": type(error).__name__, "text": str(error)}
    kind = type(answer[0] if isinstance(answer, list) and answer else answer).__name__
    return {"type": kind, "answer": plain(answer)}


async def main() -> None:
    """Make the calls one after the other."""
    calls: list[Call] = json.load(sys.stdin)
    json.dump([await outcome(call) for call in calls], sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())
