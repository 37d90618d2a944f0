"""Invented treatments for tests that need no database."""

from __future__ import annotations

import random

from attack.grouping import DIMENSIONS
from attack.unit import Benefit, State, Unit

NO = State(response=False, benefit=Benefit.NO)
YES = State(response=True, benefit=Benefit.YES)


def unit(*states: State, hospital: str = "A", first: int = 0, **values: str) -> Unit:
    """Make a treatment that is in one release after the other."""
    told = dict(enumerate(states, start=first))
    known = {dimension: (values.get(dimension, "x"),) for dimension in DIMENSIONS}
    return Unit(hospital, told, dict.fromkeys(told, known))


def trial(count: int, seed: int) -> list[Unit]:
    """Make a basket trial of one release: a few large cohorts, many small ones."""
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        cohort = int(chance.paretovariate(0.8))
        made.append(
            unit(
                chance.choice([YES, NO, NO]),
                hospital=chance.choice("AABBCDEF"),
                COHORT=str(min(cohort, 30)),
                DRUG=str(min(cohort, 30) % 7),
                TUMOUR_TYPE=chance.choice(["BOWEL", "LUNG", "BREAST", "SKIN"]),
                GENE=str(min(cohort, 30) % 5),
                REGION=chance.choice(["VEST", "NORD", "MIDT", "SOR_OST"]),
                SEX=chance.choice(["FEMALE", "MALE"]),
                AGE_BAND=chance.choice(["40-44", "55-59", "60-64", "70-74"]),
                PAYER=chance.choice(["PARTNER", "HOSPITAL"]),
                ACCRUAL_MONTH=f"2024-{chance.randint(1, 12):02d}-01",
            )
        )
    return made
