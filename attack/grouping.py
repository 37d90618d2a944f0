"""Groupings: what a release is counted by, and who is in each group."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from attack.unit import Unit

Values: TypeAlias = tuple[str, ...]
Groups: TypeAlias = Mapping[Values, frozenset[int]]

DIMENSIONS: Final = (
    "COHORT",
    "DRUG",
    "TUMOUR_TYPE",
    "GENE",
    "REGION",
    "SEX",
    "AGE_BAND",
    "PAYER",
    "ACCRUAL_MONTH",
)
FREE: Final = tuple(
    chosen for many in (0, 1, 2) for chosen in itertools.combinations(DIMENSIONS, many)
)
"""What a server lets be asked that lets anything be asked of two dimensions."""


def groups(units: Sequence[Unit], release: int, dimensions: Sequence[str]) -> Groups:
    """Find who is in each group; a unit with several values is in several."""
    found: dict[Values, set[int]] = defaultdict(set)
    for number, unit in enumerate(units):
        if release in unit.values:
            has = [unit.values[release][each] or ("",) for each in dimensions]
            for values in itertools.product(*has):
                found[values].add(number)
    return {values: frozenset(members) for values, members in sorted(found.items())}
