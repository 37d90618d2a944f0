from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from tests.sdtm.study import rs, write
from tests.world import ROOT, Database, environment

TOTALS = {
    "DM": (306, 306, 0),
    "EX": (591, 591, 0),
    "DS": (850, 798, 52),
    "AE": (1191, 1191, 0),
    "TU": (7809, 7809, 0),
    "TR": (546, 546, 0),
    "RS": (6539, 6470, 69),
}


async def test_from_the_command_line(tmp_path: Path, database: Database, pharmaverse: Path) -> None:
    async def run(*arguments: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "connect_graph", *arguments),
            cwd=ROOT,
            env=environment(database, tmp_path / "data"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        return process.returncode, out.decode()

    assert (await run("migrate"))[0] == 0
    given = ("import", "sdtm", str(pharmaverse), "--study", "PHV")
    code, text = await run(*given, "--json")
    assert code == 0, text
    told = {
        each["domain"]: (each["read"], each["stored"], each["quarantined"])
        for each in json.loads(text)["domains"]
    }
    assert told == TOTALS
    assert {"entity": "patient", "inserted": 306, "updated": 0, "removed": 0} in json.loads(text)[
        "changes"
    ]
    code, text = await run(*given)
    assert code == 0, text
    assert "domain RS: 6539 read = 6470 stored + 69 quarantined" in text
    assert "Changes: none" in text
    small = str(write(tmp_path / "s", rs=[rs(1)]))
    code, text = await run("import", "sdtm", small, "--study", "S", "--drug", "olaparib")
    assert code == 1
    assert "EX says what was given" in text
    code, text = await run("import", "sdtm", small, "--study", "S", "--mapping", "ecrf.toml")
    assert code == 1
    assert "--mapping is for csv" in text
    code, text = await run("import", "sdtm", str(tmp_path / "none"), "--study", "S")
    assert code == 1
    assert "dm.csv" in text
