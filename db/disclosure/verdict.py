"""Verdicts: what became of a constraint that was to be published."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """Say what became of a constraint."""

    PUBLISHED = "PUBLISHED"
    AUDIT = "AUDIT"
    UNDECIDED = "UNDECIDED"
