"""What an operation may cost: the printed schema says it, and the server means the same."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    parse,
    print_ast,
    validate,
)
from graphql.utilities.print_schema import print_directive
from hypothesis import given
from hypothesis import strategies as st

from resolvers.errors import Refusal
from resolvers.execute import Graph
from resolvers.limits import MOST_COST, check_cost
from resolvers.selection import Selection
from tests.contract.price import SCHEMA, applied, price
from tests.extent import trying
from tests.world import World

GRAPH = Graph.make()

# The operation, its variables, and what it costs by hand.
KNOWN: dict[str, tuple[str, dict[str, Any], int]] = {
    "who asks": ("{ viewer { role scope { code } } }", {}, 2),
    "one patient": ('{ patient(id: "x") { id sex } }', {}, 1),
    "a page unasked": ("{ patients { nodes { id } } }", {}, 101),
    "a page": ("{ patients(first: 7) { nodes { id } } }", {}, 8),
    "edges": (
        "{ patients(first: 7) { edges { cursor node { id } } pageInfo { endCursor } } }",
        {},
        16,
    ),
    "nodes and edges": ("{ patients(first: 2) { nodes { id } edges { cursor } } }", {}, 5),
    "a count": ("{ patients(first: 1) { totalCount } }", {}, 101),
    "lists in lists": (
        "{ patients(first: 3) { nodes { specimens { biomarkers { id } } } } }",
        {},
        1 + 3 * (1 + 5 * (1 + 10)),
    ),
    "a page in a page": (
        "{ cohorts(first: 4) { nodes { treatments(first: 5) { nodes { id } totalCount } } } }",
        {},
        1 + 4 * (1 + (1 + 5 + 100)),
    ),
    "a computed field": (
        '{ patients(first: 2) { nodes { a: geneStatus(symbol: "A") b: geneStatus(symbol: "B") }}}',
        {},
        1 + 2 * (1 + 10 + 10),
    ),
    "a field said twice": (
        "{ patients(first: 2) { nodes { study { code } study { title } } } }",
        {},
        5,
    ),
    "aliases": (
        "{ a: drugs(first: 2) { nodes { inn } } b: drugs(first: 3) { nodes { inn } } }",
        {},
        7,
    ),
    "a fragment twice": (
        "{ a: patients(first: 1) { ...p } b: patients(first: 9) { ...p } }"
        " fragment p on PatientConnection { nodes { treatments { id } } }",
        {},
        (1 + 1 * 3) + (1 + 9 * 3),
    ),
    "the dearest kind": (
        "{ biomarkers(first: 2) { nodes { ... on Fusion { gene { symbol } partnerGene { symbol } }"
        " ... on CopyNumber { gene { symbol } } } } }",
        {},
        1 + 2 * (1 + 2),
    ),
    "the one in docs/errors.md": (
        "{ patients(first: 50) { nodes { treatments { id } } } }",
        {},
        151,
    ),
    "statistics": (
        "{ outcomeStatistics(by: []) { rows { patients { value } overallSurvival {"
        " points { day } } } } }",
        {},
        1 + 50 * (1 + 1 + 1 + 50),
    ),
    "a variable": ("query ($n: Int!) { patients(first: $n) { nodes { id } } }", {"n": 12}, 13),
    "its default": ("query ($n: Int! = 6) { patients(first: $n) { nodes { id } } }", {}, 7),
    "skipped": (
        "query ($no: Boolean!) { viewer { role scope @include(if: $no) { code } } }",
        {"no": False},
        1,
    ),
    "much": (
        "{ patients(first: 1000) { nodes { biomarkers { specimen { biomarkers { label } } } } } }",
        {},
        1 + 1000 * (1 + 20 * (1 + 1 + 10)),
    ),
    "more than is allowed": (
        "query ($n: Int!) { patients(first: $n) { nodes { biomarkers { patient {"
        " molecularProfiles { genesAssessed { symbol } } } } } } }",
        {"n": 1000},
        1 + 1000 * (1 + 20 * (1 + 1 + 3 * (1 + 200))),
    ),
}


def served(text: str, variables: dict[str, Any]) -> int:
    """Give what the server takes an operation to cost, be it allowed or refused for that."""
    selection = Selection.of(GRAPH.binding.schema, parse(text), None, variables)
    try:
        return check_cost(selection, GRAPH.binding)
    except Refusal as refusal:
        number = refusal.message.removeprefix("The operation may cost ").split(", and ")[0]
        cost = int(number.replace(",", ""))
        assert cost > MOST_COST
        return cost


@pytest.mark.parametrize(("text", "variables", "cost"), KNOWN.values(), ids=KNOWN)
async def test_what_a_known_operation_costs(
    world: World, text: str, variables: dict[str, Any], cost: int
) -> None:
    assert validate(SCHEMA, parse(text)) == []
    assert price(text, variables) == cost
    assert served(text, variables) == cost
    answer = await world.answer("steward", text, variables)
    if cost > MOST_COST:
        (error,) = answer.body["errors"]
        assert error["extensions"]["code"] == "COST_EXCEEDED"
        assert f" {cost:,}, " in error["message"]
        assert answer.statements == 0
    else:
        assert "errors" not in answer.body


WITHIN = 5
"""How deep a made operation goes."""


@st.composite
def operations(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Make an operation of the schema's: pages, lists, aliases, fragments, variables, @include."""
    variables: dict[str, Any] = {"yes": True, "no": False}
    declared = ["$yes: Boolean!", "$no: Boolean!"]
    fragments: list[str] = []
    names = iter(range(10_000))

    def arguments(field: GraphQLField) -> str:
        written = []
        for name, argument in field.args.items():
            if name == "first":
                number = draw(st.integers(1, 1000))
                match draw(st.sampled_from(["absent", "literal", "given", "default", "both"])):
                    case "literal":
                        written.append(f"first: {number}")
                    case "absent":
                        pass
                    case way:
                        variable = f"v{next(names)}"
                        if way != "default":
                            variables[variable] = number
                        default = "" if way == "given" else f" = {draw(st.integers(1, 1000))}"
                        declared.append(f"${variable}: Int!{default}")
                        written.append(f"first: ${variable}")
            elif name == "by":
                written.append("by: [SEX]")
            elif str(argument.type) in {"ID!", "String!"}:
                written.append(f'{name}: "x"')
        return f"({', '.join(written)})" if written else ""

    def one(type_: GraphQLObjectType | GraphQLInterfaceType, name: str, depth: int) -> str:
        field = type_.fields[name]
        named = get_named_type(field.type)
        inner = ""
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            inner = f" {{ {body(named, depth + 1)} }}"
        sign = draw(st.sampled_from(["", "", "", " @include(if: $yes)", " @skip(if: $yes)"]))
        return f"f{next(names)}: {name}{arguments(field)}{sign}{inner}"

    def body(type_: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
        leaves = [
            n for n, field in type_.fields.items() if is_leaf_type(get_named_type(field.type))
        ]
        choices = list(type_.fields) if depth < WITHIN else leaves
        chosen = draw(st.lists(st.sampled_from(choices), max_size=3)) if choices else []
        parts = ["__typename", *(one(type_, name, depth) for name in chosen)]
        if isinstance(type_, GraphQLInterfaceType) and depth < WITHIN:
            kind = draw(st.sampled_from(SCHEMA.get_possible_types(type_)))
            parts.append(f"... on {kind.name} {{ {body(kind, depth)} }}")
        written = " ".join(parts)
        if not draw(st.booleans()):
            return written
        name = f"F{next(names)}"
        fragments.append(f"fragment {name} on {type_.name} {{ {written} }}")
        return f"...{name} ...{name}"

    root = SCHEMA.query_type
    assert root is not None
    roots = draw(st.lists(st.sampled_from(list(root.fields)), min_size=1, max_size=3))
    text = " ".join(one(root, name, 0) for name in roots)
    return f"query ({', '.join(declared)}) {{ {text} }} {' '.join(fragments)}", variables


@pytest.mark.property
@trying(ci=200, nightly=5_000)
@given(operations())
def test_the_schema_tells_what_the_server_takes_it_to_cost(
    made: tuple[str, dict[str, Any]],
) -> None:
    text, variables = made
    errors = [e.message for e in validate(SCHEMA, parse(text)) if "never used" not in e.message]
    assert errors == []
    assert served(text, variables) == price(text, variables)


def fields() -> list[tuple[str, str, GraphQLField]]:
    return [
        (type_.name, name, field)
        for type_ in SCHEMA.type_map.values()
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
        and not type_.name.startswith("__")
        for name, field in type_.fields.items()
    ]


def is_list(field: GraphQLField) -> bool:
    return is_list_type(get_nullable_type(field.type))


def test_every_list_of_objects_has_a_size() -> None:
    sized = {
        (get_named_type(field.type).name, name)
        for _, _, field in fields()
        for name in (applied(field, "listSize") or {}).get("sizedFields", ())
    }
    lists = {
        (type_, name)
        for type_, name, field in fields()
        if is_list(field) and not is_leaf_type(get_named_type(field.type))
    }
    own = {(t, n) for t, n, field in fields() if is_list(field) and applied(field, "listSize")}
    assert sized.isdisjoint(own)
    assert lists == sized | own
    assert len(own) > 20
    assert len(sized) == 2 * sum(name.endswith("Connection") for name in SCHEMA.type_map)


def test_gateways_mean_the_same_by_it() -> None:
    """{Apollo Router, Hive Gateway} They differ in what a weight on a field of objects means.

    Hive counts the page's size where an argument or its default gives one, Apollo the assumed one
    too: both are the same. Neither may ask for an argument that may be left out.
    """
    for type_, _, field in fields():
        # Beside what a change costs, the object that it gives back is nothing.
        if applied(field, "cost") and type_ != "Mutation":
            assert is_leaf_type(get_named_type(field.type))
        listed = applied(field, "listSize")
        if listed and "slicingArguments" in listed:
            (argument,) = (field.args[name] for name in listed["slicingArguments"])
            assert str(argument.type) == "Int!"
            assert argument.ast_node is not None
            assert argument.ast_node.default_value is not None
            assert print_ast(argument.ast_node.default_value) == str(listed["assumedSize"])
            assert listed["requireOneSlicingArgument"] is False


def test_the_directives_are_those_of_federation() -> None:
    definitions = {
        "cost": "directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION"
        " | INPUT_FIELD_DEFINITION | OBJECT | SCALAR",
        "listSize": "directive @listSize(assumedSize: Int, slicingArguments: [String!],"
        " sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION",
    }
    for name, definition in definitions.items():
        directive = SCHEMA.get_directive(name)
        assert directive is not None
        assert print_directive(directive).splitlines()[-1] == definition
