"""A verdict on the audit: what was looked at, and what was found wrong, the first first."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

MOST = 50
"""Findings that are told of; all are counted."""


class Wrong(Enum):
    """Name what may be wrong with a part of the audit."""

    ALTERED = "ALTERED"
    MISSING = "MISSING"
    REORDERED = "REORDERED"
    TRUNCATED = "TRUNCATED"
    UNKNOWN_KEY = "UNKNOWN_KEY"


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold one thing that is wrong, and where."""

    wrong: Wrong
    place: str
    sentence: str

    def as_json(self) -> dict[str, str]:
        """Give it for programs."""
        return {"wrong": self.wrong.value, "place": self.place, "sentence": self.sentence}


@dataclass(slots=True)
class Verdict:
    """Count what was looked at, and gather what is wrong."""

    chains: int = 0
    entries: int = 0
    unsealed: int = 0
    """Entries that no seal covers yet."""
    seals: int = 0
    documents: int = 0
    last: str | None = None
    """The last seal."""
    wrong: int = 0
    findings: list[Finding] = field(default_factory=list)

    def find(self, wrong: Wrong, place: str, sentence: str) -> None:
        """Note what is wrong."""
        self.wrong += 1
        if len(self.findings) < MOST:
            self.findings.append(Finding(wrong, place, sentence))

    def as_json(self) -> dict[str, Any]:
        """Give everything for programs."""
        return {
            "intact": not self.wrong,
            "chains": self.chains,
            "entries": self.entries,
            "unsealed": self.unsealed,
            "documents": self.documents,
            "seals": self.seals,
            "last_seal": self.last,
            "wrong": self.wrong,
            "findings": [finding.as_json() for finding in self.findings],
        }

    def text(self) -> str:
        """Give everything for people."""
        looked = (
            f"{self.entries} entries in {self.chains} chains, {self.unsealed} of them since the "
            f"last seal; {self.documents} documents; {self.seals} seals, the last {self.last}"
        )
        if not self.wrong:
            return f"the audit is intact: {looked}"
        told = (f"{each.wrong.value} {each.place}: {each.sentence}" for each in self.findings)
        more = self.wrong - len(self.findings)
        rest = [f"and {more} more"] if more else []
        return "\n".join(("the audit is not what was written:", *told, *rest, looked))
