"""What releases froze: the memberships of everyone, which the attacker is taken to know.

Read over the owner's connection. Outcomes are read with them, to be the truth that an attack is
scored by, and the own records of an insider.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

from attack.missing import Rules
from attack.stage import Design
from attack.unit import Benefit, State, Unit
from connect_graph import database
from db.synthetic import attacked

WEEK_16: Final = timedelta(days=112)
"""A YES needs a cut-off no earlier than this after the start: docs/outcomes.md 7.6."""
_NAMES: Final = ("fewest", "fewest_others", "drop", "band")


@dataclass(frozen=True, slots=True)
class Frozen:
    """Hold the units of some releases, and what links each to its treatment."""

    units: Sequence[Unit]
    linkages: Sequence[str]
    corrected: int
    """Units whose outcome went backwards from one release to another: two units to an attacker."""

    def hospitals(self) -> Mapping[str, frozenset[int]]:
        """Give the units of each hospital."""
        found: dict[str, set[int]] = defaultdict(set)
        for number, unit in enumerate(self.units):
            found[unit.hospital].add(number)
        return {name: frozenset(found[name]) for name in sorted(found)}


async def designs(url: str) -> dict[str, Design]:
    """Read the designs of the cohorts, which the graph tells everyone."""
    async with database.connected(url) as connection:
        return {code: Design(*told) for code, told in (await attacked.designs(connection)).items()}


async def rules(url: str) -> Rules:
    """Read the parameters that the releases were published by, which are no secret."""
    async with database.connected(url) as connection:
        parameters, lattice = map(json.loads, await attacked.publication(connection))
    told = {name: parameters[name] for name in _NAMES if name in parameters}
    return Rules(**told, lattice=tuple(map(tuple, lattice)))


async def read(url: str, releases: Mapping[int, str]) -> Frozen:
    """Read the units of some releases, by number."""
    number_of = {version: number for number, version in releases.items()}
    async with database.connected(url) as connection:
        rows = await attacked.frozen(connection, list(number_of))
    by_linkage: dict[str, dict[int, Any]] = defaultdict(dict)
    for place, row in enumerate(rows):
        linkage = row["linkage"] or f"row {place}"
        by_linkage[linkage][number_of[row["version"]]] = row
    units: list[Unit] = []
    linkages: list[str] = []
    corrected = 0
    for linkage, found in sorted(by_linkage.items()):
        parts = _forwards(found)
        corrected += len(parts) > 1
        for part in parts:
            units.append(_unit(part))
            linkages.append(linkage)
    return Frozen(units, linkages, corrected)


def _forwards(found: Mapping[int, Any]) -> list[dict[int, Any]]:
    """Part a unit where its outcome goes backwards, which follow-up alone never does."""
    releases = sorted(found)
    parts = [{releases[0]: found[releases[0]]}]
    for before, after in pairwise(releases):
        if not _state(found[before]).leads_to(_state(found[after])):
            parts.append({})
        parts[-1][after] = found[after]
    return parts


def _state(row: Any) -> State:
    told = row["benefit"]
    benefit = Benefit(told) if told in {"YES", "NO"} else Benefit.NEITHER
    return State(bool(row["response"]), benefit)


def _unit(found: Mapping[int, Any]) -> Unit:
    last = found[max(found)]
    states = {release: _state(row) for release, row in found.items()}
    return Unit(
        hospital=last["site_code"] or "",
        states=states,
        values={release: _values(row) for release, row in found.items()},
        early=frozenset(
            release
            for release, row in found.items()
            if _too_early(row["accrual_month"], row["cut_off"])
            and states[release].benefit is not Benefit.YES
        ),
    )


def _too_early(month: date | None, cut_off: date) -> bool:
    return month is not None and month + WEEK_16 > cut_off


def _values(row: Any) -> dict[str, tuple[str, ...]]:
    month = row["accrual_month"]
    one = {
        "COHORT": row["cohort_code"],
        "TUMOUR_TYPE": row["tissue_code"],
        "REGION": row["health_region"],
        "SEX": row["sex"],
        "AGE_BAND": row["age_band"],
        "PAYER": row["payer"],
        "ACCRUAL_MONTH": None if month is None else month.isoformat(),
    }
    return {
        **{name: (value or "",) for name, value in one.items()},
        "DRUG": tuple(row["drugs"]) or ("",),
        "GENE": tuple(row["matched_genes"]) or ("",),
    }
