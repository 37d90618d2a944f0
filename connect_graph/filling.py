"""The commands on pseudonyms: fill what lacks, rotate the key; and filling beside a server."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from connect_graph import database
from connect_graph.database import connected
from connect_graph.settings import Settings
from connect_graph.study import say
from db.filler import keep_filled
from db.key import KeyRefused
from db.pseudonym import complete, rotate

_LOG = logging.getLogger("connect_graph.filling")


def declare(command: Callable[..., Any]) -> None:
    """Declare the commands and what they take; `command` adds one to the command line."""
    filling = command("fill", _fill, "give patients their ids in new scopes", answers=True)
    filling.description = (
        "Make what lacks: an id for each patient in every scope that they belong to, by the key. "
        "Until then they are not seen there."
    )
    filling.add_argument(
        "--watch", action="store_true", help="go on, and make them as soon as they lack"
    )
    rotating = command("rotate", _rotate, "make all ids anew, from a new key", answers=True)
    rotating.description = (
        "Make a new key and all ids anew from it, in one transaction; with --scope those of one "
        "scope alone, from the same key. Ids and cursors that were given out lead nowhere after. "
        "Interrupted, it is completed by the next one."
    )
    which = rotating.add_mutually_exclusive_group()
    which.add_argument("--scope", metavar="CODE", help="of this scope alone")
    which.add_argument(
        "--lost", action="store_true", help="the key is gone for good and stands nowhere"
    )


def _fill(parsed: argparse.Namespace, settings: Settings) -> int:
    async def once(url: str) -> int:
        async with connected(url) as connection, connection.transaction():
            return await complete(connection, settings.key_file)

    with database.running(settings) as url:
        asyncio.run(_prepared(settings, url))
        if parsed.watch:
            asyncio.run(_watch(parsed, settings, url))
            return 0
        made = asyncio.run(once(url))
    say(parsed, {"made": made}, f"ids made: {made}")
    return 0


async def _prepared(settings: Settings, url: str) -> None:
    await database.require_migrated(url)
    await database.require_key(settings, url)


async def _watch(parsed: argparse.Namespace, settings: Settings, url: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    looked = False

    def told(made: int) -> None:
        nonlocal looked
        if made or not looked:
            text = json.dumps({"made": made}) if parsed.json else f"ids made: {made}"
            print(text, flush=True)
        looked = True

    def troubled(why: str) -> None:
        print(f"connect-graph: {why}", file=sys.stderr, flush=True)

    await keep_filled(url, settings.key_file, stop, told, troubled)


def _rotate(parsed: argparse.Namespace, settings: Settings) -> int:
    async def run(url: str) -> int | None:
        await database.require_migrated(url)
        async with connected(url) as connection:
            return await rotate(connection, settings.key_file, parsed.scope, lost=parsed.lost)

    with database.running(settings) as url:
        made = asyncio.run(run(url))
    if made is None:
        text = "a rotation that was interrupted is complete: rotate again for other ids than its"
    else:
        text = f"ids made anew: {made}; those given out before lead nowhere"
        if parsed.scope is None:
            text += f"\nback up {settings.key_file}: it is another key"
    say(parsed, {"made": made, "completed": made is None}, text)
    return 0


@asynccontextmanager
async def beside(settings: Settings, url: str) -> AsyncIterator[None]:
    """Fill for as long as a server runs, in a process that is the database's owner anyway."""
    stop = asyncio.Event()

    async def run() -> None:
        try:
            await keep_filled(url, settings.key_file, stop, lambda _: None, _LOG.warning)
        except KeyRefused as refused:
            _LOG.error("%s", refused)

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        stop.set()
        await task
