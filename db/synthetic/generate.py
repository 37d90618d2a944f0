"""Invented trials of the published size, one after the other, patients in order of referral."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from db.synthetic import assumptions as a
from db.synthetic.accrual import Accrual
from db.synthetic.chance import Chance
from db.synthetic.cohort import COHORTS, PAIRS, SHOWN, Cohort, of_trial
from db.synthetic.person import MATCHED, OFFERED, SCREENED, TREATED, Case, invent
from db.synthetic.record import Person
from db.synthetic.tumour import SUBTYPES, TUMOURS

_FATES: Final = {
    TREATED: a.STARTED,
    OFFERED: a.OFFERED - a.STARTED,
    MATCHED: 1 - a.OFFERED,
}
_DAYS: Final = (a.CUT_OFF - a.OPENED_ON).days - a.REFERRED_UNTIL
_TOGETHER: Final = dict(PAIRS)


def _matches() -> Mapping[str, Mapping[str, float]]:
    """Give, for each tumour, with which cohort one is matched how often; "" is with none."""
    whole = sum(a.TUMOUR.values())
    matches: dict[str, dict[str, float]] = {}
    for tumour, share in a.TUMOUR.items():
        screened = a.SCREENED * share / whole
        own = {cohort.code: float(cohort.matched) for cohort in COHORTS if cohort.tumour == tumour}
        matches[tumour] = {**own, "": screened - sum(own.values())}
    return matches


_MATCHES: Final = _matches()


@dataclass(slots=True)
class Trial:
    """One trial, with the cohorts that its patients fill."""

    number: int
    seed: int
    places: range
    cohorts: Mapping[str, Cohort] = field(init=False)
    accruals: dict[str, Accrual] = field(init=False)

    def __post_init__(self) -> None:
        cohorts = of_trial(self.number)
        self.cohorts = {base.code: own for base, own in zip(COHORTS, cohorts, strict=True)}
        self.accruals = {cohort.code: Accrual() for cohort in cohorts}

    def patients(self) -> Iterator[Person]:
        """Invent the patients, and let the cohorts take them in."""
        shown = self._shown()
        for index in self.places:
            yield invent(self._case(index, shown.get(index, ())), self.accruals)

    def stages(self) -> dict[str, str]:
        """Give the stage that each cohort has reached."""
        return {code: accrual.stage for code, accrual in self.accruals.items()}

    def _shown(self) -> dict[int, tuple[str, ...]]:
        """Choose who is to show what few patients must show, as far as there is room."""
        early = self.places[: int(len(self.places) * a.SHOWN_BY)]
        shown = SHOWN[: len(early)] if self.number == 1 else ()
        return dict(zip(Chance(self.seed, "shown").sample(early, len(shown)), shown, strict=True))

    def _case(self, index: int, shown: tuple[str, ...]) -> Case:
        chance = Chance(self.seed, f"case{index}")
        place = (self.places.index(index) + chance.random()) / len(self.places)
        referred_on = a.OPENED_ON + timedelta(days=int(_DAYS * place ** (1 / a.GROWTH)))
        tumour = chance.among(a.TUMOUR)
        subtype = chance.choice(TUMOURS[tumour].subtypes)
        match = chance.among(_MATCHES[tumour])
        fate = chance.among(_FATES) if match else SCREENED
        codes = [match] if match else []
        if match in _TOGETHER and chance.happens(a.SECOND_MARKER):
            codes.append(_TOGETHER[match])
        if shown:
            fate, codes = TREATED, list(shown)
        cohorts = tuple(self.cohorts[code] for code in codes)
        if cohorts:
            tumour, subtype = cohorts[0].tumour, SUBTYPES[cohorts[0].onco_tree_code]
        return Case(
            index, self.seed, fate, cohorts, tumour, subtype, referred_on, shown=bool(shown)
        )


def trials(count: int, seed: int) -> Iterator[Trial]:
    """Divide so many screened patients into trials of about the published size."""
    number = max(1, round(count / a.SCREENED))
    for each in range(number):
        places = range(count * each // number, count * (each + 1) // number)
        yield Trial(each + 1, seed, places)


def generate(count: int, seed: int) -> Iterator[Person]:
    """Invent so many screened patients with everything that belongs to them."""
    for trial in trials(count, seed):
        yield from trial.patients()
