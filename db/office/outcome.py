"""Outcomes: what a change did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold by which key the changed entity is found, and whether anything changed."""

    key: str
    changed: bool = True
    patient: int | None = None
    """Whom it is about, for the audit."""
    fill: bool = False
    """Patients may lack a pseudonym now."""
