"""A document as a program: its blocks run in order, and what they answer stands below them.

```bash, ```python, ```r and ```graphql blocks run; `<!-- answer -->` marks the block that shows
what the one before it answered, and `<!-- not run: reason -->` one that does not run. Run as a
program, this writes the answers of every document anew.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from connect_graph.cli import DEMO_PATIENTS
from connect_graph.embedded import running
from db.address import Address
from tests import world as worlds
from tests.clients.program import PYTHON
from tests.world import RELEASE_KEY, ROOT, Database, World, make, serving

CLIENTS = ROOT / "docs" / "clients.md"
JOINING = ROOT / "docs" / "joining.md"
DATA_MANAGER = ROOT / "docs" / "tutorial-data-manager.md"
SERVED = (
    *(ROOT / "docs" / f"tutorial-{who}.md" for who in ("researcher", "partner", "authority")),
    CLIENTS,
    JOINING,
)
"""Documents that ask one server of the demonstration."""
FILES = (*SERVED, DATA_MANAGER)
NOTHING: frozenset[str] = frozenset()
SERVER = "http://127.0.0.1:8000"
_PORT = re.compile(r"\b41\d\d\b")
"""Ports at which a document starts programs of its own: free ones are put in their place."""

WIDTH = 100
_BLOCK = re.compile(
    r"(?:<!-- (?P<mark>answer|not run: [^\n]+) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)```\n",
    re.DOTALL,
)
_OWN = re.compile(r'"(id|endCursor)": "[^"]+"')
_SEAL = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::[\d.]+)?(?:[+-]\d\d:\d\d)?|\b[0-9a-f]{64}\b")
"""Times and digests, which are other ones each time."""
_END = "-- end of block --"
_ASK = """
import json, os, sys, urllib.request
asked = urllib.request.Request(
    os.environ["GRAPH"],
    json.dumps({"query": sys.stdin.read()}).encode(),
    {"Authorization": "Bearer " + os.environ["TOKEN"], "Content-Type": "application/json"},
)
sys.stdout.write(urllib.request.urlopen(asked).read().decode())
"""


@dataclass(frozen=True, slots=True)
class Block:
    """Hold a fenced block and where its content stands in the text."""

    language: str
    text: str
    mark: str | None
    begin: int
    end: int

    @property
    def runs(self) -> bool:
        return self.mark is None


def blocks(text: str) -> list[Block]:
    """List the blocks of a tutorial."""
    found = [
        Block(match["language"], match["text"], match["mark"], *match.span("text"))
        for match in _BLOCK.finditer(text)
    ]
    fences = re.findall(r"^ *```", text, re.MULTILINE)
    assert len(fences) == 2 * len(found), "a block that is not understood"
    return found


def interpreter(file: Path) -> str:
    """Give the Python that a document's programs are for."""
    return str(PYTHON) if file == CLIENTS else sys.executable


def answered(
    text: str,
    address: str,
    environment: dict[str, str],
    place: Path,
    *,
    python: str = sys.executable,
    without: frozenset[str] = NOTHING,
) -> str:
    """Run a document's blocks against a server, and give it with their answers.

    Blocks of languages that it does without are left as they are.
    """
    found = blocks(text)
    steps = [block for block in found if block.runs and block.language not in without]
    outputs = _run(steps, address, environment, place, python)
    shown, last = "", 0
    done = iter(outputs)
    output: str | None = ""
    for block, following in zip(found, [*found[1:], None], strict=True):
        if block.runs and block.language in without:
            output = None
        elif block.runs:
            output = next(done)
            hidden = following is None or following.mark != "answer"
            assert not (hidden and '"errors"' in output), f"{output}\nin: {block.text}"
        elif block.mark == "answer" and output is not None:
            shown += text[last : block.begin] + _shown(output, block.language)
            last = block.end
    return shown + text[last:]


def _plain(environment: dict[str, str]) -> dict[str, str]:
    """Leave out how wide a terminal is: who runs tests side by side sets it."""
    return {name: text for name, text in environment.items() if name not in {"COLUMNS", "LINES"}}


def _run(
    steps: list[Block], address: str, environment: dict[str, str], place: Path, python: str
) -> list[str]:
    """Run blocks in one shell, so that what one sets the next ones have; give what each says."""
    for name in (".venv", "examples", "gateway"):
        (place / name).symlink_to(ROOT / name)
    ports: dict[str, str] = defaultdict(_free_port)
    script = ["set -euo pipefail"]
    for number, step in enumerate(steps):
        text = _PORT.sub(lambda match: ports[match[0]], step.text.replace(SERVER, address))
        match step.language:
            case "bash":
                script.append(text)
            case "python":
                named = re.match(r"# (\w+\.py)\n", text)
                file = named[1] if named else f"block_{number}.py"
                (place / file).write_text(text)
                script.append(f"{shlex.quote(python)} {file}")
            case "r":
                (place / f"block_{number}.R").write_text(text)
                script.append(f"Rscript block_{number}.R")
            case "graphql":
                program = f"{shlex.quote(sys.executable)} -c {shlex.quote(_ASK)}"
                script.append(f"{program} <<< {shlex.quote(text)}")
            case _:
                raise AssertionError(f"{step.language} is marked neither as answer nor as not run")
        script.append(f"echo; echo {shlex.quote(_END)}")
    shell = subprocess.Popen(
        ["bash", "-c", "\n".join(script)],
        cwd=place,
        env=_plain(environment) | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        said, complained = shell.communicate(timeout=120)
    finally:
        with suppress(ProcessLookupError):  # what a block left running ends with the document
            os.killpg(shell.pid, signal.SIGTERM)
    outputs = said.split(f"\n{_END}\n")[:-1]
    assert (shell.returncode, complained) == (0, ""), (
        f"{complained or said}\nin: {steps[min(len(outputs), len(steps) - 1)].text}"
    )
    assert len(outputs) == len(steps)
    return outputs


def _free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def _shown(output: str, language: str) -> str:
    if language != "json":
        return _SEAL.sub("…", output).rstrip("\n") + "\n"
    return _OWN.sub(r'"\1": "…"', written(_sorted(json.loads(output)))) + "\n"


def _sorted(value: Any) -> Any:
    """Sort lists of objects by what they say: their order follows ids that are made anew."""
    if isinstance(value, dict):
        return {key: _sorted(each) for key, each in value.items()}
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        return sorted(map(_sorted, value), key=lambda each: _OWN.sub("", json.dumps(each)))
    return value


def written(value: Any, indent: str = "") -> str:
    """Write JSON with what fits into a line on one line."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent + line) <= WIDTH or not isinstance(value, dict | list) or not value:
        return line
    inner = indent + "  "
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {written(each, inner)}" for key, each in value.items()]
        opening, closing = "{}"
    else:
        items = [written(each, inner) for each in value]
        opening, closing = "[]"
    return f"{opening}\n" + ",\n".join(inner + each for each in items) + f"\n{indent}{closing}"


async def _world(url: str, place: Path) -> World:
    world = await make(Database(url), place, DEMO_PATIENTS, published=True)
    await world.pools.close()
    return world


async def _empty(url: str) -> Database:
    """Make a database without anything beside the one that is served."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("create database office template template0")
    finally:
        await connection.close()
    return Database(Address.parse(url).at("office").url)


def own(copy: Database, place: Path) -> dict[str, str]:
    """Give what the data manager's document needs: it says itself where it is a demonstration."""
    key = place / "release.key"
    key.parent.mkdir(exist_ok=True)
    key.write_bytes(RELEASE_KEY)
    key.chmod(0o600)
    given = {"CONNECT_DEMO": "0", "CONNECT_RELEASE_KEY_FILE": str(key)}
    return {**worlds.environment(copy, place), **given}


def _write() -> None:
    with tempfile.TemporaryDirectory(prefix="connect-tutorial-") as name:
        place = Path(name)
        with running(place / "server") as server:
            world = asyncio.run(_world(server.url, place / "data"))
            office = own(asyncio.run(_empty(server.url)), place / "office")
            with serving(world.environment) as (address, _):
                for file in FILES:
                    scratch = place / file.stem
                    scratch.mkdir()
                    given = office if file == DATA_MANAGER else world.environment
                    text = file.read_text()
                    shown = answered(text, address, given, scratch, python=interpreter(file))
                    file.write_text(shown)


if __name__ == "__main__":
    _write()
