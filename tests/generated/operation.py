"""Generated operations: hypothesis-graphql chooses what is selected; the rest is written here.

The library knows the types of arguments, not what they mean: its own would hardly ever find a row.
It also writes no alias, directive, fragment with a name, `__typename` or variable.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graphql import (
    REMOVE,
    DocumentNode,
    FieldNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    InputObjectTypeDefinitionNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    build_ast_schema,
    get_named_type,
    parse,
    print_schema,
)
from graphql.language import Visitor, visit
from hypothesis import strategies as st
from hypothesis_graphql import queries

from tests.generated.argument import Arguments, chance, literal
from tests.generated.lexicon import Lexicon

DIRECTIVES = ("@include(if: true)", "@skip(if: false)", "@include(if: $yes)", "@skip(if: $yes)")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation with its variables."""

    text: str
    variables: dict[str, Any]
    suspect: bool
    """It holds something that may be refused."""
    directives: bool


def operations(
    schema: GraphQLSchema, own: Lexicon, others: Lexicon, roots: tuple[str, ...]
) -> st.SearchStrategy[Operation]:
    """Generate operations on some roots of a schema, with values of a role and of the others."""

    @st.composite
    def build(draw: st.DrawFn, document: DocumentNode) -> Operation:
        (definition,) = document.definitions
        assert isinstance(definition, OperationDefinitionNode)
        assert schema.query_type is not None
        arguments = Arguments(draw, schema, own, others, wild=chance(draw, 4))
        return _Writer(draw, schema, arguments).operation(schema.query_type, definition)

    chosen = queries(_bare(schema), fields=roots, print_ast=lambda document: document)
    return chosen.flatmap(build)


@cache
def _bare(schema: GraphQLSchema) -> GraphQLSchema:
    return build_ast_schema(visit(parse(print_schema(schema)), _Bare()))


class _Bare(Visitor):
    """Leave the arguments of fields out: the library's conditions would have no end."""

    def enter_input_value_definition(self, _node: Node, *around: Any) -> Any:
        return None if self._of_input(around[-1]) else REMOVE

    def _of_input(self, ancestors: list[Any]) -> bool:
        return any(isinstance(each, InputObjectTypeDefinitionNode) for each in ancestors)


@dataclass(slots=True)
class _Writer:
    """Write one operation, drawing what the library leaves open."""

    draw: st.DrawFn
    schema: GraphQLSchema
    arguments: Arguments
    variables: dict[str, Any] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    directives: bool = False
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def operation(self, root: GraphQLObjectType, node: OperationDefinitionNode) -> Operation:
        """Write the operation, then the variables that it turned out to use."""
        body = self._selections(root, node.selection_set)
        if "$yes" in body + "".join(self.fragments):
            self.declared.append("$yes: Boolean!")
            self.variables["yes"] = True
        head = f"query ({', '.join(self.declared)}) " if self.declared else ""
        text = " ".join([f"{head}{{ {body} }}", *self.fragments])
        return Operation(text, self.variables, self.arguments.suspect, self.directives)

    def _selections(self, type_: GraphQLNamedType, node: SelectionSetNode) -> str:
        assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
        written = [self._selection(type_, each) for each in node.selections]
        if chance(self.draw, 6):
            written.insert(0, "__typename")
        text = " ".join(written)
        if chance(self.draw, 10):
            name = f"F{next(self.numbers)}"
            self.fragments.append(f"fragment {name} on {type_.name} {{ {text} }}")
            return f"...{name}"
        return text

    def _selection(self, type_: GraphQLObjectType | GraphQLInterfaceType, node: object) -> str:
        if isinstance(node, InlineFragmentNode):
            assert node.type_condition is not None
            inner = self.schema.type_map[node.type_condition.name.value]
            return f"... on {inner.name} {{ {self._selections(inner, node.selection_set)} }}"
        assert isinstance(node, FieldNode)
        name = node.name.value
        declared = type_.fields[name]
        alias = node.alias.value if node.alias else ""
        if chance(self.draw, 10):
            alias = f"a{next(self.numbers)}"
        text = f"{alias}: {name}" if alias else name
        given = self.arguments.of(type_.name, name, declared.args)
        if given:
            written = (
                self._argument(each, declared.args[each].type, given[each]) for each in given
            )
            text += f"({', '.join(written)})"
        if chance(self.draw, 30):
            self.directives = True
            text += f" {self.draw(st.sampled_from(DIRECTIVES))}"
        if node.selection_set is not None:
            inner = get_named_type(declared.type)
            text += f" {{ {self._selections(inner, node.selection_set)} }}"
        return text

    def _argument(self, name: str, type_: Any, value: Any) -> str:
        """Write an argument, in place or as a variable; only the latter may hold half a letter."""
        if "\\ud800" not in json.dumps(value) and chance(self.draw, 2):
            return f"{name}: {literal(value, type_)}"
        variable = f"v{next(self.numbers)}"
        self.variables[variable] = value
        self.declared.append(f"${variable}: {type_}")
        return f"{name}: ${variable}"
