"""Asking: everything that the server tells of outcomes in groups, over HTTP, as anybody may."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from scipy.stats import beta  # type: ignore[import-untyped]

from attack.grouping import DIMENSIONS, Values, groups
from attack.unit import Answer, Measure, Unit

OPERATION: Final = """
query Attack($by: [OutcomeDimension!]!, $release: String) {
  outcomeStatistics(by: $by, release: $release) {
    basis
    rows {
      group { dimension value }
      patients { value suppressed }
      evaluable { value lower upper }
      objectiveResponse { ...proportion }
      clinicalBenefit16w { ...proportion }
      clinicalBenefit16wAllTreated { ...proportion }
      stage
    }
  }
}
fragment proportion on Proportion {
  suppressed denominator
  numerator { value lower upper }
  estimate { value lower upper }
  confidenceInterval { level lower upper method }
}
"""
STAGES: Final = "query Stages { cohorts(first: 1000) { nodes { code stage } } }"
_WIDEST: Final = 3
_SECONDS: Final = 60
_CLOSE: Final = 1e-9
_TAIL: Final = 0.025


class TellsMore(Exception):
    """Say where an answer tells more than the counts that it shows, or other than the rows say."""


@dataclass(frozen=True, slots=True)
class Door:
    """Hold where a server answers, and the token of who asks."""

    address: str
    token: str

    def ask(self, http: httpx.Client, query: str, variables: Mapping[str, Any]) -> Any:
        """Ask; the answer must have no error.

        Raises: TellsMore.
        """
        told = self.told(http, query, variables)
        if told.get("errors") or not told.get("data"):
            raise TellsMore(f"{variables} was not answered: {told.get('errors')}")
        return told["data"]

    def told(self, http: httpx.Client, query: str, variables: Mapping[str, Any]) -> Any:
        """Ask, and give whatever comes."""
        response = http.post(
            f"{self.address}/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {self.token}", "Accept": "application/json"},
            timeout=_SECONDS,
        )
        return response.json()


@dataclass(slots=True)
class Told:
    """Hold what a server tells: its answers, and what it withholds."""

    answers: list[Answer] = field(default_factory=list)
    lattice: list[tuple[str, ...]] = field(default_factory=list)
    withheld: list[tuple[int, tuple[str, ...], Values, Measure]] = field(default_factory=list)
    stages: dict[int, dict[str, str]] = field(default_factory=dict)
    refusals: set[str] = field(default_factory=set)
    """The sentences with which other groupings were refused."""
    requests: int = 0


def ask_everything(
    door: Door, releases: Mapping[int, str], units: Sequence[Unit], again: int = 0
) -> Told:
    """Ask every release for every grouping of up to three dimensions.

    `again`: how many more times each is asked, with its dimensions in another order.
    Raises: TellsMore.
    """
    told = Told()
    with httpx.Client() as http:
        for release, version in releases.items():
            for dimensions in _every():
                given = {"by": list(dimensions), "release": version}
                answer = door.told(http, OPERATION, given)
                told.requests += 1
                if answer.get("errors"):
                    told.refusals.update(each["message"] for each in answer["errors"])
                    continue
                rows = answer["data"]["outcomeStatistics"]["rows"]
                for turn in range(again):
                    orders = list(itertools.permutations(dimensions))
                    other = {"by": list(orders[turn % len(orders)]), "release": version}
                    if door.ask(http, OPERATION, other)["outcomeStatistics"]["rows"] != rows:
                        raise TellsMore(
                            f"{dimensions} of {version} answers otherwise when repeated"
                        )
                    told.requests += 1
                if dimensions not in told.lattice:
                    told.lattice.append(dimensions)
                read_rows(told, units, release, dimensions, rows)
        nodes = door.ask(http, STAGES, {})["cohorts"]["nodes"]
        last = max(releases)
        mine = told.stages.setdefault(last, {})
        mine.update({each["code"]: each["stage"] for each in nodes if each["stage"] is not None})
    return told


def _every() -> Iterator[tuple[str, ...]]:
    for many in range(_WIDEST + 1):
        yield from itertools.combinations(DIMENSIONS, many)


def read_rows(
    told: Told,
    units: Sequence[Unit],
    release: int,
    dimensions: tuple[str, ...],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Read the rows of one answer.

    Raises: TellsMore.
    """
    members_of = groups(units, release, dimensions)
    for row in rows:
        values = tuple(each["value"] or "" for each in row["group"])
        members = members_of.get(values, frozenset())
        patients = row["patients"]["value"]
        if row["stage"] is not None:
            told.stages.setdefault(release, {})[values[0]] = row["stage"]
        if patients is not None and patients != len(members):
            raise TellsMore(f"{dimensions} {values}: {patients} patients told, {len(members)} are")
        counts = {
            Measure.EVALUABLE: row["evaluable"],
            Measure.RESPONSE: row["objectiveResponse"]["numerator"],
            Measure.BENEFIT: row["clinicalBenefit16wAllTreated"]["numerator"],
        }
        for measure, bounds in counts.items():
            if bounds["lower"] is None:
                told.withheld.append((release, dimensions, values, measure))
            else:
                told.answers.append(
                    Answer(release, members, measure, bounds["lower"], bounds["upper"])
                )
        _compare(row, len(members))


def _compare(row: Mapping[str, Any], size: int) -> None:
    """See that shares and other numerators say nothing that the counts do not.

    Raises: TellsMore.
    """
    evaluable, benefit = row["evaluable"], row["clinicalBenefit16wAllTreated"]["numerator"]
    among = row["clinicalBenefit16w"]
    if among["numerator"]["lower"] is not None:
        told = [among["numerator"][each] for each in ("lower", "upper")]
        if told != [benefit["lower"], benefit["upper"]]:
            raise TellsMore(f"benefit is told in two ways: {row}")
        # What was withheld is still somewhere between none and all.
        lower = evaluable["lower"] if evaluable["lower"] is not None else 0
        upper = evaluable["upper"] if evaluable["upper"] is not None else size
        widest = (
            benefit["lower"] / upper if upper else 0.0,
            min(1.0, benefit["upper"] / lower) if lower else 1.0,
        )
        _within(among["estimate"], widest, row)
    for name in ("objectiveResponse", "clinicalBenefit16wAllTreated"):
        counted = row[name]["numerator"]
        if counted["lower"] is not None and size:
            lower, upper = counted["lower"], counted["upper"]
            _within(row[name]["estimate"], (lower / size, upper / size), row)
            _within(row[name]["confidenceInterval"], interval(lower, upper, size), row)
        elif row[name]["estimate"]["lower"] is not None:
            raise TellsMore(f"a share is told of what is withheld: {row}")


def interval(lower: int, upper: int, size: int) -> tuple[float, float]:
    """Give the exact interval of Clopper and Pearson: what all counts of a band allow together."""
    least = float(beta.ppf(_TAIL, lower, size - lower + 1)) if lower else 0.0
    most = float(beta.ppf(1 - _TAIL, upper + 1, size - upper)) if upper < size else 1.0
    return least, most


def _within(
    told: Mapping[str, float | None], widest: tuple[float, float], row: Mapping[str, Any]
) -> None:
    lower, upper = told["lower"], told["upper"]
    if lower is None or upper is None:
        return
    if lower > widest[0] + _CLOSE or upper < widest[1] - _CLOSE:
        raise TellsMore(f"a share is told more narrowly than its counts: {row}")
