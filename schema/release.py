"""Data releases: frozen states of the data that a publication can name."""

from __future__ import annotations

from schema.mapping import column, entity
from schema.scalars import Date, DateTime


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
