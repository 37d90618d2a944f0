"""How a cohort takes patients in: Simon's two stages, by what is known on the day.

A stage that is full waits for the last benefit to be known, so that those who decide it are the
same whoever counts them; a cohort that stopped takes nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, NamedTuple

from db.synthetic import assumptions as a
from db.synthetic.cohort import DESIGN, Design

_KNOWN_AFTER: Final = timedelta(weeks=a.BENEFIT_KNOWN_WEEK)


class Enrolled(NamedTuple):
    """One treatment in a cohort; `benefit` is that at week 16, in the words of an outcome."""

    started_on: date
    benefit: str

    @property
    def evaluable(self) -> bool:
        """Tell whether it counts towards a stage."""
        return self.benefit in {"YES", "NO"}

    def awaited(self, day: date) -> bool:
        """Tell whether its benefit is still to come on a day."""
        return self.benefit == "TOO_EARLY" or self.started_on + _KNOWN_AFTER > day


@dataclass(slots=True)
class Accrual:
    """Those whom a cohort took in so far."""

    enrolled: list[Enrolled] = field(default_factory=list)

    def opens(self, day: date) -> bool:
        """Tell whether a patient may start on a day."""
        held = sum(each.evaluable or each.awaited(day) for each in self.enrolled)
        decided = [each for each in self._evaluable() if not each.awaited(day)]
        for size, more_than in ((DESIGN.n1, DESIGN.r1), (DESIGN.n, DESIGN.r)):
            if held < size:
                return True
            if len(decided) < size or _benefits(decided[:size]) <= more_than:
                return False
        return held < DESIGN.n + a.EXPANSION

    @property
    def stage(self) -> str:
        """Give the stage that the evaluable have brought the cohort to."""
        return stage([each.benefit == "YES" for each in self._evaluable()])

    def _evaluable(self) -> list[Enrolled]:
        return sorted(each for each in self.enrolled if each.evaluable)


def _benefits(enrolled: Sequence[Enrolled]) -> int:
    return sum(each.benefit == "YES" for each in enrolled)


def stage(benefits: Sequence[bool], design: Design = DESIGN) -> str:
    """Judge the benefits of a cohort's evaluable patients, in the order in which they started."""
    if len(benefits) < design.n1:
        return "STAGE_1"
    if sum(benefits[: design.n1]) <= design.r1:
        return "STOPPED_STAGE_1"
    if len(benefits) < design.n:
        return "STAGE_2"
    if sum(benefits[: design.n]) <= design.r:
        return "STOPPED_STAGE_2"
    return "EXPANSION" if len(benefits) < design.n + a.EXPANSION else "COMPLETED"
