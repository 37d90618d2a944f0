"""The products subgraph of Apollo's compatibility suite, declared as the product's schema is.

Types, fields and keys are the suite's; where their values live is said by our mapping.
"""

from __future__ import annotations

import warnings
from typing import Any

import strawberry
from strawberry.federation.schema_directives import (
    ComposeDirective,
    External,
    Inaccessible,
    InterfaceObject,
    Link,
    Override,
    Provides,
    Requires,
    Shareable,
    Tag,
)
from strawberry.federation.types import FieldSet, LinkImport
from strawberry.schema_directive import Location

from resolvers.execute import Graph
from schema import mapping
from schema.mapping import SOURCE, column, entity, lookup, one, part, unbound

SUBGRAPH = "products"
VERSION = "v2.3"
"""The newest that the suite knows."""
_CUSTOM = "https://myspecs.dev/myCustomDirective/v1.0"
_REQUIRED = ("totalProductsCreated", "yearsOfEmployment")


def directed(source: mapping.Source, description: str, *directives: object) -> Any:
    """Declare a field that says more to a gateway than where its value lives."""
    return strawberry.field(
        description=description, metadata={SOURCE: source}, directives=directives
    )


@strawberry.schema_directive(name="custom", locations=[Location.OBJECT])
class Custom:
    """A directive of this subgraph's own, which the supergraph keeps."""


@entity("author", keys=("email",), description="Who made a product.")
class User:
    """A row of `author`; the users subgraph has the rest of them."""

    email: strawberry.ID = column("email", "The address.")
    name: str | None = directed(
        mapping.Column("name"), "The name.", Override(override_from="users")
    )
    average_products_created_per_year: int | None = directed(
        mapping.Required("products_per_year", _REQUIRED),
        "Products made in a year of employment, rounded.",
        Requires(fields=FieldSet(" ".join(_REQUIRED))),
    )
    total_products_created: int | None = directed(
        mapping.Column("total_products_created"),
        "All products made, known here of those who made one of ours.",
        External(),
    )
    years_of_employment: int = directed(
        mapping.External(), "Years in employment, known to the users subgraph.", External()
    )


@strawberry.type(description="What a product measures.", directives=[Shareable()])
class ProductDimension:
    """Columns of a product."""

    size: str | None = column("size", "The size by name.")
    weight: float | None = column("weight", "The weight.")
    unit: str | None = directed(
        mapping.Column("unit"), "The unit of the weight, for subgraphs alone.", Inaccessible()
    )


@strawberry.type(description="One way in which a product comes.")
class ProductVariation:
    """A column of a product."""

    id: strawberry.ID = column("id", "Its name.")


@strawberry.type(description="A case that is studied.")
class CaseStudy:
    """Columns of a piece of research."""

    case_number: strawberry.ID = column("case_number", "Its number.")
    description: str | None = column("description", "What it is about.")


@entity("product_research", keys=("study { caseNumber }",), description="Research on a product.")
class ProductResearch:
    """A row of `product_research`."""

    study: CaseStudy = part("study_", "case_number", "The case.")
    outcome: str | None = column("outcome", "What came of it; null: nothing yet.")


@entity("deprecated_product", keys=("sku package",), description="A product that is given up.")
class DeprecatedProduct:
    """A row of `deprecated_product`."""

    sku: str = column("sku", "The stock-keeping unit.")
    package: str = column("package", "The package.")
    reason: str | None = column("reason", "Why it is given up.")
    created_by: User | None = one("author_id", "id", "Who made it.")


@entity(
    "product",
    keys=("id", "sku package", "sku variation { id }"),
    description="A product.",
    directives=(Custom(),),
)
class Product:
    """A row of `product`."""

    id: strawberry.ID = column("code", "Its name.")
    sku: str | None = column("sku", "The stock-keeping unit.")
    package: str | None = column("package", "The package.")
    variation: ProductVariation | None = part("variation_", "id", "The variation.")
    dimensions: ProductDimension | None = part("dimensions_", "size", "What it measures.")
    created_by: User | None = directed(
        mapping.One("author_id", "id"),
        "Who made it.",
        Provides(fields=FieldSet("totalProductsCreated")),
    )
    notes: str | None = directed(mapping.Column("notes"), "Notes.", Tag(name="internal"))
    # `many` would print @listSize, which is younger than this version of Apollo Federation.
    research: list[ProductResearch] = directed(
        mapping.Many("id", "product_id", ("study_case_number",)), "The research on it."
    )


@entity(
    "inventory",
    keys=("id",),
    description="What is in stock.",
    directives=(InterfaceObject(),),
)
class Inventory:
    """A row of `inventory`: another subgraph knows it as an interface."""

    id: strawberry.ID = column("code", "Its name.")
    deprecated_products: list[DeprecatedProduct] = directed(
        mapping.Many("id", "inventory_id", ("sku", "package")), "What of it is given up."
    )


@strawberry.type(description="Where a query begins.")
class Query:
    """The roots."""

    @lookup("A product by its name.", id=mapping.Column("code"))
    def product(self, id: strawberry.ID) -> Product | None:  # noqa: A002 - the suite's name
        return unbound()  # type: ignore[no-any-return]

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="A product that is given up.",
        deprecation_reason="Use product query instead",
        metadata={
            SOURCE: mapping.Lookup(
                (("sku", mapping.Column("sku")), ("package", mapping.Column("package")))
            )
        },
    )
    def deprecated_product(self, sku: str, package: str) -> DeprecatedProduct | None:
        return unbound()  # type: ignore[no-any-return]


def declare() -> strawberry.Schema:
    """Make the schema from its declarations."""
    with warnings.catch_warnings():
        # strawberry would rather serve the directives itself, beside entities of its own.
        warnings.filterwarnings("ignore", "Federation directive found", UserWarning)
        return strawberry.Schema(
            query=Query,
            types=(Inventory,),
            schema_directives=[
                Link(url=_CUSTOM, import_=[LinkImport("@custom")]),
                ComposeDirective(name="@custom"),
            ],
        )


def graph() -> Graph:
    """Bind the schema, as the one subgraph that it is."""
    return Graph.make(declare(), {SUBGRAPH: ()}).subgraph(SUBGRAPH, VERSION)
