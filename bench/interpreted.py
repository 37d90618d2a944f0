"""Serve what `connect-graph serve` does, with every operation on graphql-core: a side of the race.

It is made here, since no setting of the product turns the compiled executor off.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from connect_graph import budget, database, log
from connect_graph.audit import audit_key
from connect_graph.http import application, graphs_of
from connect_graph.issuer import DemoIssuer
from connect_graph.server import serve
from connect_graph.settings import Settings

_HOST: Final = "127.0.0.1"
_PATIENCE: Final = 300


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until it is told to stop."""
    parser = argparse.ArgumentParser(prog="bench.interpreted", description="All on graphql-core.")
    parser.add_argument("--port", type=int, default=8000, help="where")
    port = parser.parse_args(arguments).port
    settings = Settings.load(os.environ)

    async def pending() -> tuple[str, ...]:
        return ()

    # One member asks for all, and here one who waits is answered later than ours would have them.
    budget.WAIT_SECONDS = _PATIENCE
    log.set_up()
    graphs = {path: replace(graph, compiles=False) for path, graph in graphs_of(None).items()}
    with database.running(settings) as url:
        app = application(
            graphs,
            settings.logins(url),
            [DemoIssuer(settings.data_dir).issuer()],
            pending,
            pool_size=settings.pool_size,
            audit_key=audit_key(settings.audit_key_file),
            bounds=settings.bounds,
        )
        told = f"ready: http://{_HOST}:{port}"
        serve(app, _HOST, port, lambda: print(told, flush=True), settings.bounds)


if __name__ == "__main__":
    main()
