"""What an answer must hold: made of the access table and the oracle's rows alone."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

from tests.access.oracle import Row, Visible
from tests.access.table import TABLE, Line

Selection = dict[str, Any]
"""The fields of a type and what is selected below them; of an interface, of each of its types."""
SYMBOLS = {"geneStatus": "BRAF", "tp53": "TP53", "erbb2": "ERBB2", "absent": "NO-SUCH-GENE"}


@cache
def line(schema: GraphQLSchema, type_: str, name: str) -> Line:
    """Find the line of a field; one that is an interface's has its line there."""
    own = schema.type_map[type_]
    above = [i.name for i in own.interfaces] if isinstance(own, GraphQLObjectType) else []
    found = [TABLE[t, name] for t in (type_, *above) if (t, name) in TABLE]
    assert len(found) == 1, f"{type_}.{name} has {len(found)} lines in tests/access/table.py"
    return found[0]


def selection(schema: GraphQLSchema, name: str, role: str) -> Selection:
    """Select all that a role has: a type's values wherever it comes, what it leads to once.

    It is followed where it is nearest to the root, which is where most of its rows are.
    """
    chosen: Selection = {}
    followed = set[str]()
    turn = deque([(name, chosen)])
    while turn:
        name, into = turn.popleft()
        type_ = schema.type_map[name]
        if isinstance(type_, GraphQLInterfaceType):
            kinds = [kind.name for kind in schema.get_possible_types(type_)]
            places = [(kind, into.setdefault(kind, {})) for kind in kinds]
        else:
            places = [(name, into)]
        for kind, place in places:
            object_ = schema.type_map[kind]
            assert isinstance(object_, GraphQLObjectType)
            for field_name, declared in object_.fields.items():
                below = get_named_type(declared.type)
                known = line(schema, kind, field_name)
                if not known.has(role) or known.source in {"page", "statistics"}:
                    continue
                if not isinstance(below, GraphQLObjectType | GraphQLInterfaceType):
                    place[field_name] = None
                elif kind not in followed:
                    turn.append((below.name, place.setdefault(field_name, {})))
            followed.add(kind)
    return chosen


def text(schema: GraphQLSchema, name: str, chosen: Selection) -> str:
    """Write a selection as GraphQL."""
    if isinstance(schema.type_map[name], GraphQLInterfaceType):
        kinds = (f"... on {kind} {text(schema, kind, below)}" for kind, below in chosen.items())
        return f"{{ __typename {' '.join(kinds)} }}"
    type_ = schema.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    words = []
    for field_name, below in chosen.items():
        if field_name == "geneStatus":
            words += [f'{key}: geneStatus(symbol: "{symbol}")' for key, symbol in SYMBOLS.items()]
        elif below is None:
            words.append(field_name)
        else:
            target = get_named_type(type_.fields[field_name].type).name
            words.append(f"{field_name} {text(schema, target, below)}")
    return f"{{ {' '.join(words)} }}"


def _spelled(value: Any) -> Any:
    """Spell a value as PostgreSQL does in JSON: of a second no digit that says nothing."""
    if isinstance(value, datetime):
        return re.sub(r"(\.\d*?)0+(?=\+)", r"\1", value.isoformat())
    return value.isoformat() if isinstance(value, date) else value


@dataclass(slots=True)
class Expectation:
    """Make the answers of one viewer out of the rows that the oracle says are visible."""

    schema: GraphQLSchema
    visible: Visible
    scope: str
    today: date
    values: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many values that are not null stand in what was made, by type and field."""
    rows: int = 0
    _indexes: dict[tuple[str, str], dict[Any, list[Row]]] = field(default_factory=dict)

    def found(self, table: str, column: str, value: Any) -> list[Row]:
        if value is None:
            return []
        if (table, column) not in self._indexes:
            index = self._indexes[table, column] = defaultdict(list)
            for row in self.visible[table]:
                index[row[column]].append(row)
        return self._indexes[table, column].get(value, [])

    def made(self, name: str, table: str, row: Row, chosen: Selection) -> dict[str, Any]:
        """Make the object of a row."""
        made: dict[str, Any] = {}
        if isinstance(self.schema.type_map[name], GraphQLInterfaceType):
            name = row["kind"].title().replace("_", "")
            chosen, made["__typename"] = chosen[name], name
        self.rows += 1
        for field_name, below in chosen.items():
            source = line(self.schema, name, field_name).source
            if source == "gene_status()":
                made.update({k: self.gene_status(row["id"], s) for k, s in SYMBOLS.items()})
                self.values[name, field_name] += len(SYMBOLS)
                continue
            made[field_name] = self._value(name, field_name, table, row, below)
            if made[field_name] not in (None, []):
                self.values[name, field_name] += 1
        return made

    def _value(self, name: str, field_name: str, table: str, row: Row, below: Selection) -> Any:
        source = line(self.schema, name, field_name).source
        if source == "pseudonym":
            return self._pseudonym(row["id"])
        if source == "public id":
            hashed = hashlib.sha256(self.scope.encode() + row["key"].bytes).hexdigest()
            return f"{self._pseudonym(row['patient_id'])}.{hashed[:12]}"
        if source.endswith("*"):
            return self._part(source[:-1], row, below)
        if (linked := re.fullmatch(r"(\w+)\((\w+), (\w+)_id\)", source)) is not None:
            link, own, other = linked.groups()
            links = self.found(link, own, row["id"] if "id" in row else row[own])
            ids = [found[f"{other}_id"] for found in links]
            rows = [found for one in ids for found in self.found(other, "id", one)]
            return self._below(name, field_name, other, rows, below)
        if " > " in source:
            local, _, remote = source.removesuffix(" latest").partition(" > ")
            other, column = remote.split(".")
            rows = self.found(other, column, self._column(table, row, local))
            if source.endswith(" latest"):
                past = [found for found in rows if found["effective_from"] <= self.today]
                rows = sorted(past, key=lambda found: found["effective_from"])[-1:]
            return self._below(name, field_name, other, rows, below)
        return _spelled(self._column(table, row, source))

    def _below(
        self, name: str, field_name: str, table: str, rows: list[Row], chosen: Selection
    ) -> Any:
        type_ = self.schema.type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        declared = type_.fields[field_name].type
        target = get_named_type(declared).name
        objects = [self.made(target, table, row, chosen) for row in rows]
        if isinstance(declared, GraphQLNonNull):
            declared = declared.of_type
        if isinstance(declared, GraphQLList):
            return objects
        assert len(objects) <= 1, f"{name}.{field_name} is one, not {len(objects)}"
        return objects[0] if objects else None

    def _column(self, table: str, row: Row, source: str) -> Any:
        side, _, column = source.rpartition(".")
        if not side:
            return row[column]
        beside = self.found(side, f"{table}_id", row["id"])
        return beside[0][column] if beside else None

    def _part(self, prefix: str, row: Row, chosen: Selection) -> dict[str, Any] | None:
        if row[f"{prefix}event"] is None:
            return None
        made = {name: row[prefix + TABLE["TimeToEvent", name].source] for name in chosen}
        self.values.update(("TimeToEvent", key) for key, value in made.items() if value is not None)
        return made

    def _pseudonym(self, patient: int) -> str:
        (row,) = self.found("pseudonym", "patient_id", patient)
        return str(row["public_id"])

    def gene_status(self, patient: int, symbol: str) -> str:
        """Untested is never wild-type: NOT_ALTERED is what a visible profile tested."""
        genes = {row["id"] for row in self.found("gene", "symbol", symbol)}
        biomarkers = self.found("biomarker", "patient_id", patient)
        if any(
            (row["gene_id"] in genes and row["kind"] != "PROTEIN_EXPRESSION")
            or row["partner_gene_id"] in genes
            for row in biomarkers
        ):
            return "ALTERED"
        assessed = self.found("gene_assessed", "patient_id", patient)
        if any(row["gene_id"] in genes for row in assessed):
            return "NOT_ALTERED"
        profiles = self.found("molecular_profile", "patient_id", patient)
        listed = bool(profiles) and all(row["gene_list_complete"] for row in profiles)
        return "NOT_ASSESSED" if listed else "UNKNOWN"
