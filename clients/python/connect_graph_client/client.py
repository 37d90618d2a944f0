"""The client: one method for each operation, and one for each list as a whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Sequence
from typing import Any, TypeVar

import httpx

from connect_graph_client.errors import GraphError, NotGraphQL
from connect_graph_client.generated.base_model import UNSET, UnsetType
from connect_graph_client.generated.client import Client
from connect_graph_client.generated.enums import Response
from connect_graph_client.generated.fragments import (
    CohortRecordTreatments,
    CohortTreatment,
    Finding,
    PatientSummary,
)
from connect_graph_client.generated.input_types import (
    BiomarkerFilter,
    BiomarkerListFilter,
    DrugFilter,
    GeneFilter,
    OutcomeFilter,
    PatientFilter,
    PatientOrder,
    ResistanceFindingFilter,
    ResistanceFindingOrder,
    ResponseFilter,
    StringFilter,
    TreatmentFilter,
    TreatmentListFilter,
)
from connect_graph_client.generated.patients import PatientsPatients
from connect_graph_client.generated.resistance_findings import (
    ResistanceFindingsResistanceFindings,
)
from connect_graph_client.generated.viewer import ViewerViewer
from connect_graph_client.paging import every

_Root = TypeVar("_Root")
ACCEPT = "application/graphql-response+json, application/json;q=0.9"


class Bearer(httpx.Auth):
    """Send a token with each request, from a function where it is to be renewed."""

    def __init__(self, token: str | Callable[[], str]) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        token = (self._token if isinstance(self._token, str) else self._token()).strip()
        if not token.isascii() or not token.isprintable() or not token or " " in token:
            raise GraphError("the token is empty, or has blanks or other signs that none has")
        request.headers["Authorization"] = f"Bearer {token}"
        yield request


class ConnectGraph(Client):
    """Ask a graph as the holder of a token.

    `url` is that of `/graphql`. A token that is a function is called for each request, so that a
    long run may renew it. `scope` and `purpose` choose where you hold several; `timeout` is in
    seconds. Methods raise GraphError, and pydantic's ValidationError where the graph answers
    what its schema had not when the client was made.
    """

    def __init__(
        self,
        url: str,
        token: str | Callable[[], str],
        *,
        scope: str | None = None,
        purpose: str | None = None,
        timeout: float = 60,
    ) -> None:
        chosen = {"X-Scope": scope, "X-Purpose": purpose}
        given = {name: value for name, value in chosen.items() if value is not None}
        headers = {"Accept": ACCEPT, **given}
        super().__init__(
            url, httpx.AsyncClient(auth=Bearer(token), headers=headers, timeout=timeout)
        )

    async def ask(self, document: str, /, **variables: Any) -> dict[str, Any]:
        """Ask an operation of your own; its answer is as the graph gave it."""
        return self.get_data(await self.execute(document, variables=variables))

    async def viewer(self) -> ViewerViewer:
        """Ask who you are to the graph."""
        return _there(await super().viewer())

    async def patients(
        self,
        first: int | UnsetType | None = UNSET,
        after: str | UnsetType | None = UNSET,
        where: PatientFilter | UnsetType | None = UNSET,
        order_by: list[PatientOrder] | UnsetType | None = UNSET,
        *,
        gene: str | None = None,
        responses: Sequence[Response] = (),
    ) -> PatientsPatients:
        """Ask for a page of patients, with the conditions given, all of which hold.

        `gene`: a biomarker of it was found. `responses`: the best one to a treatment is among them.
        """
        conditions = [where] if isinstance(where, PatientFilter) else []
        if gene is not None:
            found = BiomarkerFilter(gene=GeneFilter(symbol=StringFilter(eq=gene)))
            conditions.append(PatientFilter(biomarkers=BiomarkerListFilter(some=found)))
        if responses:
            outcome = OutcomeFilter(best_overall_response=ResponseFilter(in_=list(responses)))
            treated = TreatmentListFilter(some=TreatmentFilter(outcome=outcome))
            conditions.append(PatientFilter(treatments=treated))
        chosen = PatientFilter(and_=conditions)
        return _there(await super().patients(first, after, chosen, order_by))

    async def resistance_findings(
        self,
        first: int | UnsetType | None = UNSET,
        after: str | UnsetType | None = UNSET,
        where: ResistanceFindingFilter | UnsetType | None = UNSET,
        order_by: list[ResistanceFindingOrder] | UnsetType | None = UNSET,
        *,
        drug: str | None = None,
    ) -> ResistanceFindingsResistanceFindings:
        """Ask for a page of findings, with the conditions given; `drug` is an INN."""
        conditions = [where] if isinstance(where, ResistanceFindingFilter) else []
        if drug is not None:
            inn = DrugFilter(inn=StringFilter(eq=drug))
            conditions.append(ResistanceFindingFilter(drug=inn))
        chosen = ResistanceFindingFilter(and_=conditions)
        return _there(await super().resistance_findings(first, after, chosen, order_by))

    def every_patient(
        self,
        where: PatientFilter | None = None,
        order_by: list[PatientOrder] | None = None,
        *,
        gene: str | None = None,
        responses: Sequence[Response] = (),
        page_size: int = 100,
    ) -> AsyncIterator[PatientSummary]:
        """Give the patients of all pages, as `patients` chooses them."""
        return every(
            lambda after: self.patients(
                page_size, after, where, order_by, gene=gene, responses=responses
            )
        )

    def every_resistance_finding(
        self,
        where: ResistanceFindingFilter | None = None,
        order_by: list[ResistanceFindingOrder] | None = None,
        *,
        drug: str | None = None,
        page_size: int = 100,
    ) -> AsyncIterator[Finding]:
        """Give the findings of all pages, as `resistance_findings` chooses them."""
        return every(
            lambda after: self.resistance_findings(page_size, after, where, order_by, drug=drug)
        )

    def every_treatment(
        self, cohort: str, *, page_size: int = 100
    ) -> AsyncIterator[CohortTreatment]:
        """Give the treatments of a cohort, from all pages; of one that is not there, none."""

        async def page(after: str | None) -> CohortRecordTreatments | None:
            found = await self.cohort(cohort, page_size, after)
            return None if found is None else found.treatments

        return every(page)


def _there(root: _Root | None) -> _Root:
    if root is None:
        raise NotGraphQL("a list or the viewer is null, and no error says why")
    return root
