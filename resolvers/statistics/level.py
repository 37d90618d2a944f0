"""The level of every interval: who calculates and who tells have it from here."""

from __future__ import annotations

LEVEL = 0.95
