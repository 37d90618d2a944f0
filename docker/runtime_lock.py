"""Print the part of a lock that a wheel needs: what pyproject.toml depends on, and what that does.

Names come from pip's own resolution under the lock's versions; versions and hashes are the lock's.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

_ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==.*(?:\n {4}.*)*", re.MULTILINE)


def main(lock: Path, part: str) -> int:
    """Print the entries for `runtime`, or for `build`, which is hatchling."""
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    wanted = {"runtime": project["dependencies"], "build": ["hatchling"]}[part]
    entries = {_name(found[1]): found[0] for found in _ENTRY.finditer(lock.read_text())}
    with tempfile.TemporaryDirectory() as place:
        pins, report = Path(place) / "pins.txt", Path(place) / "report.json"
        pins.write_text("\n".join(re.split(r" \\\n", entry)[0] for entry in entries.values()))
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"),
                *("--ignore-installed", "--only-binary", ":all:"),
                *("--constraint", str(pins), "--report", str(report), *wanted),
            ],
            check=True,
            stdout=sys.stderr,
        )
        resolved = json.loads(report.read_text())["install"]
    names = sorted(_name(item["metadata"]["name"]) for item in resolved)
    if missing := [name for name in names if name not in entries]:
        print(f"{lock} lacks {', '.join(missing)}: run make lock", file=sys.stderr)
        return 1
    print("\n".join(entries[name] for name in names))
    return 0


def _name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
