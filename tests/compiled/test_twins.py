"""Two executors, one meaning: what one statement answers is what graphql-core answers."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.compiled.battery import Asked, battery, differences, known
from tests.compiled.mutant import Mutant
from tests.world import ROOT, World

RECORDS = ("partner", "researcher", "clinician", "steward")
ANSWER, STEP, TEXT = "db.answer", "db.step", "db.json_text"
SHAPE, WHOLE = "resolvers.shape", "resolvers.whole"
MUTANTS = (
    Mutant(ANSWER, '" limit 1")', '" limit 0")'),
    Mutant(ANSWER, "','{order_by(level.order())})", "',')"),
    Mutant(ANSWER, "none = \"'[]'\"", "none = \"'null'\""),
    Mutant(ANSWER, "some = len(kinds) < len(objects)", "some = len(kinds) == len(objects)"),
    Mutant(ANSWER, "',' order by s.n)", "',' order by s.n desc)"),
    Mutant(ANSWER, 'f"({total})::text"', "\"'0'\""),
    Mutant(ANSWER, "self.totals.append(above)", "self.totals.append(None)"),
    Mutant(ANSWER, "} = given.g{place}", "} >= given.g{place}"),
    Mutant(STEP, 'f"{size} + 1" if more else size', "size"),
    Mutant(STEP, "partition by {key} order by {order}", "order by {order}"),
    Mutant(STEP, "x.place > {", "x.place >= {"),
    Mutant(STEP, "r{number}.place{direction}", "r{number}.place"),
    Mutant(STEP, " order by {order} limit {most}", " limit {most}"),
    Mutant(STEP, "order by {order_of} limit {most}", "limit {most}"),
    Mutant(STEP, "{source}{where})", "{source})"),
    Mutant(STEP, "count(*)::integer", "1::integer"),
    Mutant(STEP, "is not None and not same", "is not None and same"),
    Mutant(STEP, "f\" where {' and '.join(conditions)}\"", "f\" where {' or '.join(conditions)}\""),
    Mutant(TEXT, 'case "text" | "json":', 'case "json":'),
    Mutant(TEXT, "quoted('null')", "quoted('0')"),
    Mutant(SHAPE, "_TRUE if follows else _FALSE", "_TRUE"),
    Mutant(SHAPE, '"startCursor": "first"', '"startCursor": "last"'),
    Mutant(SHAPE, "return Constant(json.dumps(type_.name))", "return Constant('null')"),
    Mutant(WHOLE, "append(found.length)", "append(1)"),
    Mutant(WHOLE, "rows[type_] += number", "rows[type_] = number"),
)


async def test_a_battery_is_answered_alike(world: World) -> None:
    assert await differences(world, battery(await known(world, RECORDS))) == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
async def test_a_mutant_is_caught(world: World, mutant: Mutant) -> None:
    told = {
        "mutant": [mutant.module, mutant.text, mutant.instead],
        "url": world.database.url,
        "password": world.database.password,
        "directory": str(world.directory),
    }
    command = [sys.executable, "-m", "tests.compiled.mutant"]
    run = asyncio.to_thread(
        subprocess.run,
        command,
        input=json.dumps(told),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    done = await run
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), f"nothing shows of {mutant}"


async def test_many_roots_are_answered_in_time(world: World) -> None:
    """Both executors share them: one statement of hundreds of levels is planned for seconds."""
    root = "patients(first: 1) { nodes { id treatments { cohort { code } responses { week } } } }"
    many = Asked("steward", f"{{ {' '.join(f'a{n}: {root}' for n in range(100))} }}")
    answer = await world.answer("steward", many.query)
    assert "errors" not in answer.body
    assert answer.statements > 1
    other = await replace(world, graph=replace(world.graph, compiles=False)).answer(
        "steward", many.query
    )
    assert answer.body == other.body
