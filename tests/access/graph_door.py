"""The doors of GraphQL: lists, ids, relations, conditions, and the entities of each subgraph."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)

from db.viewer import Viewer
from resolvers.execute import Graph, Request
from resolvers.key import names_of
from schema.subgraph import SUBGRAPHS
from tests.access.expectation import Expectation, Selection, line, selection, text
from tests.access.oracle import Facts, Row
from tests.access.sql_door import Difference
from tests.access.test_table import LISTS
from tests.filter.test_brute_force import Shape
from tests.world import World

PAGE = 25
IDS = 40
CONDITIONS = 4
ABSENT = "0000000000000000"
ROOTS = {"patients": ("Patient", "patient", "id"), **LISTS}
_NAMES = ("id", "symbol", "inn", "code", "version", "trial", "fromDay", "oncoTreeCode")


def ordered(value: Any) -> Any:
    """Put lists in an order of their own: which rows there are is compared, not their order."""
    if isinstance(value, dict):
        return {key: ordered(one) for key, one in value.items()}
    if isinstance(value, list):
        return sorted(map(ordered, value), key=_naming)
    return value


def _naming(value: Any) -> str:
    if isinstance(value, dict):
        return next((str(value[key]) for key in _NAMES if key in value), str(value))
    return str(value)


@dataclass(slots=True)
class GraphDoor:
    """Hold one viewer at the doors of GraphQL, and what they should be told."""

    world: World
    viewer: Viewer
    facts: Facts
    expectation: Expectation
    everything: Expectation
    """What a viewer would be told in this scope who saw every row."""
    rng: random.Random
    whole: bool
    """Go to every list and subgraph; otherwise to patients and to some, drawn by the seed."""

    @property
    def role(self) -> str:
        return self.viewer.role.value

    def has(self, type_: str, field: str) -> bool:
        return line(self.world.graph.binding.schema, type_, field).has(self.role)

    async def ask(self, query: str, graph: Graph | None = None, **variables: Any) -> Any:
        pool = self.world.pools.roles[self.viewer.role]
        request = Request(query, None, variables)
        answer = await (graph or self.world.graph).answer(request, self.viewer, pool)
        if "errors" in answer.body:
            raise Difference(f"{self.viewer}: {query[:200]}: {answer.body['errors'][:2]}")
        return answer.body["data"]

    def same(self, what: str, seen: Any, wanted: Any) -> None:
        if seen != wanted:
            raise Difference(f"{self.viewer} at {what}: seen {seen}, expected {wanted}")

    async def compare(self) -> None:
        """Go to the doors; raise Difference."""
        roots = [root for root in ROOTS if self.has("Query", root)]
        far = {"patients", self.rng.choice(roots)}
        for root in self._some(roots, 2) | {"patients"} & set(roots):
            await self._whole(root, far=root in far)
        for root in self.rng.sample(roots, min(3, len(roots))):
            await self._conditions(root)
        await self._ids()
        for subgraph in self._some(list(SUBGRAPHS), 1):
            await self._entities(subgraph)

    def _some(self, names: list[str], number: int) -> set[str]:
        return set(names) if self.whole else set(self.rng.sample(names, min(number, len(names))))

    async def _whole(self, root: str, *, far: bool) -> None:
        """Read a list to its end: every row, every field, and what it leads to, or all of that."""
        name, table, _ = ROOTS[root]
        schema = self.world.graph.binding.schema
        chosen = selection(schema, name, self.role)
        for part in _parts(schema, chosen, name) if far else [_near(schema, chosen, name)]:
            rows = self.expectation.visible[table]
            wanted = [self.expectation.made(name, table, row, part) for row in rows]
            seen: list[Any] = []
            after, more = None, True
            while more:
                data = await self.ask(
                    f"query ($after: String) {{ {root}(first: {PAGE}, after: $after) {{ totalCount"
                    f" nodes {text(schema, name, part)} pageInfo {{ hasNextPage endCursor }} }} }}",
                    after=after,
                )
                page = data[root]
                self.same(f"{root}.totalCount", page["totalCount"], len(wanted))
                seen += page["nodes"]
                after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
            for one, other in zip(ordered(seen), ordered(wanted), strict=True):
                self.same(root, one, other)

    async def _ids(self) -> None:
        """Ask for every id of every scope: hidden, another scope's and absent answer alike."""
        if not self.has("Query", "patient"):
            return
        own = {row["public_id"] for row in self.expectation.visible["pseudonym"]}
        every = [row["public_id"] for row in self.facts.tables["pseudonym"]] + [ABSENT]
        heads = ", ".join(f"$i{n}: ID!" for n in range(IDS))
        asked = " ".join(f"a{n}: patient(id: $i{n}) {{ id }}" for n in range(IDS))
        for begin in range(0, len(every), IDS):
            ids = every[begin : begin + IDS]
            ids += [ABSENT] * (IDS - len(ids))
            names = {f"i{n}": one for n, one in enumerate(ids)}
            found = await self.ask(f"query ({heads}) {{ {asked} }}", **names)
            wanted = [{"id": one} if one in own else None for one in ids]
            self.same("patient(id:)", list(found.values()), wanted)

    async def _entities(self, subgraph: str) -> None:
        """Name every row there is, in this scope's ids and another's, to the owner of its type."""
        graph = self.world.part(subgraph)
        whole = self.world.graph
        asked: list[Row] = []
        wanted: list[Row | None] = []
        spreads = []
        for name, keys in graph.binding.keys.items():
            type_ = whole.binding.schema.type_map[name]
            table = whole.binding.types[name].entity
            if whole.division.owner(name) != subgraph or table is None:
                continue
            if not isinstance(type_, GraphQLObjectType):
                continue
            (key, *_) = names_of(keys[0])
            fields: Selection = {
                field: None
                for field, declared in type_.fields.items()
                if is_leaf_type(get_named_type(declared.type))
                and not declared.args
                and self.has(name, field)
                and field in _fields(graph.binding.schema, name)
            }
            source = line(whole.binding.schema, name, key).source
            if key not in fields or not self._known(table.table):
                continue
            for named, made in self._named(name, table.table, source, fields):
                asked.append({"__typename": name, key: named})
                wanted.append(made)
            renamed = " ".join(f"{name}_{field}: {field}" for field in fields)
            spreads.append(f"... on {name} {{ {renamed} }}")
        if not asked:
            return
        data = await self.ask(
            "query ($representations: [_Any!]!) { _entities(representations: $representations)"
            f" {{ __typename {' '.join(spreads)} }} }}",
            graph,
            representations=asked,
        )
        self.same(f"_entities of {subgraph}", data["_entities"], wanted)

    def _known(self, table: str) -> bool:
        return table in self.facts.tables

    def _named(
        self, name: str, table: str, source: str, fields: Selection
    ) -> Iterator[tuple[str, Row | None]]:
        """Give a key of every row, and what is told of it; and a key of none."""
        visible = {id(row) for row in self.expectation.visible[table]}
        for row in self.facts.tables[table]:
            of_kind = (
                "kind" not in row
                or name in {"Lesion", "Specimen", "ResistanceFinding"}
                or row["kind"].title().replace("_", "") == name
            )
            named = self._key(table, row, source) if of_kind else None
            if named is not None:
                made = None
                if id(row) in visible:
                    values = self.expectation.made(name, table, row, fields)
                    told = {f"{name}_{field}": value for field, value in values.items()}
                    made = {"__typename": name, **told}
                yield named, made
        yield ABSENT, None

    def _key(self, table: str, row: Row, source: str) -> str | None:
        """Name a row, visible or not, as a viewer of this scope would who knew it."""
        if source == "pseudonym":
            return self._id(row["id"])
        if source == "public id":
            patient = self._id(row["patient_id"])
            scope = self.viewer.namespace.encode()
            hashed = hashlib.sha256(scope + row["key"].bytes).hexdigest()
            return patient and f"{patient}.{hashed[:12]}"
        return str(row[source]) if source in row and row[source] is not None else None

    def _id(self, patient: int) -> str | None:
        found = self.everything.found("pseudonym", "patient_id", patient)
        return found[0]["public_id"] if found else None

    async def _conditions(self, root: str) -> None:
        """Select by random conditions, on what is hidden too: as if it were not there."""
        name, table, unique = ROOTS[root]
        schema = self.world.graph.binding.schema
        chosen = selection(schema, name, self.role)
        own = [
            self.expectation.made(name, table, row, chosen)
            for row in self.expectation.visible[table]
        ]
        conditions = list(self._drawn(name, chosen))
        variables = {f"w{n}": where for n, where in enumerate(conditions)}
        heads = ", ".join(f"${each}: {name}Filter" for each in variables)
        roots = " ".join(
            f"{each}: {root}(where: ${each}, first: {PAGE}) {{ totalCount nodes {{ {unique} }} }}"
            for each in variables
        )
        data = await self.ask(f"query ({heads}) {{ {roots} }}", **variables)
        shape = Shape(schema, [])
        for each, where in variables.items():
            wanted = sorted(node[unique] for node in own if shape.holds(name, node, where))
            self.same(f"{root}({where})", data[each]["totalCount"], len(wanted))
            seen = [node[unique] for node in data[each]["nodes"]]
            if len(wanted) <= PAGE:
                self.same(f"{root}({where})", sorted(seen), wanted)

    def _drawn(self, name: str, chosen: Selection, depth: int = 3) -> Iterator[Any]:
        """Draw a few conditions, with values of rows that may be hidden."""
        for _ in range(CONDITIONS):
            yield self._condition(name, chosen, depth) or {}

    def _condition(self, name: str, chosen: Selection, depth: int) -> Any:
        schema = self.world.graph.binding.schema
        input_: Any = schema.type_map.get(f"{name}Filter")
        if input_ is None:
            return None
        if isinstance(schema.type_map[name], GraphQLInterfaceType):
            if depth and all("gene" in of_kind for of_kind in chosen.values()):
                return {"gene": {"symbol": {"eq": self.rng.choice(["BRAF", "TP53"])}}}
            return {"origin": {"isNull": self.rng.random() < 0.5}}
        fields = [each for each in chosen if each in input_.fields and each != "geneStatus"]
        if not fields:
            return None
        field = self.rng.choice(fields)
        member = get_named_type(input_.fields[field].type)
        below = chosen[field]
        if below is None:
            return {field: {"isNull": self.rng.random() < 0.5}}
        target = get_named_type(_fields(schema, name)[field].type).name
        if depth == 0 or target == "TimeToEvent":
            return None
        inner = self._condition(target, below, depth - 1)
        if inner is None:
            return None
        if member.name.endswith("ListFilter"):
            return {field: {self.rng.choice(["some", "none", "every"]): inner}}
        return {field: inner}


def _parts(schema: Any, chosen: Selection, name: str) -> Iterator[Selection]:
    """Cut a selection into such as one operation may ask for."""
    if isinstance(schema.type_map[name], GraphQLInterfaceType) or "id" not in chosen:
        yield chosen
        return
    yield {field: None for field, inner in chosen.items() if inner is None}
    for field, inner in chosen.items():
        if inner is not None:
            yield {"id": None, field: inner}


def _near(schema: GraphQLSchema, chosen: Selection, name: str, relations: int = 1) -> Selection:
    """Keep of a selection the values, and those of what is so many relations away."""
    if isinstance(schema.type_map[name], GraphQLInterfaceType):
        return {kind: _near(schema, below, kind, relations) for kind, below in chosen.items()}
    kept: Selection = {field: None for field, below in chosen.items() if below is None}
    for field, below in chosen.items() if relations else ():
        if below is not None:
            target = get_named_type(_fields(schema, name)[field].type).name
            kept[field] = _near(schema, below, target, relations - 1)
    return kept


def _fields(schema: GraphQLSchema, name: str) -> dict[str, GraphQLField]:
    type_ = schema.type_map[name]
    assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType), name
    fields: dict[str, GraphQLField] = type_.fields
    return fields
