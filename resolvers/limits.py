"""Limits of one request: of its document, then of what it may cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
)

from resolvers.bind import Binding
from resolvers.errors import Code, Refusal
from resolvers.selection import Selection
from schema.connection import MOST
from schema.cost import ListSize
from schema.mapping import Represented

MOST_TOKENS = 10_000
MOST_DEPTH = 20
MOST_FIELDS = 2_000
"""Fields once fragments are expanded."""
MOST_ALIASES = 200
MOST_NAME = 100
"""Characters of an alias, which stands beside each of its values in the answer."""
MOST_DIRECTIVES = 100
MOST_DUPLICATES = 100
"""Fields that repeat a name of the same selection set."""
MOST_ROOTS = 200
MOST_SELECTIONS = 2_000
"""Objects to read of, where each kind of an interface may have its own."""
MOST_COST = 2_000_000
MOST_INTROSPECTED = 400
"""Fields of an operation that asks for the schema, once fragments are expanded."""
MOST_INTROSPECTED_ALIASES = 20
MOST_INPUT = 20_000
"""Values in the arguments of an operation, each time that a variable stands there; a long text is
several."""
MOST_NESTING = 100
"""Objects and lists within each other, in one argument."""
_TEXT = 50
"""Characters of a text that count as one value."""


@dataclass(frozen=True, slots=True)
class _Size:
    fields: int = 0
    depth: int = 0
    aliases: int = 0
    directives: int = 0
    duplicates: int = 0
    name: int = 0
    """The longest alias."""

    def __add__(self, other: _Size) -> _Size:
        return _Size(
            self.fields + other.fields,
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.duplicates + other.duplicates,
            max(self.name, other.name),
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
                    alias = node.alias.value if node.alias else ""
                    here = _Size(1, inner.depth + 1, int(alias != ""), name=len(alias))
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


def _fragments(document: DocumentNode) -> Mapping[str, FragmentDefinitionNode]:
    return {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }


def check_document(document: DocumentNode) -> None:
    """Refuse a document that is too deep or too large once its fragments are expanded.

    Raises: Refusal LIMIT_EXCEEDED.
    """
    measure = _Measure(_fragments(document))
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode):
            size = measure.of(node.selection_set)
            size += _Size(directives=len(node.directives or ()))
            _within(size.depth, MOST_DEPTH, "deep")
            _within(size.fields, MOST_FIELDS, "fields with fragments expanded")
            _within(size.aliases, MOST_ALIASES, "aliases")
            _within(size.name, MOST_NAME, "characters in an alias")
            _within(size.directives, MOST_DIRECTIVES, "directives")
            _within(size.duplicates, MOST_DUPLICATES, "repeated fields")


def check_introspection(document: DocumentNode, operation: OperationDefinitionNode) -> None:
    """Refuse to tell the schema many times over: every field of it is there at no cost.

    Raises: Refusal LIMIT_EXCEEDED.
    """
    size = _Measure(_fragments(document)).of(operation.selection_set)
    _within(size.fields, MOST_INTROSPECTED, "fields of introspection")
    _within(size.aliases, MOST_INTROSPECTED_ALIASES, "aliases of introspection")


def check_input(given: object, before: int = 0) -> int:
    """Count the values of arguments, those `before` among them; no further than is allowed.

    Raises: Refusal LIMIT_EXCEEDED.
    """
    size, waiting = before, [(given, 0)]
    while waiting:
        value, nesting = waiting.pop()
        size += 1
        match value:
            case Mapping():
                waiting += [(each, nesting + 1) for each in value.values()]
            case list():
                waiting += [(each, nesting + 1) for each in value]
            case str():
                size += len(value) // _TEXT
        _within(nesting, MOST_NESTING, "levels in an argument")
        if size + len(waiting) > MOST_INPUT:
            raise Refusal(
                Code.LIMIT_EXCEEDED,
                f"The arguments hold more than {MOST_INPUT:,} values, variables counted wherever "
                "they stand: ask for less at a time.",
            )
    return size


def check_cost(selection: Selection, binding: Binding) -> int:
    """Add up what an operation may cost, by the `@cost` and `@listSize` of the schema.

    Raises: Refusal LIMIT_EXCEEDED, COST_EXCEEDED.
    """
    roots = selection.roots()
    _within(len(roots), MOST_ROOTS, "roots")
    root = selection.root
    planned: dict[tuple[object, ...], int] = {}
    cost = 0 if root is None else _Price(selection, binding).of(root, roots, {}, planned)
    _within(sum(planned.values()), MOST_SELECTIONS, "selections")
    if cost > MOST_COST:
        raise Refusal(
            Code.COST_EXCEEDED,
            f"The operation may cost {cost:,}, and {MOST_COST:,} is allowed: "
            "ask for smaller pages or fewer relations.",
        )
    return cost


@dataclass(slots=True)
class _Price:
    """Price what an operation selects, and count what the planner will plan for it.

    What several kinds of an interface share is priced once, and planned once for each object.
    """

    selection: Selection
    binding: Binding
    known: dict[tuple[object, ...], tuple[int, int]] = field(default_factory=dict)

    def of(
        self,
        type_: GraphQLObjectType,
        fields: Mapping[str, list[FieldNode]],
        sized: Mapping[str, int],
        planned: dict[tuple[object, ...], int],
    ) -> int:
        """Add up the fields of one object; `sized` are the lists that the way to it sizes."""
        cost = 0
        for nodes in fields.values():
            name = nodes[0].name.value
            if not name.startswith("__"):
                source = self.binding.types[type_.name].sources.get(name)
                price, planned[source, *map(id, nodes)] = self._field(type_, nodes, sized)
                cost += price
        return cost

    def _field(
        self, type_: GraphQLObjectType, nodes: list[FieldNode], sized: Mapping[str, int]
    ) -> tuple[int, int]:
        name = nodes[0].name.value
        declared, bound = type_.fields[name], self.binding.types[type_.name]
        count = sized.get(name, 1)
        inner: dict[str, int] = {}
        if isinstance(bound.sources.get(name), Represented):
            count = len(self.selection.arguments(declared, nodes[0])["representations"])
        elif (listed := bound.sizes.get(name)) is not None:
            size = _size(listed, self.selection.arguments(declared, nodes[0]))
            if listed.sized_fields:
                inner = dict.fromkeys(listed.sized_fields, size)
            else:
                count = size
        target = get_named_type(declared.type)
        weight = bound.weights.get(name, int(is_composite_type(target)))
        price, selections = self._inside(target.name, nodes, inner)
        return count * (weight + price), selections

    def _inside(
        self, target: str, nodes: list[FieldNode], sized: Mapping[str, int]
    ) -> tuple[int, int]:
        """Add up what is selected of one object: of the dearest type that it may be."""
        key = (target, *map(id, nodes), *sized.values())
        if key not in self.known:
            selection = self.selection
            planned: dict[tuple[object, ...], int] = {}
            costs = [
                self.of(type_, selection.fields(type_, nodes), sized, planned)
                for type_ in _possible(selection.schema, target)
            ]
            self.known[key] = max(costs, default=0), bool(costs) + sum(planned.values())
        return self.known[key]


def _possible(schema: GraphQLSchema, name: str) -> Sequence[GraphQLObjectType]:
    """List the types that an object may be."""
    match schema.type_map[name]:
        case GraphQLObjectType() as type_:
            return (type_,)
        case GraphQLInterfaceType() | GraphQLUnionType() as type_:
            return schema.get_possible_types(type_)
        case _:
            return ()


def _size(listed: ListSize, given: Mapping[str, Any]) -> int:
    """Tell how many a list is taken to have; a page of no allowed size is refused when planned."""
    sliced = [int(given[name]) for name in listed.slicing_arguments or () if name in given]
    return min(max([1, *(sliced or [listed.assumed_size or 1])]), MOST)


def _within(number: int, most: int, what: str) -> None:
    if number > most:
        raise Refusal(
            Code.LIMIT_EXCEEDED, f"The document has {number:,} {what}, and {most:,} is allowed."
        )
