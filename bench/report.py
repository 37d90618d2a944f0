"""The report that benchmarks write: one JSON file, one key for each."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

PATH: Final = Path(__file__).resolve().parent.parent / "reports" / "bench.json"


def note(key: str, measured: Mapping[str, Any], path: Path = PATH) -> None:
    """Write what a benchmark measured, with when and on what; other keys stay."""
    there = json.loads(path.read_text("utf-8")) if path.exists() else {}
    about = {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
    }
    there[key] = {**about, **measured}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(there, indent=2, sort_keys=True) + "\n", "utf-8")
