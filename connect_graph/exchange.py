"""The exchange: what GraphQL over HTTP says of methods, media types, bodies and statuses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import Receive

from resolvers.answer import Answer
from resolvers.errors import Code, Refusal
from resolvers.execute import Request

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
JSONL = "application/jsonl"
CSV = "text/csv"
STREAMED = (JSONL, CSV)
"""In which a whole list goes, page after page."""
MOST_BYTES = 1_000_000


@dataclass(eq=False, slots=True)
class WrongExchange(Exception):
    """Refuse what HTTP itself forbids: a media type."""

    status: int
    message: str
    headers: Mapping[str, str]


def fold(headers: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    """Join what a header says in several lines, as HTTP has it: two tokens are then none."""
    found: dict[str, str] = {}
    for name, value in headers:
        key, said = name.decode("latin-1"), value.decode("latin-1")
        found[key] = f"{found[key]}, {said}" if key in found else said
    return found


def media_type(accept: str | None, *, streams: bool = False) -> str:
    """Choose the media type of the answer; JSON where the caller does not say.

    Raises: WrongExchange 406 where the caller takes none.
    """
    if accept is None or not accept.strip():
        return JSON
    offers = {"*/*": JSON, "application/*": JSON, JSON: JSON, GRAPHQL: GRAPHQL}
    if streams:
        offers |= dict(zip(STREAMED, STREAMED, strict=True))
    best: tuple[float, int, str] | None = None
    for place, part in enumerate(accept.split(",")):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        offered = offers.get(name)
        weight, charset = 1.0, "utf-8"
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key == "q":
                weight = _weight(value)
            elif key == "charset":
                charset = value.strip('"')
        if offered is None or weight <= 0 or charset not in {"utf-8", "utf8"}:
            continue
        candidate = (-weight, place, offered)
        if best is None or candidate < best:
            best = candidate
    if best is None:
        lists = f", whole lists as {JSONL} or {CSV}" if streams else ""
        raise WrongExchange(406, f"Answers come as {GRAPHQL} or {JSON}{lists}.", {})
    return best[2]


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


async def read(request: HttpRequest, headers: Mapping[str, str], seconds: float) -> Request:
    """Read the GraphQL request out of an HTTP one, whose body must arrive in time.

    Raises: WrongExchange 408, 415; Refusal BAD_USER_INPUT, PAYLOAD_TOO_LARGE; ClientDisconnect.
    """
    if request.method != "POST":
        return _from_query(request.query_params)
    if not _is_json(headers.get("content-type", "")):
        raise WrongExchange(415, f"Send the request as {JSON} in UTF-8.", {})
    try:
        async with asyncio.timeout(seconds):
            body = await _body(request.receive)
    except TimeoutError as error:
        closing = {"connection": "close"}
        raise WrongExchange(408, "The request did not arrive in time.", closing) from error
    return _from_body(body)


@lru_cache(maxsize=64)
def _is_json(said: str) -> bool:
    kind, *parameters = (part.strip() for part in said.split(";"))
    charsets = [
        part.partition("=")[2].strip('"').lower()
        for part in parameters
        if part.lower().startswith("charset=")
    ]
    return kind.lower() == JSON and all(name in {"utf-8", "utf8"} for name in charsets)


async def _body(receive: Receive) -> bytes:
    found = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        found += message.get("body", b"")
        if len(found) > MOST_BYTES:
            raise Refusal(
                Code.PAYLOAD_TOO_LARGE, f"The request is larger than {MOST_BYTES:,} bytes."
            )
        if not message.get("more_body", False):
            return bytes(found)


def _from_body(body: bytes) -> Request:
    try:
        content = json.loads(body.decode(), parse_constant=_not_json)
    except (ValueError, RecursionError) as error:
        raise Refusal(Code.BAD_USER_INPUT, "The body is not JSON in UTF-8.") from error
    if not isinstance(content, dict):
        raise Refusal(Code.BAD_USER_INPUT, "The body is not a JSON object with `query`.")
    return _request(content)


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)


def _from_query(parameters: Mapping[str, str]) -> Request:
    content: dict[str, Any] = {
        name: parameters[name]
        for name in ("query", "operation", "operationName")
        if name in parameters
    }
    for name in ("variables", "extensions"):
        if text := parameters.get(name):
            try:
                content[name] = json.loads(text, parse_constant=_not_json)
            except (ValueError, RecursionError) as error:
                raise Refusal(Code.BAD_USER_INPUT, f"`{name}` is not JSON.") from error
    return _request(content)


def _request(content: Mapping[str, Any]) -> Request:
    query = content.get("query")
    stored = content.get("operation")
    name = content.get("operationName")
    variables = content.get("variables")
    extensions = content.get("extensions")
    if not isinstance(stored, str | None):
        raise Refusal(Code.BAD_USER_INPUT, "`operation` is not a string.")
    if stored is not None and query is not None:
        raise Refusal(
            Code.BAD_USER_INPUT,
            "Give a `query` of your own or the name of a stored `operation`, not both.",
        )
    if stored is None and not isinstance(query, str):
        raise Refusal(Code.BAD_USER_INPUT, "`query` is missing or not a string.")
    if not isinstance(name, str | None):
        raise Refusal(Code.BAD_USER_INPUT, "`operationName` is not a string.")
    if not isinstance(variables, dict | None):
        raise Refusal(Code.BAD_USER_INPUT, "`variables` is not an object.")
    if not isinstance(extensions, dict | None):
        raise Refusal(Code.BAD_USER_INPUT, "`extensions` is not an object.")
    coordinates = _coordinates(extensions or {})
    return Request(query or "", name or None, variables or {}, coordinates, stored)


def _coordinates(extensions: Mapping[str, Any]) -> frozenset[str] | None:
    """Read of which coordinates a gateway wants the rules; who wants none gets them by paths."""
    wanted = extensions.get("withheld")
    if not isinstance(wanted, list):
        return None
    return frozenset(each for each in wanted if isinstance(each, str))


def write(
    answer: Answer,
    media: str,
    *,
    well_formed: bool = True,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Write an answer in a media type.

    As JSON, a well-formed request is answered 200 even where its document is refused; the media
    type of GraphQL answers 400. Who may not ask, and what failed here, shows in both.
    """
    status = 200 if media == JSON and well_formed and answer.status == 400 else answer.status
    return Response(
        answer.json.encode(errors="replace"),
        status,
        {"cache-control": "no-store", "x-content-type-options": "nosniff", **(headers or {})},
        f"{media}; charset=utf-8",
    )
