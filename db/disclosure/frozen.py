"""What is frozen, as the audit takes it: treatments over releases, and what they are grouped by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final, TypeAlias

import asyncpg

from db.disclosure.lattice import Dimension, Values
from db.disclosure.outcome import Benefit, State, Unit
from db.disclosure.refusal import PublishingRefused
from db.disclosure.stage import FEWEST, Design, Stage

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
_HERE = Path(__file__).resolve().parent
_FROZEN = (_HERE / "frozen.sql").read_text("utf-8")
_KNOWN = (_HERE / "known.sql").read_text("utf-8")
_STAGES: Final = """
select k.code, k.stage::text as stage, d.n1, d.r1, d.n, d.r
from connect.cohort k join connect.cohort_design d on d.cohort_id = k.id
order by k.code
"""
WEEK_16: Final = timedelta(days=112)
"""A benefit is seen after so many days at the least: docs/outcomes.md, rule 7."""


@dataclass(frozen=True, slots=True)
class Release:
    """Hold a release that is, or is to be, published."""

    id: int
    version: str
    cut_off: date
    manifest_digest: str


@dataclass(frozen=True, slots=True)
class Frozen:
    """Hold the treatments of several releases, each once."""

    units: Sequence[Unit]
    treatments: Sequence[Mapping[int, Values]]
    """Of each release the units in it, with what they are grouped by there."""


async def read(connection: Connection, releases: Sequence[Release]) -> Frozen:
    """Read the frozen rows of releases, in the order of their cut-offs.

    Raises: PublishingRefused where a row is not linked.
    """
    number: dict[str, int] = {}
    hospitals: list[str] = []
    states: list[list[State | None]] = []
    early: list[list[bool]] = []
    treatments: list[dict[int, Values]] = []
    for place, release in enumerate(releases):
        here: dict[int, Values] = {}
        for row in await connection.fetch(_FROZEN, release.id):
            if row["linkage"] is None:
                raise PublishingRefused(
                    f"release {release.version} was frozen without the key that links releases: "
                    "freeze anew with `connect-graph release`, and publish that one"
                )
            unit = number.setdefault(row["linkage"], len(number))
            if unit == len(hospitals):
                hospitals.append(row["site_code"] or "")
                states.append([None] * len(releases))
                early.append([False] * len(releases))
            states[unit][place] = _state(row)
            month = row["accrual_month"]
            early[unit][place] = month is not None and month + WEEK_16 > release.cut_off
            here[unit] = _values(row)
        treatments.append(here)
    units = [
        Unit(*each) for each in zip(hospitals, map(tuple, states), map(tuple, early), strict=True)
    ]
    return Frozen(units, treatments)


async def known(connection: Connection, release: Release) -> dict[Dimension, list[str]]:
    """Read the values that dimensions have, beside those of treatments."""
    found: dict[Dimension, list[str]] = {}
    for row in await connection.fetch(_KNOWN, release.id):
        found.setdefault(Dimension(row["dimension"]), []).append(row["value"])
    return found


async def stages(connection: Connection, frozen: Frozen, place: int) -> list[Stage]:
    """Give the stages of the cohorts that are large enough in a release, as they are now.

    Where the month of a treatment is not known, nobody can say what a stage tells: there is none.
    """
    found: list[Stage] = []
    for row in await connection.fetch(_STAGES):
        months: dict[str, list[int]] = {}
        for unit, values in frozen.treatments[place].items():
            if row["code"] in values[Dimension.COHORT]:
                months.setdefault(values[Dimension.ACCRUAL_MONTH][0], []).append(unit)
        if sum(len(units) for units in months.values()) >= FEWEST and "" not in months:
            ordered = tuple(tuple(units) for _, units in sorted(months.items()))
            design = Design(row["n1"], row["r1"], row["n"], row["r"])
            found.append(Stage(row["code"], place, ordered, design, row["stage"]))
    return found


def _state(row: asyncpg.Record) -> State:
    benefit = row["benefit"]
    return State(row["response"], Benefit(benefit) if benefit in {"YES", "NO"} else Benefit.NEITHER)


def _values(row: asyncpg.Record) -> Values:
    month = row["accrual_month"]
    return {
        Dimension.COHORT: (row["cohort_code"] or "",),
        Dimension.DRUG: tuple(row["drugs"]),
        Dimension.TUMOUR_TYPE: (row["tissue_code"] or "",),
        Dimension.GENE: tuple(row["matched_genes"]),
        Dimension.REGION: (row["health_region"] or "",),
        Dimension.SEX: (row["sex"] or "",),
        Dimension.AGE_BAND: (row["age_band"] or "",),
        Dimension.PAYER: (row["payer"] or "",),
        Dimension.ACCRUAL_MONTH: ("" if month is None else month.isoformat(),),
    }
