"""The integer program of one requirement: the last word where the search finds no world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import (  # type: ignore[import-untyped]
    Bounds,
    LinearConstraint,
    milp,
)
from scipy.sparse import csr_array, vstack  # type: ignore[import-untyped]

from db.disclosure.system import Places, Requirement, System

NODES: Final = 200
_INFEASIBLE: Final = 2


@dataclass(frozen=True, slots=True)
class Undecided:
    """Say that no world was found, and whether there is none."""

    impossible: bool


def solve(system: System, requirement: Requirement, known: int = 0) -> Places | Undecided:
    """Find a world of few moves for an attacker who knows the outcomes of these hospitals.

    Any world first, then the fewest of its moves that do: asking for the fewest of all takes long.
    Limits are of work, never of time: the same system is decided the same everywhere.
    """
    free = system.knower[:-1] & known == 0
    if requirement.unit is not None:
        targets = np.array(requirement.targets)
        free[system.owner[:-1] == requirement.unit] = False
        free[targets] = True
    world = _solve(system, requirement, np.flatnonzero(free), least=False)
    if isinstance(world, Undecided):
        return world
    fewest = _solve(system, requirement, world, least=True)
    return world if isinstance(fewest, Undecided) else fewest


def _solve(
    system: System, requirement: Requirement, free: Places, *, least: bool
) -> Places | Undecided:
    count = len(system.rows)
    lower, upper = system.least[:count].astype(float), system.most[:count].astype(float)
    if requirement.row is not None:
        lower[requirement.row] = upper[requirement.row] = requirement.count
    owners = system.owner[free]
    starts = np.flatnonzero(np.r_[True, owners[1:] != owners[:-1]])
    once = csr_array(
        (np.ones(len(free)), np.arange(len(free)), np.r_[starts, len(free)]),
        shape=(len(starts), len(free)),
    )
    asked = owners[starts] == (-1 if requirement.unit is None else requirement.unit)
    result = milp(
        np.full(len(free), float(least)),
        integrality=np.ones(len(free)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(
            vstack([csr_array(system.effect[:count, free]), once], format="csr"),
            np.r_[lower, np.where(asked, 1.0, 0.0)],
            np.r_[upper, np.ones(len(starts))],
        ),
        options={"node_limit": NODES},
    )
    if result.x is None:
        return Undecided(impossible=result.status == _INFEASIBLE)
    world: Places = free[np.round(result.x) > 0]
    return world if system.keeps(world) else Undecided(impossible=False)
