"""Consents: what a patient allows."""

from __future__ import annotations

from schema.mapping import column, entity
from schema.scalars import DateTime
from schema.viewer import Purpose


@entity("consent", description="What a patient allows, from when, and until when.")
class Consent:
    """A row of `consent`."""

    purpose: Purpose = column("purpose", "For which purpose.")
    given_at: DateTime = column("given_at", "When it was given.")
    withdrawn_at: DateTime | None = column(
        "withdrawn_at", "When it was withdrawn; null: it was not."
    )
