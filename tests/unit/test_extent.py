from __future__ import annotations

import pytest

from tests import extent


@pytest.mark.parametrize(
    ("given", "expected"), [("ci", 30), ("few", 6), ("nightly", 500), ("7", 7)]
)
def test_the_count_follows_the_extent(
    monkeypatch: pytest.MonkeyPatch, given: str, expected: int
) -> None:
    monkeypatch.setattr(extent, "EXTENT", given)
    assert extent.count(ci=30, nightly=500) == expected
