"""Answers: what is sent, and what becomes of everything that went wrong."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

from db.office.problem import Rejected
from db.pool import Excessive, TimedOut, Unavailable, Unfit
from resolvers.change import refusals
from resolvers.errors import Code, Refusal
from resolvers.released import Released, excessive

_LOG = logging.getLogger("connect_graph.execute")
UNREACHABLE = Refusal(Code.UNAVAILABLE, "The database cannot be reached: try again later.")
MISFIT = Refusal(Code.BAD_USER_INPUT, "A cursor or a value does not fit what it is for.")
TOO_SLOW = Refusal(Code.TIMEOUT, "The database took too long: ask for less.")
FAILURES: Mapping[type[Exception], Refusal] = {
    Unavailable: UNREACHABLE,
    TimedOut: TOO_SLOW,
    Unfit: MISFIT,
    Excessive: excessive(),
}
_WHOLE = (
    Code.BAD_USER_INPUT,
    Code.UNAVAILABLE,
    Code.TIMEOUT,
    Code.INTERNAL,
    Code.LIMIT_EXCEEDED,
)
"""What leaves nothing of an answer."""


@dataclass(frozen=True, slots=True)
class Page:
    """Hold what is known of a page of a stream beside its lines."""

    after: str | None
    """Where the next one begins; None: there is none."""
    columns: tuple[tuple[str, ...], ...]
    """The ways to the cells, where each record is a row of a table."""
    is_whole: bool = False
    """It was made at once: it is no page of many, and can be held."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what is answered, and how many statements and rows it took."""

    members: Mapping[str, Any]
    """All of the answer, or what stands beside `text`."""
    status: int = 200
    """The HTTP status where the media type lets a status tell of errors."""
    statements: int = 0
    rows: int = 0
    released: Released | None = None
    """What of it is for the audit alone."""
    text: str | None = None
    """The member `data` as PostgreSQL wrote it, in JSON; of a page its lines."""
    page: Page | None = None

    @classmethod
    def of_errors(cls, errors: list[GraphQLError], code: Code) -> Answer:
        """Answer errors for which nothing was executed."""
        return cls({"errors": [error.formatted for error in errors]}, code.status)

    @property
    def is_answered(self) -> bool:
        """Tell whether it holds data."""
        return self.text is not None or "data" in self.members

    @property
    def is_read(self) -> bool:
        """Tell whether it holds data that a statement read."""
        return self.statements > 0 and self.is_answered

    @property
    def codes(self) -> tuple[str, ...]:
        """Name the codes of its errors, sorted."""
        errors: list[dict[str, Any]] = self.members.get("errors", [])
        internal = Code.INTERNAL.value
        found = {error.get("extensions", {}).get("code", internal) for error in errors}
        return tuple(sorted(found))

    @property
    def json(self) -> str:
        """Spell it; what PostgreSQL wrote of it stays as it is."""
        if self.text is None:
            return _spelled(self.members)
        rest = "".join(f',"{name}":{_spelled(value)}' for name, value in self.members.items())
        return f'{{"data":{self.text}{rest}}}'

    @property
    def body(self) -> dict[str, Any]:
        """Read the whole of the answer."""
        if self.text is None:
            return dict(self.members)
        return {"data": json.loads(self.text), **self.members}


def refused(errors: list[GraphQLError]) -> Answer:
    """Answer what is refused before anything is executed."""
    extensions = errors[0].extensions or {}
    return Answer.of_errors(errors, Code(extensions["code"]))


def told(errors: Iterable[GraphQLError], *, whole: bool = True) -> list[Refusal]:
    """Turn what went wrong into what may be said, each once."""
    found = (each for error in errors for each in _told(error, whole=whole))
    return list(dict.fromkeys(found))


def made(
    data: Mapping[str, Any] | str | None,
    errors: Sequence[Refusal],
    withheld: Sequence[Mapping[str, Any]],
    released: Released | None,
    *,
    statements: int,
    rows: int,
    whole: bool = True,
) -> Answer:
    """Make the answer of data, or of its text; some errors leave nothing of it.

    Not `whole` is what may have changed something: then all is told. Of several that leave nothing
    the first in the document is told, whichever was met first.
    """
    fatal = [each for each in errors if each.code in _WHOLE and not each.alone] if whole else []
    worst = min(fatal, key=_place, default=None)
    if worst is not None:
        only = {"errors": [worst.formatted]}
        return Answer(only, worst.code.status, statements, rows, released)
    members: dict[str, Any] = {} if isinstance(data, str) else {"data": data}
    if errors:
        members["errors"] = [error.formatted for error in errors]
    if withheld:
        members["extensions"] = {"withheld": withheld}
    text = data if isinstance(data, str) else None
    return Answer(members, 200, statements, rows, released, text)


def _place(error: GraphQLError) -> tuple[int, int]:
    """Give where in the document it is; what concerns all of it comes first."""
    if not error.locations:
        return 0, 0
    return error.locations[0].line, error.locations[0].column


def _told(error: GraphQLError, *, whole: bool) -> list[Refusal]:
    """Turn what went wrong into what may be said; what may not goes to the log with a reference."""
    match error.original_error:
        case None if isinstance(error, Refusal):
            return [error]
        case Refusal() as refusal:
            told = Refusal(refusal.code, refusal.message, error.nodes)
            told.alone = refusal.alone
        case Rejected() as rejected:
            problems = refusals(rejected, error.nodes)
            for problem in problems:
                problem.path = error.path
            return problems
        case Unavailable() | TimedOut() | Unfit() | Excessive() as failure:
            known = FAILURES[type(failure)]
            if whole:
                return [known]
            told = Refusal(known.code, known.message, error.nodes)
        case cause:
            reference = secrets.token_hex(6)
            _LOG.error("internal error %s", reference, exc_info=cause or error)
            told = Refusal(Code.INTERNAL, f"Something went wrong here; reference {reference}.")
            told.extensions = {"code": Code.INTERNAL.value, "reference": reference}
    told.path = error.path
    return [told]


def _spelled(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
