"""Costs: what answering a field is taken to cost, printed with the schema so that gateways agree.

{IBM GraphQL Cost Directives, as Apollo Federation 2.9 imports them} An object costs 1, a scalar
nothing, a list as many times as it is taken to have objects. `resolvers.limits` reads what is
declared here, and nothing else.
"""

from __future__ import annotations

import strawberry
from strawberry import UNSET, directive_field
from strawberry.schema_directive import Location


@strawberry.schema_directive(
    name="cost",
    description="What one value of it costs, where that is not 1 for an object and 0 for a scalar.",
    locations=[
        Location.ARGUMENT_DEFINITION,
        Location.ENUM,
        Location.FIELD_DEFINITION,
        Location.INPUT_FIELD_DEFINITION,
        Location.OBJECT,
        Location.SCALAR,
    ],
)
class Cost:
    """Weigh a field."""

    weight: int


@strawberry.schema_directive(
    name="listSize",
    description="How many a list is taken to have: what a slicing argument says, or else "
    "`assumedSize`; where `sizedFields` are named, it is they that have as many.",
    locations=[Location.FIELD_DEFINITION],
)
class ListSize:
    """Size a list."""

    assumed_size: int | None = directive_field(name="assumedSize", default=UNSET)
    slicing_arguments: list[str] | None = directive_field(name="slicingArguments", default=UNSET)
    sized_fields: list[str] | None = directive_field(name="sizedFields", default=UNSET)
    require_one_slicing_argument: bool | None = directive_field(
        name="requireOneSlicingArgument", default=True
    )
