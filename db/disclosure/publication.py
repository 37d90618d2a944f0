"""What is published of a release, and why: rows as stored, and the digest that is signed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from db.disclosure.audit import Verdict
from db.disclosure.decision import Line, Plan
from db.disclosure.frozen import Release
from db.disclosure.lattice import Cell, Lattice, name
from db.disclosure.outcome import FAMILIES, Measure
from db.disclosure.parameters import ALGORITHM, Parameters
from db.disclosure.stage import Stage

Bounds = tuple[int | None, int | None]
_WITHHELD: Final[Bounds] = (None, None)
# As they are stored: evaluable, response, benefit.
MEASURES: Final = (Measure.EVALUABLE, Measure.RESPONSE, Measure.BENEFIT)


@dataclass(frozen=True, slots=True)
class Row:
    """Hold a cell as it is published."""

    grouping: str
    place: int
    values: tuple[str, ...]
    patients: int | None
    bounds: tuple[Bounds, ...]
    """Of each of MEASURES; None: withheld."""

    def as_json(self) -> list[Any]:
        """Give it as it is digested."""
        flat = [each for bounds in self.bounds for each in bounds]
        return [self.grouping, self.place, list(self.values), self.patients, *flat]


@dataclass(frozen=True, slots=True)
class Publication:
    """Hold what is published of a release, with the report for the data office."""

    release: Release
    lattice: Lattice
    parameters: Parameters
    rows: Sequence[Row]
    stages: Sequence[Stage]
    """Those that are told."""
    reasons: Mapping[tuple[str, int], Mapping[str, str]]
    """Of each cell and measure why; PATIENTS among them."""
    untold: Mapping[str, str]
    """Why the stages of large cohorts are not told."""
    lost: int = 0

    @property
    def digest(self) -> str:
        """Compute what is signed."""
        rows = [row.as_json() for row in self.rows]
        return digest(
            self.release,
            ALGORITHM,
            [[*grouping] for grouping in self.lattice],
            self.parameters.as_json(),
            rows,
            [[stage.cohort, stage.told] for stage in self.stages],
        )

    def as_json(self) -> dict[str, Any]:
        """Give the report as JSON has it."""
        return {
            "version": self.release.version,
            "digest": self.digest,
            "algorithm": ALGORITHM,
            "parameters": self.parameters.as_json(),
            "groupings": {
                grouping or "TOTAL": counted for grouping, counted in self._counted().items()
            },
            "stages": {stage.cohort: stage.told for stage in self.stages},
            "stages_withheld": self.untold,
            "share": {measure: self.share(Measure(measure)) for measure in MEASURES},
            "cells": [
                {
                    "grouping": row.grouping,
                    "values": row.values,
                    **self.reasons[row.grouping, row.place],
                }
                for row in self.rows
                if self.reasons[row.grouping, row.place]["PATIENTS"] != "SMALL"
            ],
        }

    def share(self, measure: Measure) -> float | None:
        """Give the share of cells of enough treatments of which a measure is published."""
        told = [why[measure] for why in self.reasons.values() if why["PATIENTS"] != "SMALL"]
        return sum(each in _TOLD for each in told) / len(told) if told else None

    def text(self) -> str:
        """Write the report for the data office."""
        lines = [f"release {self.release.version} is published: {self.digest}"]
        for grouping, counted in self._counted().items():
            told = "; ".join(
                f"{measure.lower()} {_words(counts)}" for measure, counts in counted.items()
            )
            lines.append(f"{grouping or 'TOTAL'}: {told}")
        for row in self.rows:
            why = self.reasons[row.grouping, row.place]
            if why["PATIENTS"] != "SMALL":
                told = ", ".join(f"{m.lower()} {why[m].lower()}" for m in MEASURES)
                lines.append(f"  {row.grouping or 'TOTAL'} {' '.join(row.values)}: {told}")
        lines += [f"stage of {stage.cohort}: {stage.told}" for stage in self.stages]
        lines += [f"stage of {cohort}: {why.lower()}" for cohort, why in self.untold.items()]
        lines += [
            f"{measure.lower()} is told of {share:.0%} of the groups of enough"
            for measure in MEASURES
            if (share := self.share(measure)) is not None
        ]
        if self.lost:
            lines.append(
                f"{self.lost} outcomes were certain by earlier publications or corrected since, "
                "and could not be protected any more"
            )
        return "\n".join(lines)

    def _counted(self) -> dict[str, dict[str, Counter[str]]]:
        counted: dict[str, dict[str, Counter[str]]] = {}
        for row in self.rows:
            of = counted.setdefault(row.grouping, {measure: Counter() for measure in MEASURES})
            for measure in MEASURES:
                of[measure][self.reasons[row.grouping, row.place][measure]] += 1
        return counted


_TOLD: Final = frozenset({"EXACT", "BAND"})


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason.lower()}" for reason, count in sorted(counts.items()))


def digest(
    release: Release,
    algorithm: str,
    lattice: Any,
    parameters: Any,
    rows: Sequence[Any],
    stages: Sequence[Any],
) -> str:
    """Compute the SHA-256 of what is published: JSON with sorted keys, without blanks, in UTF-8."""
    content = {
        "version": release.version,
        "manifest_digest": release.manifest_digest,
        "algorithm": algorithm,
        "lattice": lattice,
        "parameters": parameters,
        "cells": rows,
        "stages": stages,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def assemble(
    release: Release,
    lattice: Lattice,
    parameters: Parameters,
    planned: Plan,
    lines: Mapping[str, Sequence[Line]],
    lost: int = 0,
) -> Publication:
    """Put what was decided together."""
    told: dict[tuple[Cell, Measure], Bounds] = {}
    why: dict[tuple[Cell, Measure], str] = dict.fromkeys(planned.dropped, "DROPPED")
    for family in FAMILIES:
        asked = zip(
            planned.asked[family.name],
            planned.problems[family.name].questions,
            lines[family.name],
            strict=False,  # stages follow
        )
        for (cell, measure), question, line in asked:
            lower, upper = question.constraint.lower, question.constraint.upper
            if line.verdict is Verdict.PUBLISHED:
                told[cell, measure] = (lower, upper)
                why[cell, measure] = "EXACT" if lower == upper else "BAND"
            else:
                why[cell, measure] = line.verdict.value
    stages = dict[str, str]()
    held: list[Stage] = []
    for family in FAMILIES:
        asked_for = planned.problems[family.name].stages
        after = lines[family.name][len(planned.asked[family.name]) :]
        for stage, line in zip(asked_for, after, strict=True):
            if line.verdict is Verdict.PUBLISHED:
                held.append(stage)
            else:
                stages[stage.cohort] = line.verdict.value
    rows, reasons = list[Row](), dict[tuple[str, int], dict[str, str]]()
    for cell in planned.cells:
        bounds = tuple(told.get((cell, measure), _WITHHELD) for measure in MEASURES)
        shown = any(each != _WITHHELD for each in bounds)
        gate = planned.gates.get(cell)
        of = {measure.value: gate.value if gate else why[cell, measure] for measure in MEASURES}
        patients = "EXACT" if shown else gate.value if gate else _first(of)
        reasons[cell.name, cell.place] = {"PATIENTS": patients, **of}
        size = len(cell.members) if shown else None
        rows.append(Row(cell.name, cell.place, cell.values, size, bounds))
    return Publication(release, lattice, parameters, rows, held, reasons, stages, lost)


def _first(reasons: Mapping[str, str]) -> str:
    """Give why the number of treatments is withheld: nothing else of the cell is published."""
    return next((each for each in reasons.values() if each != "DROPPED"), "DROPPED")


def groupings(lattice: Lattice) -> Iterator[tuple[str, list[str]]]:
    """Give each grouping's name and dimensions."""
    for grouping in lattice:
        yield name(grouping), [*grouping]
