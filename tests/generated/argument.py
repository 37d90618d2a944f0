"""Arguments by their places: mostly such that something is found, now and then rubbish."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from hypothesis import strategies as st

from schema.connection import MOST
from tests.generated.lexicon import RUBBISH, USUAL, Lexicon, Place

MOST_NESTED = 3
COMBINED = ("and", "or", "not")
NAMED: dict[Place, Place] = {
    ("Query", "id"): ("Patient", "id"),
    ("Query", "code"): ("Cohort", "code"),
    ("Patient", "symbol"): ("Gene", "symbol"),
    ("Query", "release"): ("DataRelease", "version"),
    ("Cohort", "release"): ("DataRelease", "version"),
    ("OutcomeStatistics", "cohort"): ("Cohort", "code"),
    ("OutcomeStatistics", "drug"): ("Drug", "inn"),
    ("OutcomeStatistics", "gene"): ("Gene", "symbol"),
    ("OutcomeStatistics", "sex"): ("Patient", "sex"),
    ("OutcomeStatistics", "ageBand"): ("Patient", "ageBand"),
    ("OutcomeStatistics", "region"): ("Patient", "healthRegion"),
    ("GeneStatusValueFilter", "symbol"): ("Gene", "symbol"),
}
"""Where arguments find their values."""


def chance(draw: st.DrawFn, one_in: int) -> bool:
    """Let something happen once in a while; a shrunken example does without."""
    return draw(st.integers(1, one_in)) == one_in


@dataclass(slots=True)
class Arguments:
    """Draw arguments for one operation, and remember what must be refused for them."""

    draw: st.DrawFn
    schema: GraphQLSchema
    own: Lexicon
    others: Lexicon
    wild: bool
    """Rubbish may be among them."""
    suspect: bool = field(default=False)
    """Something was drawn that may be refused."""

    def of(self, parent: str, name: str, declared: dict[str, Any]) -> dict[str, Any]:
        """Draw the arguments of a field, those that are left out aside."""
        given: dict[str, Any] = {}
        for argument, member in declared.items():
            match argument:
                case "first":
                    given["first"] = self._first()
                case "by":
                    given["by"] = self._by(get_named_type(member.type))
                case "release":
                    if chance(self.draw, 8):  # of which nothing may be published
                        self.suspect = True
                        given["release"] = self._value(
                            NAMED[parent, argument], get_named_type(member.type)
                        )
                case "where":
                    if not chance(self.draw, 2):
                        given["where"] = self._where(get_named_type(member.type), MOST_NESTED)
                case "orderBy":
                    if not chance(self.draw, 2):
                        given["orderBy"] = self._order(get_named_type(member.type))
                case "after":
                    if chance(self.draw, 6):
                        given |= self._after(name, given)
                case _:
                    given[argument] = self._value(
                        NAMED[parent, argument], get_named_type(member.type)
                    )
        if "after" in given and not self.suspect:
            given = {each: value for each, value in given.items() if each in {"first", "after"}}
        return given

    def _by(self, dimensions: GraphQLEnumType) -> list[str]:
        """Draw dimensions: mostly one, which is told of records and of releases alike."""
        names = [name for name in dimensions.values if self.wild or name != "ACCRUAL_MONTH"]
        most = 3 if self.wild else 1
        by = self.draw(st.lists(st.sampled_from(names), max_size=most))
        self.suspect |= len(by) > 1 or "ACCRUAL_MONTH" in by
        return by

    def _rubbish(self, one_in: int) -> bool:
        drawn = self.wild and chance(self.draw, one_in)
        self.suspect |= drawn
        return drawn

    def _first(self) -> int:
        if self._rubbish(20):
            return self.draw(st.sampled_from([0, -1, MOST + 1, 2**31 - 1]))
        return self.draw(st.sampled_from([10, 1, 2, 3, 7, 50]))

    def _after(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        """Draw the place of a page: in the list as it is unfiltered, or in one of another scope."""
        if self._rubbish(4):
            of_others = self.others.cursors.get(name) or ["x"]
            return {"after": self.draw(st.sampled_from(of_others) | RUBBISH["String"])}
        if name in self.own.cursors and self.own.cursors[name] and not self.suspect:
            return {"after": self.draw(st.sampled_from(self.own.cursors[name]))}
        return {}

    def _order(self, input_: GraphQLInputObjectType) -> list[dict[str, Any]]:
        fields = get_named_type(input_.fields["by"].type)
        assert isinstance(fields, GraphQLEnumType)
        by = st.sampled_from(sorted(fields.values))
        each = st.fixed_dictionaries({"by": by, "direction": st.sampled_from(["ASC", "DESC"])})
        return self.draw(st.lists(each, max_size=2))

    def _where(self, input_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        """Draw one condition on a type, seldom two or none."""
        record = input_.name.removesuffix("Filter")
        nested = [
            name
            for name, member in input_.fields.items()
            if name not in COMBINED and "eq" not in get_named_type(member.type).fields
        ]
        names = [name for name in input_.fields if depth > 0 or name not in (*COMBINED, *nested)]
        size = self.draw(st.sampled_from([1, 1, 1, 2, 0])) if names else 0
        if input_.name == "OutcomeStatisticsFilter":
            names = [name for name in names if self.wild or name != "accrualMonth"]
            self.suspect = True  # a release knows few conditions, and a funnel
        chosen = self.draw(
            st.lists(st.sampled_from(names), min_size=size, max_size=size, unique=True)
            if names
            else st.just([])
        )
        return {name: self._condition(record, name, input_, depth - 1) for name in chosen}

    def _condition(self, record: str, name: str, input_: GraphQLInputObjectType, depth: int) -> Any:
        if self._rubbish(60):
            return None
        type_ = get_named_type(input_.fields[name].type)
        assert isinstance(type_, GraphQLInputObjectType)
        if name in {"and", "or"}:
            return [self._where(type_, depth) for _ in range(self.draw(st.integers(0, 2)))]
        if name == "not":
            return self._where(type_, depth)
        if "some" in type_.fields:
            word = self.draw(st.sampled_from(["some", "none", "every"]))
            return {word: self._where(get_named_type(type_.fields[word].type), depth)}
        if "eq" not in type_.fields:
            return self._where(type_, depth)
        return self._comparison(NAMED.get((record, name), (record, name)), type_)

    def _comparison(self, place: Place, input_: GraphQLInputObjectType) -> dict[str, Any]:
        given: dict[str, Any] = {}
        words = sorted(input_.fields)
        for name in words:
            if (input_.name, name) in NAMED:
                given[name] = self._value(
                    NAMED[input_.name, name], get_named_type(input_.fields[name].type)
                )
        word = self.draw(st.sampled_from([each for each in words if each not in given]))
        member = input_.fields[word]
        named = get_named_type(member.type)
        if self._rubbish(60):
            given[word] = None
        elif word == "isNull":
            given[word] = self.draw(st.booleans())
        elif is_list_type(get_nullable_type(member.type)):
            given[word] = [self._value(place, named) for _ in range(self.draw(st.integers(1, 3)))]
        else:
            value = self._value(place, named)
            given[word] = value[:3] if word == "startsWith" else value
        return given

    def _value(self, place: Place, named: Any) -> Any:
        if isinstance(named, GraphQLEnumType):
            return self.draw(st.sampled_from(sorted(named.values)))
        if self._rubbish(25):
            return self.draw(RUBBISH[named.name])
        whose = self.others if chance(self.draw, 12) else self.own
        return self.draw(st.sampled_from(whose.found(self.schema, place, USUAL[named.name])))


def literal(value: Any, type_: Any) -> str:
    """Write a value as the document would hold it."""
    named = get_named_type(type_)
    if isinstance(value, list):
        return f"[{', '.join(literal(each, named) for each in value)}]"
    if isinstance(value, dict):
        inner = (
            f"{name}: {literal(each, named.fields[name].type)}" for name, each in value.items()
        )
        return f"{{{', '.join(inner)}}}"
    if isinstance(named, GraphQLEnumType) and value is not None:
        return str(value)
    return json.dumps(value)
