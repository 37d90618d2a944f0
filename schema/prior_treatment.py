"""Prior treatments: what a patient had before the study's first treatment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.mapping import column, entity, many, one, public_id
from schema.scalars import Response

if TYPE_CHECKING:
    from schema.diagnosis import Diagnosis
    from schema.drug import Drug


@entity("prior_treatment", description="A treatment before the first one of the study.")
class PriorTreatment:
    """A row of `prior_treatment`."""

    id: strawberry.ID = public_id("Id of the prior treatment in the viewer's scope.")
    line: int | None = column("line", "Line of treatment for advanced disease, from 1.")
    regimen: str = column("regimen", "The regimen as recorded.")
    start_day: int | None = column(
        "start_day", "[days] after the start of the study's first treatment: negative."
    )
    end_day: int | None = column(
        "end_day", "[days] after the start of the study's first treatment; null where not known."
    )
    best_response: Response | None = column(
        "best_response", "Best response {RECIST}; null where not recorded or not mapped."
    )
    diagnosis: Annotated[Diagnosis, strawberry.lazy("schema.diagnosis")] | None = one(
        "diagnosis_id", "id", "The cancer that it was for; null where not known."
    )
    drugs: list[Annotated[Drug, strawberry.lazy("schema.drug")]] = many(
        "id",
        "prior_treatment_id",
        "The drugs of the regimen that are in the vocabulary {INN} {ATC}; others are not here.",
        order=("inn",),
        through=("prior_treatment_drug", "drug_id"),
    )
