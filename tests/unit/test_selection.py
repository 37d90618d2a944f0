"""What an operation selects: aliases, fragments, @skip and @include, and how much is too much."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLObjectType, build_schema, parse

from resolvers.errors import Code, Refusal
from resolvers.limits import MOST_ALIASES, MOST_DEPTH, check_document
from resolvers.selection import RequestRefused, Selection

SCHEMA = build_schema(
    """
    interface Named { name: String next: Named }
    type Cat implements Named { name: String next: Named lives(of: Int! = 9): Int }
    type Dog implements Named { name: String next: Named loud: Boolean }
    union Pet = Cat | Dog
    type Query { cat: Cat named: Named pet: Pet }
    """
)


def select(query: str, name: str | None = None, **variables: Any) -> Selection:
    return Selection.of(SCHEMA, parse(query), name, variables)


def shape(selection: Selection, on: str = "Cat", root: str = "cat") -> dict[str, list[str]]:
    """Give the fields below a root, by their names in the answer."""
    type_ = SCHEMA.type_map[on]
    assert isinstance(type_, GraphQLObjectType)
    fields = selection.fields(type_, selection.roots()[root])
    return {key: [node.name.value for node in nodes] for key, nodes in fields.items()}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("name", {"name": ["name"]}),
        ("a: name b: name", {"a": ["name"], "b": ["name"]}),
        ("name name", {"name": ["name", "name"]}),
        ("b: name a: lives", {"b": ["name"], "a": ["lives"]}),
        ("__typename", {"__typename": ["__typename"]}),
        ("... { name }", {"name": ["name"]}),
        ("... on Cat { name }", {"name": ["name"]}),
        ("... on Named { name }", {"name": ["name"]}),
        ("... on Pet { ... on Cat { name } }", {"name": ["name"]}),
        ("name ... on Dog { loud }", {"name": ["name"]}),
        ("... on Named { ... on Dog { loud } name }", {"name": ["name"]}),
        ("...A ...A", {"name": ["name"]}),
        ("...A name", {"name": ["name", "name"]}),
        ("...B", {"name": ["name"], "lives": ["lives"]}),
        ("name @skip(if: true) lives", {"lives": ["lives"]}),
        ("name @skip(if: false)", {"name": ["name"]}),
        ("name @include(if: false) lives", {"lives": ["lives"]}),
        ("name @include(if: $yes) lives @skip(if: $yes)", {"name": ["name"]}),
        ("name @include(if: true) @skip(if: true) lives", {"lives": ["lives"]}),
        ("...A @include(if: $no) lives", {"lives": ["lives"]}),
        ("...A @skip(if: $yes) ...A", {"name": ["name"]}),
        ("... @skip(if: $yes) { name } lives", {"lives": ["lives"]}),
    ],
)
def test_what_is_selected(body: str, found: dict[str, list[str]]) -> None:
    query = f"""query ($yes: Boolean!, $no: Boolean = false) {{ cat {{ {body} }} }}
      fragment A on Named {{ name }} fragment B on Cat {{ ...A ... on Cat {{ lives }} }}"""
    assert shape(select(query, yes=True)) == found


def test_an_interface_selects_by_type() -> None:
    selection = select("{ named { name ... on Cat { lives } ... on Dog { loud } } }")
    assert list(shape(selection, "Cat", "named")) == ["name", "lives"]
    assert list(shape(selection, "Dog", "named")) == ["name", "loud"]


def test_roots_are_selected_too() -> None:
    fragment = "fragment Q on Query { a: cat { lives } }"
    selection = select(f"{{ a: cat {{ name }} ...Q b: cat @skip(if: true) {{ name }} }} {fragment}")
    assert list(selection.roots()) == ["a"]
    assert shape(selection, root="a") == {"name": ["name"], "lives": ["lives"]}


@pytest.mark.parametrize(
    ("name", "variables", "code"),
    [
        (None, {}, Code.BAD_USER_INPUT),
        ("C", {}, Code.BAD_USER_INPUT),
        ("B", {}, Code.BAD_USER_INPUT),
        ("B", {"of": None}, Code.BAD_USER_INPUT),
        ("B", {"of": "nine"}, Code.BAD_USER_INPUT),
    ],
)
def test_what_cannot_be_run_is_refused(
    name: str | None, variables: dict[str, Any], code: Code
) -> None:
    query = "query A { cat { name } } query B($of: Int!) { cat { lives(of: $of) } }"
    with pytest.raises(RequestRefused) as refused:
        select(query, name, **variables)
    assert {(error.extensions or {})["code"] for error in refused.value.errors} == {code.value}


@pytest.mark.parametrize(
    ("arguments", "value"), [("", 9), ("(of: 1)", 1), ("(of: $of)", 2), ("(of: $absent)", 9)]
)
def test_arguments_are_coerced(arguments: str, value: int) -> None:
    query = f"query ($of: Int!, $absent: Int) {{ cat {{ lives{arguments} }} }}"
    selection = select(query, of=2)
    cat = SCHEMA.type_map["Cat"]
    assert isinstance(cat, GraphQLObjectType)
    (node,) = selection.fields(cat, selection.roots()["cat"])["lives"]
    assert selection.arguments(cat.fields["lives"], node) == {"of": value}


def test_a_null_from_a_variable_is_refused() -> None:
    selection = select("query ($of: Int) { cat { lives(of: $of) } }", of=None)
    cat = SCHEMA.type_map["Cat"]
    assert isinstance(cat, GraphQLObjectType)
    (node,) = selection.fields(cat, selection.roots()["cat"])["lives"]
    with pytest.raises(RequestRefused):
        selection.arguments(cat.fields["lives"], node)


def wide(aliases: int) -> str:
    return "{ cat { " + " ".join(f"a{i}: name" for i in range(aliases)) + " } }"


def deep(levels: int) -> str:
    return "{ named { " + "next { " * (levels - 2) + "name" + " }" * levels


def test_the_extent_is_limited_and_no_less() -> None:
    for query in (wide(MOST_ALIASES), deep(MOST_DEPTH)):
        check_document(parse(query))
    for query in (wide(MOST_ALIASES + 1), deep(MOST_DEPTH + 1)):
        with pytest.raises(Refusal) as refused:
            check_document(parse(query))
        assert refused.value.code is Code.LIMIT_EXCEEDED


def test_fragments_are_measured_once_and_counted_often() -> None:
    """2 ** 60 fields are counted as quickly as 60."""
    links = "".join(f" fragment f{i} on Cat {{ ...f{i + 1} ...f{i + 1} }}" for i in range(60))
    with pytest.raises(Refusal) as refused:
        check_document(parse(f"{{ cat {{ ...f0 }} }} {links} fragment f60 on Cat {{ name }}"))
    assert f"{2**60 + 1:,} fields" in refused.value.message
