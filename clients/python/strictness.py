"""What the generator does otherwise than by itself: names with digits, and stricter signatures."""

from __future__ import annotations

import ast
import re

from ariadne_codegen import Plugin
from graphql import GraphQLInputField, GraphQLInputObjectType, Node, OperationDefinitionNode


class Strictness(Plugin):
    """Take part in generating, as ariadne-codegen's plugins do."""

    def process_name(self, name: str, node: Node | None = None) -> str:
        """Join digits to the words around them: `icd10`, `n1`; capitals are values of enums."""
        return name if name.isupper() else re.sub(r"_(\d+)_?", r"\1", name)

    def generate_client_method(
        self,
        method_def: ast.FunctionDef | ast.AsyncFunctionDef,
        operation_definition: OperationDefinitionNode,
    ) -> ast.FunctionDef | ast.AsyncFunctionDef:
        """Take no keyword that the operation does not have."""
        method_def.args.kwarg = None
        for node in ast.walk(method_def):
            if isinstance(node, ast.Call):
                node.keywords = [keyword for keyword in node.keywords if keyword.arg is not None]
        return method_def

    def generate_input_class(
        self, class_def: ast.ClassDef, input_type: GraphQLInputObjectType
    ) -> ast.ClassDef:
        """Refuse conditions that the schema does not have, rather than ask without them."""
        class_def.keywords.append(ast.keyword("extra", ast.Constant("forbid")))
        return class_def

    def generate_input_field(
        self, field_implementation: ast.AnnAssign, input_field: GraphQLInputField, field_name: str
    ) -> ast.AnnAssign:
        """Let type checkers accept `in_`, `and_`, `or_`, `not_`: an `alias` would hide them."""
        if isinstance(field_implementation.value, ast.Call):
            field_implementation.value.keywords = [
                ast.keyword(name, keyword.value)
                for keyword in field_implementation.value.keywords
                for name in (
                    ("validation_alias", "serialization_alias")
                    if keyword.arg == "alias"
                    else (keyword.arg,)
                )
            ]
        return field_implementation
