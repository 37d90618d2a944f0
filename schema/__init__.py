"""The contract: GraphQL types, and on each field where its value lives. Data, no behaviour."""

from __future__ import annotations

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.agreement import Agreement
from schema.biomarker import IMPLEMENTATIONS, Biomarker
from schema.cohort import Cohort
from schema.consortium import Partner
from schema.drug import Drug
from schema.filter import derive, derive_order
from schema.patient import Patient
from schema.project import Project
from schema.query import Query
from schema.release import DataRelease
from schema.resistance import ResistanceFinding
from schema.response import ResponseAssessment
from schema.scalars import SCALARS
from schema.treatment import Treatment

LISTED = (
    Patient,
    Cohort,
    Treatment,
    ResponseAssessment,
    ResistanceFinding,
    Drug,
    Partner,
    Agreement,
    DataRelease,
)
"""The types that connections list: each has a filter and an order."""

derive(Biomarker, IMPLEMENTATIONS)
derive_order(Biomarker)
for _listed in LISTED:
    derive(_listed)
    derive_order(_listed)


def declare() -> strawberry.Schema:
    """Make the schema from its declarations; `resolvers.bind` gives it behaviour."""
    return strawberry.Schema(
        query=Query,
        types=(*IMPLEMENTATIONS, Project),
        config=StrawberryConfig(auto_camel_case=True, scalar_map=SCALARS),
    )
