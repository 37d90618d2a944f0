"""Constraints: what is published of a measure of a cell, of whom."""

from __future__ import annotations

from dataclasses import dataclass

from db.disclosure.outcome import Measure

HOSPITALS = 62
"""How many can be told apart: a bit each."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """Hold what is published of a measure: so many among the members, at least and at most."""

    members: frozenset[int]
    release: int
    measure: Measure
    lower: int
    upper: int
