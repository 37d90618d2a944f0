"""Filters, orders and pages of every root, against a slow evaluation in Python of the same rows.

The rows are read once, unfiltered, through the graph; what is evaluated here knows only what the
schema's descriptions say of the conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.extent import REPEATABLE, count
from tests.world import World

ROOTS = {
    "patients": "Patient",
    "biomarkers": "Biomarker",
    "cohorts": "Cohort",
    "responses": "ResponseAssessment",
    "resistanceFindings": "ResistanceFinding",
    "drugs": "Drug",
    "partners": "Partner",
    "agreements": "Agreement",
    "releases": "DataRelease",
}
EXAMPLES = count(ci=200, nightly=5_000) // len(ROOTS) + 1
UNIQUE = {"Drug": "inn", "DataRelease": "version"} | dict.fromkeys(
    ("Cohort", "Partner", "Agreement"), "code"
)
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, given: value == given,
    "neq": lambda value, given: value != given,
    "lt": lambda value, given: value < given,
    "lte": lambda value, given: value <= given,
    "gt": lambda value, given: value > given,
    "gte": lambda value, given: value >= given,
    "in": lambda value, given: value in given,
    "startsWith": lambda value, given: value.startswith(given),
}
Node = dict[str, Any]
STATUSES = ("ALTERED", "NOT_ALTERED", "NOT_ASSESSED", "UNKNOWN")
EVIDENCE = """query ($after: String) { patients(first: 1000, after: $after) {
  pageInfo { hasNextPage endCursor }
  nodes {
    id
    biomarkers { __typename gene { symbol } ... on Fusion { partnerGene { symbol } } }
    molecularProfiles { geneListComplete genesAssessed { symbol } }
  }
} }"""


class Shape:
    """Say what is read of a type, and generate conditions on what was read."""

    def __init__(self, schema: GraphQLSchema, evidence: list[Node]) -> None:
        self.schema = schema
        self.evidence = {patient["id"]: patient for patient in evidence}
        """What the status of a gene follows from, by the patient's id."""
        named = {each for patient in evidence for each in [*altered(patient), *assessed(patient)]}
        self.symbols = [*sorted(named), "not a gene"]

    def gene_status(self, id_: str, symbol: str) -> str:
        """Evaluate what is known of a gene, as the descriptions say: untested is not wild-type."""
        patient = self.evidence[id_]
        if symbol in altered(patient):
            return "ALTERED"
        if symbol in assessed(patient):
            return "NOT_ALTERED"
        complete = [profile["geneListComplete"] for profile in patient["molecularProfiles"]]
        return "NOT_ASSESSED" if complete and all(complete) else "UNKNOWN"

    def selection(self, name: str, depth: int) -> str:
        """Select every column of a type, and of its relations down to a depth."""
        type_ = self.schema.type_map[name]
        assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
        parts = ["__typename", *self._fields(type_, depth)]
        if isinstance(type_, GraphQLInterfaceType):
            for possible in self.schema.get_possible_types(type_):
                inner = " ".join(self._fields(possible, depth, prefix=possible.name))
                parts.append(f"... on {possible.name} {{ {inner} }}")
        return " ".join(parts)

    def _fields(
        self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int, prefix: str = ""
    ) -> Iterator[str]:
        for name, field in type_.fields.items():
            inner = get_named_type(field.type)
            if field.args:
                continue
            if is_leaf_type(inner):
                yield f"{prefix}_{name}: {name}" if prefix else name
            elif inner.name == "TimeToEvent":
                yield f"{name} {{ days event reason }}"
            elif depth > 0 and not prefix:
                yield f"{name} {{ {self.selection(inner.name, depth - 1)} }}"

    def value(self, node: Node, name: str) -> Any:
        """Find a field of a node, whichever type of an interface it is."""
        if name in node:
            return node[name]
        return node.get(f"{node['__typename']}_{name}")

    def conditions(self, name: str, nodes: list[Node], depth: int) -> st.SearchStrategy[Node]:
        """Generate conditions on a type, from the values that its rows have."""
        input_ = self.schema.type_map[f"{name}Filter"]
        assert isinstance(input_, GraphQLInputObjectType)
        simple = [
            self._condition(field, get_named_type(member.type), nodes, depth)
            for field, member in input_.fields.items()
            if field not in {"and", "or", "not"}
        ]
        leaf = st.one_of([each for each in simple if each is not None])
        return st.recursive(
            leaf,
            lambda inner: st.one_of(
                st.lists(inner, max_size=2).map(lambda each: {"and": each}),
                st.lists(inner, max_size=2).map(lambda each: {"or": each}),
                inner.map(lambda each: {"not": each}),
            ),
            max_leaves=3,
        )

    def _condition(
        self, field: str, input_: Any, nodes: list[Node], depth: int
    ) -> st.SearchStrategy[Node] | None:
        if field == "geneStatus":
            return self.statuses().map(lambda each: {"geneStatus": each})
        if field == "type":
            names = sorted({node["__typename"] for node in nodes}) or ["Fusion"]
            return st.sampled_from(names).map(lambda each: {"type": {"eq": each}})
        found = [value for node in nodes if (value := self.value(node, field)) is not None]
        if input_.name.endswith("ListFilter"):
            inner = [each for value in found if isinstance(value, list) for each in value]
            if depth == 0 or not inner:
                return None
            words = st.sampled_from(["some", "none", "every"])
            of = self.conditions(input_.name.removesuffix("ListFilter"), inner, depth - 1)
            return st.builds(lambda word, each: {field: {word: each}}, words, of)
        if "eq" not in input_.fields:
            objects = [value for value in found if isinstance(value, dict)]
            if not objects or (depth == 0 and input_.name != "TimeToEventFilter"):
                return None
            inner_name = input_.name.removesuffix("Filter")
            return self.conditions(inner_name, objects, depth - 1).map(lambda each: {field: each})
        return self._values(input_, found).map(lambda each: {field: each})

    def statuses(self) -> st.SearchStrategy[Node]:
        """Generate conditions on the status of a gene."""
        one = st.sampled_from(STATUSES)
        conditions = st.fixed_dictionaries(
            {}, optional={"eq": one, "neq": one, "in": st.lists(one, max_size=3)}
        )
        symbols = st.sampled_from(self.symbols)
        return st.builds(lambda symbol, each: {"symbol": symbol, **each}, symbols, conditions)

    def _values(self, input_: GraphQLInputObjectType, found: list[Any]) -> st.SearchStrategy[Node]:
        words = sorted(input_.fields)
        fallback = {"Int": 1, "Float": 0.5, "Boolean": True, "Date": "2024-01-01"}
        fallback["DateTime"] = "2024-01-01T00:00:00+00:00"
        inner = get_named_type(input_.fields["eq"].type)
        default = fallback.get(inner.name, "x")
        if isinstance(inner, GraphQLEnumType):
            default = next(iter(inner.values))
        value = st.sampled_from([*dict.fromkeys(found[:200]), default])

        def of(word: str) -> st.SearchStrategy[Node]:
            match word:
                case "isNull":
                    return st.booleans().map(lambda each: {"isNull": each})
                case "in":
                    return st.lists(value, max_size=3).map(lambda each: {"in": each})
                case "startsWith":
                    return value.map(lambda each: {"startsWith": str(each)[:3]})
                case _:
                    return value.map(lambda each: {word: each})

        return st.sampled_from(words).flatmap(of)

    def holds(self, name: str, node: Node, where: Node) -> bool:
        """Evaluate conditions on a node, as the descriptions say."""
        return all(self._one(name, node, field, given) for field, given in where.items())

    def _one(self, name: str, node: Node, field: str, given: Any) -> bool:
        match field:
            case "and":
                return all(self.holds(name, node, each) for each in given)
            case "or":
                return any(self.holds(name, node, each) for each in given)
            case "not":
                return not self.holds(name, node, given)
            case "type":
                return bool(node["__typename"] == given["eq"])
            case "geneStatus":
                status = self.gene_status(node["id"], given["symbol"])
                return all(
                    COMPARISONS[word](status, wanted)
                    for word, wanted in given.items()
                    if word != "symbol"
                )
        input_: Any = self.schema.type_map[f"{name}Filter"]
        inner = get_named_type(input_.fields[field].type)
        value = self.value(node, field)
        if inner.name.endswith("ListFilter"):
            target = inner.name.removesuffix("ListFilter")
            (word, where), *_ = given.items()
            matches = [self.holds(target, each, where) for each in value or []]
            return {"some": any(matches), "none": not any(matches), "every": all(matches)}[word]
        if "eq" not in inner.fields:
            if value is None and inner.name != "TimeToEventFilter":
                return False
            return self.holds(inner.name.removesuffix("Filter"), value or PART, given)
        return all(
            (value is None) == wanted
            if word == "isNull"
            else value is not None and COMPARISONS[word](value, wanted)
            for word, wanted in given.items()
        )


PART: Node = {"__typename": "TimeToEvent", "days": None, "event": None}


def altered(patient: Node) -> set[str]:
    """Name the genes that a biomarker names; a protein's expression says nothing of its gene."""
    return {
        marker[gene]["symbol"]
        for marker in patient["biomarkers"]
        for gene in ("gene", "partnerGene")
        if marker["__typename"] != "ProteinExpression" and marker.get(gene) is not None
    }


def assessed(patient: Node) -> set[str]:
    """Name the genes that a profile is known to have tested."""
    profiles = patient["molecularProfiles"]
    return {gene["symbol"] for profile in profiles for gene in profile["genesAssessed"]}


async def everything(world: World, role: str, root: str, query: str) -> list[Node]:
    nodes: list[Node] = []
    after = None
    while True:
        answer = await world.answer(role, query, {"after": after})
        page = answer.body["data"][root]
        nodes += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return nodes
        after = page["pageInfo"]["endCursor"]


def order_key(shape: Shape, schema: GraphQLSchema, name: str, by: str) -> Callable[[Node], Any]:
    """Sort as PostgreSQL does: text by code points, enumerations as they are declared."""
    type_: Any = schema.type_map[name]
    fields = dict(type_.fields)
    if isinstance(type_, GraphQLInterfaceType):
        for possible in schema.get_possible_types(type_):
            fields = {**possible.fields, **fields}
    inner = get_named_type(fields[by].type)
    ranks = list(inner.values) if isinstance(inner, GraphQLEnumType) else None

    def key(node: Node) -> Any:
        value = shape.value(node, by)
        return ranks.index(value) if ranks is not None and value is not None else value

    return key


@pytest.mark.property
@pytest.mark.parametrize("root", ROOTS)
async def test_filters_orders_and_pages(
    world: World, root: str, record_property: Callable[[str, object], None]
) -> None:
    schema = world.graph.binding.schema
    role = "steward"
    shape = Shape(schema, await everything(world, role, "patients", EVIDENCE))
    name = ROOTS[root]
    nodes = await everything(
        world,
        role,
        root,
        f"query ($after: String) {{ {root}(first: 1000, after: $after) {{"
        f" pageInfo {{ hasNextPage endCursor }} nodes {{ {shape.selection(name, 2)} }} }} }}",
    )
    assert nodes
    order: Any = schema.type_map[f"{name}OrderField"]
    cases: list[tuple[Node, list[Node], int]] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=REPEATABLE,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        shape.conditions(name, nodes, 2),
        st.lists(
            st.fixed_dictionaries(
                {
                    "by": st.sampled_from(sorted(order.values)),
                    "direction": st.sampled_from(["ASC", "DESC"]),
                }
            ),
            max_size=2,
        ),
        st.sampled_from([1, 7, 100, 1000]),
    )
    def collect(where: Node, by: list[Node], first: int) -> None:
        cases.append((where, by, first))

    collect()
    record_property("examples", len(cases))
    record_property("role", role)
    for where, by, first in cases:
        expected = [node for node in nodes if shape.holds(name, node, where)]
        for each in reversed(by):
            key = order_key(shape, schema, name, each["by"])
            known = [node for node in expected if key(node) is not None]
            known.sort(key=key, reverse=each["direction"] == "DESC")
            expected = known + [node for node in expected if key(node) is None]
        got, total = await pages(world, role, root, name, where, by, first, len(expected))
        unique = UNIQUE.get(name, "id")
        assert total == len(expected), (where, by)
        assert got == [node[unique] for node in expected][: len(got)], (where, by, first)
        assert len(got) == len(expected) or len(got) >= 3 * first


async def pages(
    world: World, role: str, root: str, name: str, where: Node, by: list[Node], first: int, n: int
) -> tuple[list[str], int]:
    """Read the first three pages, or all where they are large."""
    unique = UNIQUE.get(name, "id")
    got: list[str] = []
    after = None
    while True:
        answer = await world.answer(
            role,
            f"query ($where: {name}Filter, $by: [{name}Order!], $first: Int!, $after: String) {{"
            f" {root}(where: $where, orderBy: $by, first: $first, after: $after) {{ totalCount"
            f" pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {unique} }} }} }} }}",
            {"where": where, "by": by, "first": first, "after": after},
        )
        assert "errors" not in answer.body, (answer.body["errors"], where)
        page = answer.body["data"][root]
        got += [edge["node"][unique] for edge in page["edges"]]
        assert page["pageInfo"]["hasNextPage"] == (len(got) < n)
        if not page["pageInfo"]["hasNextPage"] or len(got) >= 3 * first:
            return got, page["totalCount"]
        after = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize("role", ["researcher", "steward"])
async def test_patients_by_the_status_of_a_gene(world: World, role: str) -> None:
    """Each gene's statuses divide the patients; NOT_ALTERED has been tested, every one of them."""
    shape = Shape(world.graph.binding.schema, await everything(world, role, "patients", EVIDENCE))
    told = set()
    for symbol in ("BRAF", "ERBB2", "NTRK1", shape.symbols[0], shape.symbols[-1]):
        of = {id_: shape.gene_status(id_, symbol) for id_ in shape.evidence}
        for status in STATUSES:
            wanted = sorted(id_ for id_, found in of.items() if found == status)
            where = {"geneStatus": {"symbol": symbol, "eq": status}}
            got, total = await pages(
                world, role, "patients", "Patient", where, [], 1000, len(wanted)
            )
            assert (got, total) == (wanted, len(wanted))
            if status == "NOT_ALTERED":
                assert all(symbol in assessed(shape.evidence[id_]) for id_ in got)
            told |= {status} if got else set()
    assert told >= {"ALTERED", "NOT_ALTERED", "NOT_ASSESSED"}


def test_every_column_can_be_filtered_and_sorted_by(world: World) -> None:
    """No column of a listed type is left out but lists of texts, and computed values of orders.

    Statistics are no column.
    """
    schema = world.graph.binding.schema
    for root, name in ROOTS.items():
        type_: Any = schema.type_map[name]
        filter_: Any = schema.type_map[f"{name}Filter"]
        order: Any = schema.type_map[f"{name}OrderField"]
        for field, member in type_.fields.items():
            bare = member.type.of_type if is_non_null_type(member.type) else member.type
            if is_list_type(bare) and is_leaf_type(get_named_type(bare)):
                continue
            if get_named_type(bare).name == "OutcomeRow":
                continue
            assert field in filter_.fields, (root, field)
            if is_leaf_type(bare) and not member.args:
                assert field in order.values, (root, field)
