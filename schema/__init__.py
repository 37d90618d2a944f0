"""The contract: GraphQL types, and on each field where its value lives. Data, no behaviour."""

from __future__ import annotations

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.agreement import Agreement
from schema.biomarker import IMPLEMENTATIONS
from schema.project import Project
from schema.query import Query
from schema.release import DataRelease
from schema.scalars import SCALARS


def declare() -> strawberry.Schema:
    """Make the schema from its declarations; `resolvers.bind` gives it behaviour."""
    return strawberry.Schema(
        query=Query,
        types=(*IMPLEMENTATIONS, Agreement, DataRelease, Project),
        config=StrawberryConfig(auto_camel_case=True, scalar_map=SCALARS),
    )
