"""What an operation selects: fields by their names in the answer, fragments expanded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_argument_values,
    get_directive_values,
    get_operation_ast,
    is_abstract_type,
)
from graphql.execution.values import VariableValues, get_variable_values

from resolvers.errors import Code, Refusal, coded

MOST_ERRORS = 20
"""Errors of one request that are told."""


class RequestRefused(Exception):
    """Hold the errors for which an operation is not run at all."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Selection:
    """Hold one operation of a document with its variables coerced."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues

    @classmethod
    def of(
        cls,
        schema: GraphQLSchema,
        document: DocumentNode,
        name: str | None,
        variables: Mapping[str, Any],
    ) -> Selection:
        """Choose the operation and coerce its variables.

        Raises: RequestRefused BAD_USER_INPUT where there is no such operation, or a variable is
        wrong.
        """
        operation = get_operation_ast(document, name)
        if operation is None:
            hint = (
                f"The document has no operation named {name!r}."
                if name
                else "The document has several operations: give `operationName`."
            )
            raise RequestRefused([Refusal(Code.BAD_USER_INPUT, hint)])
        coerced = get_variable_values(
            schema,
            operation.variable_definitions or (),
            dict(variables),
            max_errors=MOST_ERRORS,
            hide_suggestions=True,
        )
        if isinstance(coerced, list):
            raise RequestRefused(coded(coerced, Code.BAD_USER_INPUT))
        fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        return cls(schema, operation, fragments, coerced)

    @property
    def root(self) -> GraphQLObjectType | None:
        """Give the type that the operation begins at."""
        return self.schema.get_root_type(self.operation.operation)

    def roots(self) -> dict[str, list[FieldNode]]:
        """List the operation's root fields."""
        root = self.root
        if root is None:
            return {}
        found: dict[str, list[FieldNode]] = {}
        self._collect(root, self.operation.selection_set, found, set())
        return found

    def fields(
        self, type_: GraphQLObjectType, nodes: Iterable[FieldNode]
    ) -> dict[str, list[FieldNode]]:
        """List what fields select of an object type, by name in the answer."""
        found: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for node in nodes:
            if node.selection_set is not None:
                self._collect(type_, node.selection_set, found, seen)
        return found

    def arguments(self, field: GraphQLField, node: FieldNode) -> dict[str, Any]:
        """Coerce a field's arguments.

        Raises: RequestRefused BAD_USER_INPUT.
        """
        try:
            return get_argument_values(field, node, self.variables, hide_suggestions=True)
        except GraphQLError as error:
            raise RequestRefused(coded([error], Code.BAD_USER_INPUT)) from error

    def _collect(
        self,
        type_: GraphQLObjectType,
        selections: SelectionSetNode,
        found: dict[str, list[FieldNode]],
        seen: set[str],
    ) -> None:
        for node in selections.selections:
            if not self._included(node):
                continue
            match node:
                case FieldNode():
                    name = node.alias.value if node.alias else node.name.value
                    found.setdefault(name, []).append(node)
                case InlineFragmentNode():
                    condition = node.type_condition
                    if condition is None or self._applies(condition.name.value, type_):
                        self._collect(type_, node.selection_set, found, seen)
                case FragmentSpreadNode():
                    fragment = self.fragments[node.name.value]
                    if fragment.name.value in seen:
                        continue
                    seen.add(fragment.name.value)
                    if self._applies(fragment.type_condition.name.value, type_):
                        self._collect(type_, fragment.selection_set, found, seen)

    def _included(self, node: SelectionNode) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
        if skip is not None and skip["if"]:
            return False
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        return include is None or bool(include["if"])

    def _applies(self, condition: str, type_: GraphQLObjectType) -> bool:
        if condition == type_.name:
            return True
        wider = self.schema.type_map[condition]
        return is_abstract_type(wider) and self.schema.is_sub_type(wider, type_)
