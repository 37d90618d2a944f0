"""Changes of agreements and of their terms."""

from __future__ import annotations

from typing import Annotated

import strawberry

from schema.agreement import Agreement, AgreementModel
from schema.change.value import CHANGED, CODE, UNCHANGED, given, optional
from schema.mapping import changed, of_change
from schema.scalars import DateTime
from schema.viewer import DataDomain, Purpose


@strawberry.input(description="A new agreement; its cohorts follow from its drugs.")
class CreateAgreementInput:
    """Read by `db.office.agreement`."""

    code: str = given(f"Code of the agreement, and of its scope: {CODE}")
    partner: str = given("Code of the company.")
    model: AgreementModel = given("How the cost is borne.")
    drugs: list[str] = given("{INN} The drugs whose cohorts it opens.")
    patients_agreed: int | None = optional("[patients] agreed on.")
    weeks_company_pays: int | None = optional("[weeks] that the company supplies the drug.")
    valid_from: DateTime | None = optional("When it begins; left out: now.")
    valid_to: DateTime | None = optional("When it ends; left out: no end is set.")
    embargo_until: DateTime | None = optional("Before it no record leaves; left out: none.")
    purposes: list[Purpose] | None = optional(
        "COMMERCIAL, STATISTICS or both; left out: COMMERCIAL."
    )
    data_domains: list[DataDomain] | None = optional(
        "The kinds of record included beside the clinical ones; left out: all."
    )


@strawberry.input(description="What is otherwise in an agreement. What has ended stays as it was.")
class UpdateAgreementInput:
    """Read by `db.office.agreement`."""

    code: str = given("Which agreement.")
    model: AgreementModel | None = optional(f"How the cost is borne. {UNCHANGED}")
    patients_agreed: int | None = optional(f"[patients] agreed on. {UNCHANGED}")
    weeks_company_pays: int | None = optional(
        f"[weeks] that the company supplies the drug. {UNCHANGED}"
    )
    add_drugs: list[str] | None = optional("{INN} Drugs that join; none ever leaves.")
    valid_to: DateTime | None = optional(f"When it ends; null: no end is set. {UNCHANGED}")
    embargo_until: DateTime | None = optional(
        f"Before it no record leaves; null: none. {UNCHANGED}"
    )
    purposes: list[Purpose] | None = optional(f"COMMERCIAL, STATISTICS or both. {UNCHANGED}")
    data_domains: list[DataDomain] | None = optional(
        f"The kinds of record included beside the clinical ones. {UNCHANGED}"
    )


@strawberry.input(description="That a contract ends.")
class EndInput:
    """Read by `db.office.terms`."""

    code: str = given("Which one.")
    at: DateTime | None = optional("When, now or later; left out: now.")


@strawberry.type(description="What became of a change of an agreement.")
class AgreementPayload:
    """What a change gives back."""

    agreement: Annotated[Agreement, strawberry.lazy("schema.agreement")] | None = changed(
        "The agreement as it is now. The company sees records of its cohorts once their ids in "
        "its scope are made, which takes a moment."
    )
    changed: bool = of_change(CHANGED)
