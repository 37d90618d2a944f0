"""Changes of who acts in which role and scope."""

from __future__ import annotations

from typing import Annotated

import strawberry

from schema.change.value import CHANGED, given, optional
from schema.mapping import changed, of_change
from schema.membership import Membership
from schema.scalars import DateTime
from schema.viewer import Role

_ISSUER = "The issuer as its tokens name it, such as https://login.example."
_NUMBER = "{Brønnøysund} Nine digits of the organisation that the person acts for."
_SUBJECT = "The person, as the issuer names them."


@strawberry.input(description="A membership of a person, or of a machine, in a role and scope.")
class AddMembershipInput:
    """Read by `db.office.membership`."""

    issuer: str = given(_ISSUER)
    organisation_number: str = given(_NUMBER)
    subject: str = given(_SUBJECT)
    role: Role = given("In which role; it must fit the kind of the scope.")
    scope: str = given("Code of the scope.")
    valid_from: DateTime | None = optional("When it begins; left out: now.")
    valid_to: DateTime | None = optional("When it ends; left out: once it is revoked.")


@strawberry.input(description="That a membership ends.")
class RevokeMembershipInput:
    """Read by `db.office.membership`."""

    issuer: str = given(_ISSUER)
    organisation_number: str = given(_NUMBER)
    subject: str = given(_SUBJECT)
    scope: str = given("Code of the scope.")
    at: DateTime | None = optional("When, now or later; left out: now.")


@strawberry.type(description="What became of a change of a membership.")
class MembershipPayload:
    """What a change gives back."""

    membership: Annotated[Membership, strawberry.lazy("schema.membership")] | None = changed(
        "The membership as it is now."
    )
    changed: bool = of_change(CHANGED)
