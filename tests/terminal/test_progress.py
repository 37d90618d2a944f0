"""An import shows on a terminal which step has begun, and nowhere else."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from db.intake.step import Step
from tests.form import folder
from tests.ingest import study as cbioportal
from tests.sdtm import study as sdtm
from tests.world import ROOT, World


def files(place: Path, format_: str) -> Path:
    """Write a small study in a format."""
    match format_:
        case "csv":
            folder.write(place)
        case "cbioportal":
            place.mkdir()
            cbioportal.write(place)
        case _:
            sdtm.write(place)
    return place


@pytest.mark.parametrize("format_", ["csv", "cbioportal", "sdtm"])
def test_a_terminal_is_shown_each_step(world: World, tmp_path: Path, format_: str) -> None:
    command = [sys.executable, "-m", "connect_graph", "import", format_]
    command += [str(files(tmp_path / "s", format_)), "--study", "SEEN", "--dry-run"]
    terminal, end = pty.openpty()
    try:
        ran = subprocess.run(
            command, cwd=ROOT, env=world.environment, stdout=subprocess.PIPE, stderr=end, text=True
        )
        shown = os.read(terminal, 65_536).decode()
    finally:
        os.close(terminal)
        os.close(end)
    assert ran.returncode == 0, shown
    assert ran.stdout.startswith(f"Study SEEN, {format_}: ")
    *drawn, left = shown.split("\r\x1b[K")[1:]
    assert [each.partition("] ")[2] for each in drawn] == [
        f"{place} of 4: {step}" for place, step in enumerate(Step, start=1)
    ]
    assert left == ""
    ran = subprocess.run(command, cwd=ROOT, env=world.environment, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
