"""What records refer to, one type per table: made where it is missing, never changed."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple


class Drug(NamedTuple):
    """connect.drug."""

    inn: str
    atc: str | None = None
    route: str | None = None


class TumourType(NamedTuple):
    """connect.onco_tree."""

    code: str
    name: str
    tissue_code: str


class Site(NamedTuple):
    """connect.site."""

    code: str
    name: str
    health_region: str


class Cohort(NamedTuple):
    """connect.cohort."""

    code: str
    tumour_type: str
    stage: str
    onco_tree_code: str | None = None
    opened_on: date | None = None
    synthetic: bool = False


class CohortDrug(NamedTuple):
    """connect.cohort_drug."""

    cohort: str
    drug: str


class CohortDesign(NamedTuple):
    """connect.cohort_design."""

    cohort: str
    n1: int
    r1: int
    n: int
    r: int
    p0: float
    p1: float


class BiomarkerDefinition(NamedTuple):
    """connect.biomarker_definition."""

    cohort: str
    version: int
    text: str
    effective_from: date


OfReference = Drug | TumourType | Site | Cohort | CohortDrug | CohortDesign | BiomarkerDefinition
