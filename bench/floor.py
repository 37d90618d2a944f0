"""The floor: pgbench, sending the very statement that ours sends, and the audit's insert.

Nothing that answers over HTTP from this database can be faster than it: no server, no GraphQL, no
token, a program in C that throws the answers away. The statement is prepared and has the same
arguments; the insert is a write of its own. Each client draws other arguments every few
transactions; what is measured begins when all of them are warm.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.gateway import children_of, cpu_of
from bench.statement import Argument, Statement
from bench.store import ROLE, Store
from connect_graph.database import connected
from connect_graph.embedded import PROGRAMS
from db.address import Address
from db.audit.entry import COLUMNS
from db.synthetic.raced import admit, texts

LOGIN: Final = "connect_bench_login"
"""Reads as the viewer's role and writes as the audit's: pgbench has one connection a client."""
EVERY: Final = 20
"""Transactions of a client with the same arguments."""
_DOCUMENT: Final = "query { floor }"
_DIGEST: Final = "sha256('floor')"
_ENTRY: Final[Mapping[str, str]] = {
    "at": "now()",
    "request_id": f"'{'0' * 32}'",
    "federated_request_id": "null",
    "issuer": ":a1",
    "organisation_number": ":a2",
    "subject": ":a3",
    "role": f"'{ROLE.upper()}'",
    "scope": ":a4",
    "purpose": ":a5",
    "door": "'/graphql'",
    "operation_name": "'Patient'",
    "document": f"sha256('{_DOCUMENT}')",
    "variables": """'{"id": "0123456789abcdef"}'""",
    "rows_by_type": """'{"Biomarker": 20, "Patient": 1}'""",
    "patients": "'{1}'",
    "cells": "0",
    "release": "null",
    "decision": "'ANSWERED'",
    "codes": "'{}'",
    "duration_microseconds": "1000",
}
"""An entry as ours would be; a column that is not here fails at once."""


@dataclass(frozen=True, slots=True)
class Round:
    """Hold what a round of the floor measured."""

    rate: float
    p50: float
    p95: float
    database_cpu: float
    """[ms] for each transaction."""


async def prepare(store: Store) -> None:
    """Make the login, and the document that its entries name."""
    async with connected(store.url) as connection:
        await admit(connection, LOGIN, (f"connect_{ROLE}", "connect_audit"), _DOCUMENT)


async def answers(store: Store, statements: Sequence[Statement]) -> list[Any]:
    """Give the data that the statements give."""
    async with connected(store.login(LOGIN)) as connection:
        asked = [(each.sql, each.arguments) for each in statements]
        found = await texts(connection, asked)
        return [json.loads(text.rpartition("\n")[2]) for text in found]


@dataclass(frozen=True, slots=True)
class Script:
    """Hold what pgbench repeats, how often beside others, and the variables it begins with."""

    text: str
    weight: int
    variables: Mapping[str, str]


def scripts(statements: Sequence[Statement]) -> list[Script]:
    """Write a script for each text; most operations have one, whatever their variables."""
    groups: dict[tuple[object, ...], list[Statement]] = {}
    for each in statements:
        groups.setdefault((each.sql, *(a is None for a in each.arguments)), []).append(each)
    return [_script(number, group) for number, group in enumerate(groups.values())]


def _script(number: int, group: Sequence[Statement]) -> Script:
    """Write what pgbench repeats of statements that differ in their arguments alone.

    The arguments that differ are drawn from lists, on the client's own connection; the others are
    variables from the start. All are parameters of the prepared statement.
    """
    drawn: list[str] = []
    variables: dict[str, str] = {}
    sql = _unnamed(group[0].sql)
    for place, values in enumerate(zip(*(each.arguments for each in group), strict=True), start=1):
        name, first = f"a{number}_{place}", _text(values[0])
        if first is None:
            sql = re.sub(rf"\${place}(?!\d)", "null", sql)
        elif len(given := [_text(value) or "" for value in values]) == given.count(first):
            if first:
                variables[name] = first
            else:  # pgbench is told of no empty variable
                drawn.append(f"'' as {name}")
        else:
            drawn.append(f"(array[{', '.join(map(_quoted, given))}])[:i] as {name}")
    sql = re.sub(r"\$(\d+)", rf":a{number}_\1", sql)
    names = ", ".join(COLUMNS)
    entry = ", ".join(_ENTRY[name] for name in COLUMNS).replace(":a", f":a{number}_")
    lines = [
        "\\set n :n + 1",
        "\\if :n = 0",
        "select gen_random_uuid()::text as chain \\gset",
        "insert into connect.audit_chain (id, opened_at, key_name, digest)",
        f"  values (:chain::uuid, now(), '\\x{'0' * 16}', {_DIGEST});",
        "\\endif",
    ]
    if drawn:
        lines += [
            f"\\if :n % {EVERY} = 0 or :s <> {number}",
            f"\\set i random(1, {len(group)})",
            f"select {', '.join(drawn)} \\gset",
            "\\endif",
        ]
    lines += [
        f"\\set s {number}",
        f"{sql.rstrip().rstrip(';')};",
        f"insert into connect.audit_entry (chain_id, {names}, ordinal, previous, digest)",
        f"  values (:chain::uuid, {entry}, :n::bigint + 1, {_DIGEST}, {_DIGEST});",
    ]
    return Script("\n".join(lines) + "\n", len(group), variables)


def run(
    store: Store,
    statements: Sequence[Statement],
    session: Mapping[str, str],
    connections: int,
    seconds: float,
    warm_seconds: float = 1.5,
) -> Round:
    """Run pgbench for a round, and measure from when its clients are warm.

    Raises: RuntimeError where it fails.
    """
    written = scripts(statements)
    variables = {"n": "-1", "s": "-1"}
    address = Address.parse(store.login(LOGIN))
    with tempfile.TemporaryDirectory(prefix="connect-floor-") as place:
        files = []
        for number, each in enumerate(written):
            (Path(place) / f"script{number}").write_text(each.text, "utf-8")
            files.append(f"--file={place}/script{number}@{each.weight}")
            variables.update(each.variables)
        command = [
            *(str(PROGRAMS / "pgbench"), "--no-vacuum", "--protocol=prepared", "--log"),
            *(f"--log-prefix={place}/log", f"--client={connections}", *files),
            f"--time={int(warm_seconds + seconds + 1)}",
            *(f"--define={name}={value}" for name, value in variables.items()),
            *("-h", address.host, "-p", str(address.port), "-U", address.user, address.database),
        ]
        options = " ".join(f"-c {name}={value}" for name, value in session.items())
        began = time.monotonic()
        with subprocess.Popen(
            command,
            env={"PGOPTIONS": options},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            time.sleep(warm_seconds)
            start, used = time.time(), used_by(store)
            time.sleep(seconds)
            end, using = time.time(), used_by(store)
            trouble = process.communicate()[1]
        if process.returncode or time.monotonic() - began < warm_seconds + seconds:
            raise RuntimeError(f"pgbench did not run: {trouble.strip()[-500:]}")
        times = [
            int(fields[2]) / 1_000
            for log in Path(place).glob("log.*")
            for fields in map(str.split, log.read_text().splitlines())
            if start <= int(fields[4]) + int(fields[5]) / 1_000_000 <= end
        ]
    if not times:
        raise RuntimeError("pgbench finished no transaction in a round: let it have more seconds")
    return Round(
        rate=len(times) / (end - start),
        p50=statistics.median(times),
        p95=sorted(times)[int(len(times) * 0.95)],
        database_cpu=spent(used, using) / len(times),
    )


def used_by(store: Store) -> dict[int, float]:
    """Tell the CPU time [ms] of each process of the database."""
    found = {}
    for process in children_of(store.postmaster):
        with suppress(OSError):  # it ended meanwhile
            found[process] = cpu_of([process])
    return found


def spent(before: Mapping[int, float], after: Mapping[int, float]) -> float:
    """Tell the CPU time between two moments; a process that ended between them is not known."""
    return sum(used - before.get(process, 0.0) for process, used in after.items())


def _text(value: Argument) -> str | None:
    if not isinstance(value, list):
        return None if value is None else str(value)
    return "{" + ",".join(map(_element, value)) + "}"


def _element(value: str | int | None) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "null" if value is None else str(value)


def _quoted(text: str) -> str:
    return _unnamed("'" + text.replace("'", "''") + "'")


def _unnamed(sql: str) -> str:
    """Write literals so that pgbench takes nothing in them for a variable of its own."""
    parts = sql.split("'")
    for place in range(1, len(parts), 2):
        parts[place] = re.sub(r":(?=\w)", ":' || '", parts[place])
    return "'".join(parts)
