"""How many examples a property is tried with: few with every change, many in the night."""

from __future__ import annotations

import os

from hypothesis import settings

EXTENT = os.environ.get("CONNECT_EXAMPLES", "ci")
"""`ci`, `few`, `nightly`, or a number that holds for every property."""
REPEATABLE = EXTENT in {"ci", "few"}
"""The same examples every time; otherwise new ones."""
WHOLE = not REPEATABLE
"""Go to every door with everybody; otherwise to some, drawn by the seed."""


def count(*, ci: int, nightly: int) -> int:
    """Say how many examples a property is tried with now."""
    few = max(1, ci // 5)
    return int({"ci": ci, "few": few, "nightly": nightly}.get(EXTENT, EXTENT))


def trying(*, ci: int, nightly: int) -> settings:
    """Give the settings of a property that is tried so often."""
    return settings(
        max_examples=count(ci=ci, nightly=nightly),
        deadline=None,
        derandomize=REPEATABLE,
        database=None,
    )
