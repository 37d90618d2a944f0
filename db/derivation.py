"""What follows from a study's records: outcomes by their rules, then findings of resistance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg

from db.outcome.store import Counts, derive_outcomes
from db.resistance.case import RULE_SET
from db.resistance.store import propose_findings

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class DerivationRefused(Exception):
    """Say in one sentence why nothing can be derived, and what to do."""


@dataclass(frozen=True, slots=True)
class Derived:
    """Count what was derived: outcomes, and findings by mechanism."""

    outcomes: Counts
    findings: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Give the counts as JSON has them."""
        return {
            "outcomes": self.outcomes.as_json(),
            "findings": {"rule_set": RULE_SET, **self.findings},
        }

    def text(self) -> str:
        """Write the counts for people, a line for each rule set."""
        found = ", ".join(f"{count} {name}" for name, count in self.findings.items()) or "nothing"
        return f"{self.outcomes.text()}\n{RULE_SET}: {found}"


async def derive(connection: Connection, study_id: int) -> Derived:
    """Derive all that follows, in the caller's transaction; the caller is connect_loader."""
    outcomes = await derive_outcomes(connection, study_id)
    return Derived(outcomes, await propose_findings(connection, study_id))


async def derive_study(connection: Connection, code: str) -> Derived:
    """Derive anew all that follows from a study, in one transaction.

    Raises: DerivationRefused where there is no such study.
    """
    async with connection.transaction():
        await connection.execute("set local role connect_loader")
        study = await connection.fetchval("select id from connect.study where code = $1", code)
        if study is None:
            known = await connection.fetch("select code from connect.study order by code")
            names = ", ".join(row["code"] for row in known) or "there are none yet"
            raise DerivationRefused(f"there is no study {code}: name one of: {names}")
        return await derive(connection, study)
