"""Contributions: how many patients each trial brings to a pooled cohort."""

from __future__ import annotations

from schema.mapping import column, entity
from schema.scalars import Date


@entity(
    "cohort_contribution",
    description="How many patients a trial brings to a cohort; unpublished ones for stewards only.",
)
class CohortContribution:
    """A row of `cohort_contribution`."""

    trial: str = column("trial", "Short name of the trial, such as DRUP.")
    patients_treated: int = column("patients_treated", "[patients] treated.")
    counted_on: Date | None = column("counted_on", "The day that the count is of.")
    published: bool = column("published", "True where the literature holds this very number.")
    literature: list[str] = column("literature", "{PubMed} ids or DOIs.")
