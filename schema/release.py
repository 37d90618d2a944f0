"""Data releases: frozen states of the data that a publication can name."""

from __future__ import annotations

from typing import Annotated

import strawberry

from schema.mapping import column, entity, many, one
from schema.scalars import Date, DateTime

_HERE = "schema.release"


@entity(
    "published_grouping",
    key="name",
    description="What a publication is grouped by: a combination that `by` can ask for.",
)
class PublishedGrouping:
    """A row of `published_grouping`."""

    dimensions: list[str] = column(
        "dimensions", "{OutcomeDimension} in the order of their type; none: all treatments."
    )


@entity(
    "publication",
    key="release_id",
    description="The aggregates of a release that everyone may have, decided once.",
)
class Publication:
    """A row of `publication`."""

    published_at: DateTime = column("published_at", "When they were published.")
    algorithm: str = column("algorithm", "The rules that decided, with their version.")
    digest: str = column("digest", "{SHA-256} of everything that was published.")
    signature: str = column("signature", "{Ed25519} of the digest, base64url.")
    key_id: str = column("key_id", "{RFC 7638} thumbprint of the public key that verifies it.")
    groupings: list[Annotated[PublishedGrouping, strawberry.lazy(_HERE)]] = many(
        "release_id",
        "release_id",
        "What `outcomeStatistics` can be asked by, of this release.",
        order=("name",),
        size=10,
    )


@entity(
    "data_release",
    unique="version",
    description="A frozen state of the data that a publication can name.",
)
class DataRelease:
    """A row of `data_release`."""

    version: str = column("version", "Name of the release.")
    cut_off: Date = column("cut_off", "The last day that its records tell of.")
    frozen_at: DateTime = column("frozen_at", "When it was frozen.")
    manifest_digest: str = column("manifest_digest", "{SHA-256} of the list of what is in it.")
    rule_sets: list[str] = column(
        "rule_sets", "The rules that derived its outcomes; none where all were reported."
    )
    published: bool = column("published", "True once it is open to those whom it was made for.")
    publication: Annotated[Publication, strawberry.lazy(_HERE)] | None = one(
        "id", "release_id", "The aggregates that everyone may have; null: there are none."
    )
