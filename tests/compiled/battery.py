"""A battery of operations that reaches every way in which a statement is composed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from db.viewer import Role
from resolvers.execute import Request
from tests.contract.test_operations import ALL, EVERYTHING, ONE
from tests.world import World

ANY = "query ($representations: [_Any!]!) { _entities(representations: $representations) "


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold an operation, who asks it, and where."""

    role: str
    query: str
    variables: dict[str, Any] = field(default_factory=dict)
    subgraph: str | None = None


def battery(ids: dict[str, list[str]]) -> list[Asked]:
    """List operations, of patients whom each role sees."""
    asked = []
    for role, known in ids.items():
        identified = role in {"clinician", "steward"}
        variables = {"first": 12, "identified": identified}
        asked += [
            Asked(role, ALL + EVERYTHING, variables),
            Asked(
                role, "{ viewer { role scope { code kind } } cohorts(first: 3) { nodes { code } } }"
            ),
            Asked(role, ONE + EVERYTHING, {"id": known[0], "identified": identified}),
            Asked(role, PAGES, {"first": 3}),
            Asked(role, '{ patient(id: "none") { id } drugs(first: 5) { totalCount } }'),
            Asked(role, '{ drugs(where: {inn: {eq: "olaparib"}}) { __typename } }'),
            Asked(role, KINDS),
            Asked(role, SHARED),
            Asked(role, FILTERED, {"words": ["CR", "PR", "SD", "PD"], "first": 7}),
            Asked(role, COHORTS, {"first": 2}),
            Asked(role, UNREAD, {"where": {"inn": {"eq": "olaparib"}}, "no": False}),
            Asked(
                role,
                ANY + "{ __typename ... on Patient { id biomarkers { label } } } }",
                {"representations": [{"__typename": "Patient", "id": each} for each in known[:4]]},
                "biomarkers",
            ),
            Asked(
                role,
                ANY + "{ ... on Gene { symbol name } ... on Drug { inn targets { symbol } } } }",
                {
                    "representations": [
                        {"__typename": "Gene", "symbol": "BRAF"},
                        {"__typename": "Gene", "symbol": "NONE"},
                        {"__typename": "Drug", "inn": "olaparib"},
                        {"__typename": "None"},
                        {"__typename": "Gene", "hgncId": "HGNC:1097"},
                        {"__typename": "Gene", "symbol": "BRAF"},
                    ]
                },
                "biomarkers",
            ),
        ]
    return asked


PAGES = """query ($first: Int!) {
  a: patients(first: $first) { __typename totalCount pageInfo { __typename hasNextPage endCursor }
    edges { __typename cursor node { id treatments { id } } } nodes { id sex } }
  b: patients(first: 1000, orderBy: [{by: ageBand, direction: DESC}]) {
    pageInfo { hasNextPage hasPreviousPage startCursor } nodes { ageBand } }
  c: biomarkers(first: 4, orderBy: [{by: label, direction: ASC}]) { nodes { id label } }
}"""
KINDS = """{ biomarkers(first: 200) { nodes {
  __typename label origin
  ... on SmallVariant { hgvsp vaf depth specimen { id kind } }
  ... on CopyNumber { copyNumberType gene { symbol } }
  ... on Fusion { partnerGene { symbol } }
  ... on Signature { kind value unit call }
} } }"""
SHARED = """{ patients(first: 6) { nodes { synthetic
  treatments { cohort { code drugs { inn targets { symbol } } } patient { id sex } }
  biomarkers { specimen { id biomarkers { label evidence { system level } } } }
} } }"""
FILTERED = """query ($words: [Response!]!, $first: Int!) {
  patients(first: $first, where: { treatments: { some: {
    outcome: { bestOverallResponse: { in: $words } } } } }) {
    totalCount nodes { id treatments {
      outcome { bestOverallResponse progressionFreeSurvival { days event } } responses { week } } }
  }
}"""
UNREAD = """query ($where: DrugFilter, $no: Boolean!) {
  drugs(where: $where) { totalCount @include(if: $no) }
}"""
COHORTS = """query ($first: Int!) { cohorts(first: 20) { nodes { code design { n1 r1 n r p0 p1 }
  biomarkerDefinition { version text }
  treatments(first: $first) { totalCount pageInfo { hasNextPage startCursor endCursor }
    edges { cursor node { id line } } nodes { id patient { id } } } } } }"""


async def known(world: World, roles: tuple[str, ...]) -> dict[str, list[str]]:
    """Find the patients whom roles see, with a treatment."""
    found = {}
    for role in roles:
        answer = await world.answer(role, "{ patients(first: 40) { nodes { id } } }")
        found[role] = [node["id"] for node in answer.body["data"]["patients"]["nodes"]]
    return found


async def differences(world: World, asked: list[Asked]) -> list[str]:
    """Answer each by both executors; name those whose answers differ."""
    found = []
    for each in asked:
        graph = world.graph if each.subgraph is None else world.part(each.subgraph)
        viewer = await world.viewer(each.role)
        pool = world.pools.roles[Role(each.role)]
        request = Request(each.query, None, each.variables)
        whole = await graph.answer(request, viewer, pool)
        other = await replace(graph, compiles=False).answer(request, viewer, pool)
        told, besides = whole.released, other.released
        if (
            whole.body != other.body
            or whole.statements != 1
            or told is None
            or besides is None
            or (told.rows, told.patients, told.cells)
            != (besides.rows, besides.patients, besides.cells)
        ):
            found.append(f"{each.role}: {each.query[:60]}")
    return found
