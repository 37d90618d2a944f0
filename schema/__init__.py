"""The contract: GraphQL types, and on each field where its value lives. Data, no behaviour."""

from __future__ import annotations

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.biomarker import IMPLEMENTATIONS, Biomarker
from schema.filter import derive, derive_listed
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS

derive(Biomarker, IMPLEMENTATIONS)
derive_listed(Query)


def declare() -> strawberry.Schema:
    """Make the schema from its declarations; `resolvers.bind` gives it behaviour."""
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        types=IMPLEMENTATIONS,
        config=StrawberryConfig(auto_camel_case=True, scalar_map=SCALARS),
    )
