from __future__ import annotations

import schema
from connect_graph.embedded import Server
from db.migrate import migrate
from tests.house.repository import ROOT
from tests.house.snapshot import FILE, spell


async def test_the_schema_file_is_what_the_migrations_make(embedded: Server) -> None:
    await migrate(embedded.url)
    assert FILE.exists(), "run `make snapshots`"
    assert FILE.read_text() == await spell(embedded.url, embedded), "run `make snapshots`"


def test_the_sdl_is_what_the_declarations_make() -> None:
    checked_in = (ROOT / "schema" / "schema.graphql").read_text()
    assert checked_in == schema.declare().as_str() + "\n", "run `make snapshots`"
