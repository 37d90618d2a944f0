"""The sides of the race: servers that answer the same operations over HTTP, a process each.

Ours are started by a command, with tokens, row security and audit. The rivals are in `rivals/`:
they ask the same database on the same login, under the same policies, without token or audit.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlsplit

import httpx

from bench.gateway import free_port
from bench.operation import Operation, Variables, asked
from bench.store import ROLE, Store
from connect_graph.gateway import Child, node, start, stop
from db.address import Address
from db.statement import SETTINGS
from db.viewer import Viewer

HOST: Final = "127.0.0.1"
POOL: Final = 8
"""Connections to PostgreSQL of each side."""
PLANS: Final = {
    "jit": "off",
    "timezone": "UTC",
    "work_mem": "16MB",
    "plan_cache_mode": "force_generic_plan",
}
"""How PostgreSQL plans for every side: a statement once, since row security makes planning dear."""
_CHECKOUT: Final = Path(__file__).resolve().parent.parent
_RIVALS: Final = Path(__file__).resolve().parent / "rivals"
OURS: Final[Mapping[str, Sequence[str]]] = {
    "compiled": (sys.executable, "-m", "connect_graph", "serve"),
    "graphql_core": (sys.executable, "-m", "bench.interpreted"),
}
"""The command of each of ours."""
RIVALS: Final = ("mercurius", "postgraphile")
SIDES: Final = (*OURS, *RIVALS)


class RivalsMissing(Exception):
    """Say in one sentence that the rivals are not installed."""


@dataclass(frozen=True, slots=True)
class Side:
    """Hold a server that answers, and how it is asked."""

    name: str
    url: str
    process: int
    token: str | None

    @property
    def dialect(self) -> str | None:
        """Name the folder of its own texts; None for ours."""
        return None if self.name in OURS else self.name

    @property
    def port(self) -> int:
        """Give where it listens."""
        return urlsplit(self.url).port or 80

    def body(self, operation: Operation, variables: Variables) -> bytes:
        """Write what it is sent."""
        text = operation.text(self.dialect)
        request = {"query": text, "variables": asked(variables, self.dialect)}
        return json.dumps(request, separators=(",", ":")).encode()

    def path(self, operation: Operation) -> str:
        """Give its door for an operation."""
        return "/graphql" if self.dialect else operation.path

    def request(self, operation: Operation, variables: Variables) -> str:
        """Write a whole request."""
        body = self.body(operation, variables)
        token = f"Authorization: Bearer {self.token}\r\n" if self.token else ""
        return (
            f"POST {self.path(operation)} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\n{token}"
            "Accept: application/json\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body.decode()}"
        )

    def answer(self, http: httpx.Client, operation: Operation, variables: Variables) -> Answer:
        """Ask once.

        Raises: RuntimeError where it is no answer.
        """
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        content = self.body(operation, variables)
        response = http.post(
            f"{self.url}{self.path(operation)}", content=content, headers=headers, timeout=300
        )
        told = response.json()
        if response.status_code != 200 or told.get("errors") or not told.get("data"):
            raise RuntimeError(f"{self.name} {operation.name}: {response.text[:500]}")
        return Answer(told["data"], len(response.content))

    @property
    def megabytes(self) -> float:
        """Tell the memory that it holds now."""
        status = Path(f"/proc/{self.process}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold the data of an answer, and the bytes of all of it."""

    data: Any
    length: int


@contextmanager
def running(
    names: Sequence[str], store: Store, viewer: Viewer, log: IO[str] | None = None
) -> Iterator[dict[str, Side]]:
    """Start the sides named."""
    children: list[Child] = []
    try:
        for name in names:
            if name in OURS:
                command = [*OURS[name], "--port", str(free_port())]
                settings = {**store.environment, "CONNECT_POOL_SIZE": str(POOL)}
                children.append(start(name, command, settings, _CHECKOUT, log))
            else:
                command = [node(), f"{name}.mjs"]
                children.append(start(name, command, _rival(store, viewer), _RIVALS, log))
        urls = [child.until_ready() for child in children]
        yield {
            name: Side(name, url, child.process.pid, store.token if name in OURS else None)
            for name, url, child in zip(names, urls, children, strict=True)
        }
    finally:
        stop(children)


def require_rivals() -> None:
    """Refuse where the rivals are not installed.

    Raises: RivalsMissing.
    """
    if not (_RIVALS / "node_modules" / "mercurius").is_dir():
        raise RivalsMissing("the rivals are not installed: run `make rivals` in the checkout")


def _rival(store: Store, viewer: Viewer) -> dict[str, str]:
    """Give a rival's environment: where the database is, and who asks."""
    address = Address.parse(store.login(f"connect_{ROLE}_login"))
    told = dict(zip(SETTINGS, viewer.settings, strict=True))
    session = {**PLANS, "default_transaction_read_only": "on"}
    return {
        "PATH": "",
        "NODE_ENV": "production",
        "RIVAL_SETTINGS": json.dumps(told),
        "RIVAL_HOST": address.host,
        "RIVAL_DATABASE_PORT": str(address.port),
        "RIVAL_USER": address.user,
        "RIVAL_DATABASE": address.database,
        "RIVAL_OPTIONS": " ".join(f"-c {name}={value}" for name, value in session.items()),
        "RIVAL_POOL": str(POOL),
        "RIVAL_PORT": str(free_port()),
    }
