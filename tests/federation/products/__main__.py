"""Serve the products subgraph as the product serves its own, over a database that has its tables.

`python -m tests.federation.products --port PORT`, in the environment of `connect-graph serve`.
"""

from __future__ import annotations

import argparse
import os
import sys

from connect_graph import log
from connect_graph.audit import audit_key
from connect_graph.http import application
from connect_graph.issuer import DemoIssuer
from connect_graph.server import serve
from connect_graph.settings import Settings
from db import migrate
from tests.federation.products.schema import graph

HOST = "127.0.0.1"


def main(port: int) -> bool:
    """Serve until told to stop; tell when it answers."""
    settings = Settings.load(os.environ)
    url = settings.database_url
    assert url is not None

    async def pending() -> tuple[str, ...]:
        return await migrate.pending(url)

    log.set_up()
    app = application(
        {"/graphql": graph()},
        settings.logins(url),
        [DemoIssuer(settings.data_dir).issuer()],
        pending,
        pool_size=settings.pool_size,
        audit_key=audit_key(settings.audit_key_file),
        with_page=False,
    )
    return serve(app, HOST, port, lambda: print(f"ready: http://{HOST}:{port}", flush=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    sys.exit(not main(parser.parse_args().port))
