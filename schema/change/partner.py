"""Changes of the organisations of the consortium."""

from __future__ import annotations

from typing import Annotated

import strawberry

from schema.change.value import CHANGED, CODE, UNCHANGED, given, optional
from schema.consortium import Partner, Sector
from schema.mapping import changed, of_change


@strawberry.input(description="An organisation that joins.")
class CreatePartnerInput:
    """Read by `db.office.partner`."""

    code: str = given(f"Short name within the consortium: {CODE}")
    organisation_number: str = given("{Brønnøysund} Nine digits; the last is a check.")
    name: str = given("Name of the organisation.")
    sector: Sector = given("The part of society that it belongs to.")


@strawberry.input(description="What is otherwise with an organisation.")
class UpdatePartnerInput:
    """Read by `db.office.partner`."""

    code: str = given("Which organisation.")
    name: str | None = optional(f"Name of the organisation. {UNCHANGED}")
    sector: Sector | None = optional(f"The part of society that it belongs to. {UNCHANGED}")


@strawberry.type(description="What became of a change of an organisation.")
class PartnerPayload:
    """What a change gives back."""

    partner: Annotated[Partner, strawberry.lazy("schema.consortium")] | None = changed(
        "The organisation as it is now."
    )
    changed: bool = of_change(CHANGED)
