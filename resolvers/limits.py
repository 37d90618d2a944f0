"""Limits of one request: of its document, then of what it may cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
)

from resolvers.bind import Binding
from resolvers.errors import Code, Refusal
from resolvers.selection import Selection
from schema import mapping
from schema.connection import MOST

MOST_TOKENS = 10_000
MOST_DEPTH = 20
MOST_FIELDS = 2_000
"""Fields once fragments are expanded."""
MOST_ALIASES = 200
MOST_DIRECTIVES = 100
MOST_DUPLICATES = 100
"""Fields that repeat a name of the same selection set."""
MOST_ROOTS = 200
MOST_SELECTIONS = 2_000
"""Objects to read of, where each kind of an interface may have its own."""
MOST_COST = 2_000_000


@dataclass(frozen=True, slots=True)
class _Size:
    fields: int = 0
    depth: int = 0
    aliases: int = 0
    directives: int = 0
    duplicates: int = 0

    def __add__(self, other: _Size) -> _Size:
        return _Size(
            self.fields + other.fields,
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.duplicates + other.duplicates,
        )


@dataclass(slots=True)
class _Measure:
    """Measure selection sets with every fragment expanded, each fragment walked once."""

    fragments: Mapping[str, FragmentDefinitionNode]
    known: dict[str, _Size] = field(default_factory=dict)

    def of(self, selections: SelectionSetNode | None) -> _Size:
        size = _Size()
        if selections is None:
            return size
        names = Counter(
            (node.alias or node.name).value
            for node in selections.selections
            if isinstance(node, FieldNode)
        )
        size += _Size(duplicates=names.total() - len(names))
        for node in selections.selections:
            own = _Size(directives=len(node.directives or ()))
            match node:
                case FieldNode():
                    inner = self.of(node.selection_set)
                    here = _Size(1, inner.depth + 1, int(node.alias is not None))
                    size += own + here + inner
                case InlineFragmentNode():
                    size += own + self.of(node.selection_set)
                case FragmentSpreadNode():
                    size += own + self._fragment(node.name.value)
        return size

    def _fragment(self, name: str) -> _Size:
        if name not in self.known:
            self.known[name] = _Size()  # a cycle, which validation refuses
            fragment = self.fragments.get(name)
            if fragment is not None:
                self.known[name] = self.of(fragment.selection_set)
        return self.known[name]


def check_document(document: DocumentNode) -> None:
    """Refuse a document that is too deep or too large once its fragments are expanded.

    Raises: Refusal LIMIT_EXCEEDED.
    """
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    measure = _Measure(fragments)
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode):
            size = measure.of(node.selection_set)
            size += _Size(directives=len(node.directives or ()))
            _within(size.depth, MOST_DEPTH, "deep")
            _within(size.fields, MOST_FIELDS, "fields with fragments expanded")
            _within(size.aliases, MOST_ALIASES, "aliases")
            _within(size.directives, MOST_DIRECTIVES, "directives")
            _within(size.duplicates, MOST_DUPLICATES, "repeated fields")


def check_cost(selection: Selection, binding: Binding) -> int:
    """Add up what an operation may cost: one for each object that it may answer.

    Raises: Refusal LIMIT_EXCEEDED, COST_EXCEEDED.
    """
    roots = selection.roots()
    _within(len(roots), MOST_ROOTS, "roots")
    root = selection.schema.query_type
    cost = 0 if root is None else _Price(selection, binding).fields(root, roots, {})
    if cost > MOST_COST:
        raise Refusal(
            Code.COST_EXCEEDED,
            f"The operation may cost {cost:,}, and {MOST_COST:,} is allowed: "
            "ask for smaller pages or fewer relations.",
        )
    return cost


@dataclass(slots=True)
class _Price:
    """Add up costs as the planner will plan: what the kinds of an interface share, once."""

    selection: Selection
    binding: Binding
    selections: int = 0

    def fields(
        self,
        type_: GraphQLObjectType,
        fields: Mapping[str, list[FieldNode]],
        known: dict[tuple[object, ...], int],
    ) -> int:
        """Cost the fields of an object, those aside that another kind of it has already cost."""
        cost = 0
        for nodes in fields.values():
            name = nodes[0].name.value
            if name.startswith("__"):
                continue
            source = self.binding.types[type_.name].sources.get(name)
            same = (source, *map(id, nodes))
            if same not in known:
                known[same] = self._field(type_, source, nodes)
            cost += known[same]
        return cost

    def _field(
        self, type_: GraphQLObjectType, source: mapping.Source | None, nodes: list[FieldNode]
    ) -> int:
        declared = type_.fields[nodes[0].name.value]
        target = get_named_type(declared.type).name
        match source:
            case mapping.Many(size=size):
                return size * self._object(target, nodes)
            case mapping.Listing():
                first = self.selection.arguments(declared, nodes[0]).get("first") or 0
                return min(max(int(first), 1), MOST) * self._object(target, nodes)
            case mapping.Measure():
                return 1
            case mapping.Column() | mapping.PublicId() | mapping.Part() | mapping.FromViewer():
                return 0
            case None if not isinstance(declared.type, GraphQLObjectType):
                return self._object(target, nodes) - 1
            case _:
                return self._object(target, nodes)

    def _object(self, target: str, nodes: list[FieldNode]) -> int:
        """Cost one object: itself, and the dearest of the types that it may be."""
        self.selections += 1
        _within(self.selections, MOST_SELECTIONS, "selections")
        known: dict[tuple[object, ...], int] = {}
        inner = [
            self.fields(type_, self.selection.fields(type_, nodes), known)
            for name in (self.binding.kinds(target).values() or (target,))
            if isinstance(type_ := self.selection.schema.type_map[name], GraphQLObjectType)
        ]
        return 1 + max(inner, default=0)


def _within(number: int, most: int, what: str) -> None:
    if number > most:
        raise Refusal(
            Code.LIMIT_EXCEEDED, f"The document has {number:,} {what}, and {most:,} is allowed."
        )
