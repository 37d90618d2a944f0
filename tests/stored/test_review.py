"""What may be stored: one query that fits the schema and the limits."""

from __future__ import annotations

import pytest
from graphql import GraphQLError

from resolvers.errors import Refusal
from resolvers.execute import Graph
from resolvers.review import review
from resolvers.selection import RequestRefused
from tests.world import ROOT

PAGE = "patients(first: 1000) { nodes { specimens { biomarkers { gene { symbol } } } } }"
DEAR = f"{{ {' '.join(f'a{n}: {PAGE}' for n in range(20))} }}"
REFUSED = {
    "no GraphQL": ("{ viewer {", "GRAPHQL_PARSE_FAILED", "Syntax Error"),
    "nothing": ("", "GRAPHQL_PARSE_FAILED", "Syntax Error"),
    "a field that is not there": ("{ viewer { no } }", "GRAPHQL_VALIDATION_FAILED", "Cannot query"),
    "a change": ("mutation { __typename }", "BAD_USER_INPUT", "a query, and holds mutation"),
    "two": ("query A { __typename } query B { __typename }", "BAD_USER_INPUT", "query, query"),
    "too large": (f"{{ viewer {{ {'role ' * 200} }} }}", "LIMIT_EXCEEDED", "repeated fields"),
    "too dear": (DEAR, "COST_EXCEEDED", "may cost"),
}


@pytest.fixture(scope="module")
def graph() -> Graph:
    return Graph.make()


@pytest.mark.parametrize(("document", "code", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_run_is_not_stored(
    graph: Graph, document: str, code: str, sentence: str
) -> None:
    with pytest.raises((Refusal, RequestRefused)) as refused:
        review(graph, document)
    caught = refused.value
    error = caught.errors[0] if isinstance(caught, RequestRefused) else caught
    assert isinstance(error, GraphQLError)
    assert (error.extensions or {})["code"] == code
    assert sentence in error.message


def test_what_it_may_cost_is_told_where_nothing_is_to_be_given(graph: Graph) -> None:
    found = review(
        graph, "query Page($first: Int = 50) { patients(first: $first) { nodes { id } } }"
    )
    assert (found.name, found.needs, found.cost) == ("Page", (), 51)
    found = review(
        graph, "query ($id: ID!, $no: Boolean! = false) { patient(id: $id) { id @skip(if: $no) } }"
    )
    assert (found.name, found.needs, found.cost) == (None, ("id",), None)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "examples").glob("*.graphql")), ids=lambda p: p.stem
)
def test_every_example_may_be_stored(graph: Graph, path: object) -> None:
    found = review(graph, (ROOT / "examples" / str(path)).read_text())
    assert (found.cost is None) == bool(found.needs)
