"""Changes of what patients consent to."""

from __future__ import annotations

from typing import Annotated

import strawberry

from schema.change.value import CHANGED, given, optional
from schema.mapping import changed, of_change
from schema.patient import Patient
from schema.scalars import DateTime
from schema.viewer import Purpose

_PATIENT = "The patient's id in the consortium's scope, as the root `patients` tells it."
_PURPOSE = "RESEARCH or COMMERCIAL."


@strawberry.input(description="That a patient consents to a purpose.")
class GiveConsentInput:
    """Read by `db.office.consent`."""

    patient: strawberry.ID = given(_PATIENT)
    purpose: Purpose = given(_PURPOSE)
    given_at: DateTime | None = optional(
        "When it was given, after any withdrawal of an earlier one; left out: now."
    )


@strawberry.input(description="That a patient withdraws the consent to a purpose.")
class WithdrawConsentInput:
    """Read by `db.office.consent`."""

    patient: strawberry.ID = given(_PATIENT)
    purpose: Purpose = given(_PURPOSE)
    withdrawn_at: DateTime | None = optional("When it was withdrawn; left out: now.")


@strawberry.type(description="What became of a change of a consent.")
class ConsentPayload:
    """What a change gives back."""

    patient: Annotated[Patient, strawberry.lazy("schema.patient")] | None = changed(
        "The patient, with every consent so far."
    )
    changed: bool = of_change(CHANGED)
