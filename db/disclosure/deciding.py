"""Deciding: a process of its own, since only here numbers are crunched.

It reads one family's problem, and writes a line for each decision as it is made. It ends when
nobody reads them any longer.
"""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np
import numpy.typing as npt

from db.disclosure.audit import Audit, Unproven
from db.disclosure.decision import Line, Problem, Question
from db.disclosure.outcome import Family
from db.disclosure.stage import Stage
from db.disclosure.verdict import Verdict


def decide(
    problem: Problem, family: Family, done: Sequence[Line], tell: Callable[[Line], None]
) -> int:
    """Decide each question of a family that is not decided yet, and tell each; count what was lost.

    Lost is what was certain, or impossible, by earlier publications alone.
    Raises: db.disclosure.audit.Unproven where it is not found out whether those keep the promise.
    """
    unlike, alone = likeness(len(problem.units), problem.sets)
    audit = Audit(problem.units, family, unlike, alone)
    for known in problem.history:
        audit.recall(known.constraint, base=known.base)
    for stage in problem.staged:
        audit.recall_stage(stage)
    audit.start()
    steps: list[Question | Stage] = [*problem.questions, *problem.stages]
    for step, line in zip(steps, done, strict=False):
        if line.verdict is not Verdict.PUBLISHED:
            continue
        if isinstance(step, Stage):
            audit.replay_stage(step, line.worlds)
        else:
            audit.replay(step.constraint, line.worlds, base=step.base)
    for step in steps[len(done) :]:
        if isinstance(step, Stage):
            verdict, added = audit.tell(step)
        else:
            verdict, added = audit.try_(step.constraint, base=step.base)
        worlds = ((each.requirement, tuple(each.world.tolist())) for each in added)
        tell(Line(verdict, tuple(worlds)))
    return len(audit.lost)


def likeness(
    units: int, sets: Sequence[frozenset[int]]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Count in how many sets two units differ, and in how many each of them is."""
    inside = np.zeros((units, len(sets)), np.float32)
    for column, members in enumerate(sets):
        inside[sorted(members), column] = 1
    alone = inside.sum(axis=1)
    unlike = alone[:, None] + alone[None, :] - 2 * inside @ inside.T
    return unlike.astype(np.int32), alone.astype(np.int64)


def main() -> None:
    """Decide what is handed over by the standard input."""
    family, problem, done = pickle.load(sys.stdin.buffer)  # noqa: S301 - its own parent wrote it

    def told(content: object) -> None:
        print(json.dumps(content), flush=True)

    with suppress(BrokenPipeError, KeyboardInterrupt):
        try:
            lost = decide(problem, family, done, lambda line: told(line.as_json()))
        except Unproven:
            told(None)
        else:
            told(lost)


if __name__ == "__main__":
    main()
