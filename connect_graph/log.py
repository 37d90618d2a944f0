"""The log: a JSON object on each line of stderr, which holds no value that a request brought.

What other libraries say may repeat values, so their sentences are left out; an exception is its
type and the places it passed.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO

REQUEST: ContextVar[str | None] = ContextVar("request", default=None)
"""The id of the request that is being answered."""
OURS = ("connect_graph", "resolvers", "db", "schema")
_FIELDS = "fields"
_MOST_CAUSES = 5
_MOST_PLACES = 30


def fields(**values: object) -> Mapping[str, object]:
    """Give a log call's `extra`: what stands beside the event in its line."""
    return {_FIELDS: values}


class Lines(logging.Formatter):
    """Write a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Spell a record."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name.split(".", 1)[0] in OURS:
            line["event"] = record.getMessage()
        else:
            line["event"] = "told by a library"
            line["at"] = f"{Path(record.pathname).name}:{record.lineno}"
        if (request := REQUEST.get()) is not None:
            line["request"] = request
        line |= getattr(record, _FIELDS, {})
        if record.exc_info and record.exc_info[1] is not None:  # libraries say False as well
            line["exceptions"] = exceptions(record.exc_info[1])
        return json.dumps(line, default=_unsaid)


def set_up(stream: IO[str] | None = None, level: int = logging.INFO) -> logging.Handler:
    """Send what is logged to stderr in such lines, and nowhere else."""
    # Looked up for each line otherwise, and in none.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("connect_graph").setLevel(level)
    return handler


def exceptions(error: BaseException) -> list[Mapping[str, object]]:
    """Tell of an exception and its causes what they are and where, never their sentences."""
    return [_exception(each) for each in _chain(error)]


def _unsaid(value: object) -> str:
    return f"<{type(value).__name__}>"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    while error is not None and error not in seen and len(seen) < _MOST_CAUSES:
        seen.append(error)
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _exception(error: BaseException) -> Mapping[str, object]:
    kind = type(error)
    told: dict[str, object] = {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "at": list(_places(error.__traceback__)),
    }
    if isinstance(state := getattr(error, "sqlstate", None), str):
        told["sqlstate"] = state
    return told


def _places(traceback: TracebackType | None) -> Iterator[str]:
    found = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        file = "/".join(Path(code.co_filename).parts[-2:])
        found.append(f"{file}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    yield from found[-_MOST_PLACES:]
