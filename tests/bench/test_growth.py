"""The growth: sizes served at once, and a disk that must hold them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench import growth
from bench.growth import NoSpace, require_space, run, table
from bench.operation import Operation, operations

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="CPU is read from /proc")


def few(ids: Sequence[str]) -> tuple[Operation, ...]:
    return tuple(replace(each, variables=each.variables[:2]) for each in operations(ids))


def test_sizes_take_turns(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "operations", few)
    measured = run([240, 400], 1, 0.2, place)
    for query in measured["queries"].values():
        assert list(query["patients"]) == ["240", "400"]
        assert all(told["p50_milliseconds"] > 0 for told in query["patients"].values())
        assert query["latency_ratio"] > 0
    assert f"{measured['queries']['Q2']['latency_ratio']:.2f}" in table(measured)


def test_a_disk_that_is_too_small_is_told_before_the_first_patient(tmp_path: Path) -> None:
    (tmp_path / str(10**9)).mkdir()
    (tmp_path / str(10**9) / "made.from").touch()
    require_space([10**9], tmp_path)
    with pytest.raises(NoSpace, match="name smaller sizes with --sizes"):
        require_space([10**9, 10**12], tmp_path)
