"""Statements: a pure function of the plan, in which no value ever stands."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from db.plan import (
    All,
    Beyond,
    Call,
    Child,
    Column,
    Compare,
    Cursor,
    Either,
    Exists,
    Expression,
    Field,
    Group,
    IsNull,
    Join,
    Not,
    Order,
    Page,
    Parameter,
    Past,
    Predicate,
    ScopedHash,
    ScopedId,
    Select,
    Value,
    Variant,
    expressions,
)
from db.statement import GIVEN, SETTINGS, count, rows
from db.viewer import Role
from tests.world import World

TABLES = ("patient", "specimen", "treatment")
columns = st.builds(Column, st.sampled_from(TABLES), st.sampled_from(("id", "key", "kind", "sex")))
parameters = st.builds(
    Parameter, st.integers(0, 6), st.sampled_from(("text", "integer", "date", "text[]"))
)
leaves: st.SearchStrategy[Expression] = (
    columns
    | parameters
    | st.builds(ScopedHash, st.sampled_from(TABLES))
    | st.builds(ScopedId, st.sampled_from(TABLES), st.just("pseudonym"))
)
values: st.SearchStrategy[Expression] = st.recursive(
    leaves,
    lambda inner: st.builds(
        Call, st.sampled_from(("f", "g")), st.lists(inner, max_size=3).map(tuple)
    ),
    max_leaves=5,
)
orders = st.builds(Order, values, st.booleans(), st.booleans(), st.booleans())
beyond = st.builds(
    Beyond, st.lists(st.tuples(orders, parameters), min_size=1, max_size=3).map(tuple)
)
joined = st.builds(
    Join,
    st.sampled_from(TABLES),
    st.sampled_from(TABLES),
    st.just("id"),
    columns,
    st.booleans(),
)
predicates: st.SearchStrategy[Predicate] = st.recursive(
    st.builds(
        Compare,
        values,
        st.sampled_from(("=", "<>", "<", "<=", ">", ">=", "= any", "starts_with")),
        values,
        st.booleans(),
    )
    | st.builds(Past, columns)
    | st.builds(IsNull, values)
    | beyond,
    lambda inner: (
        st.builds(All, st.lists(inner, max_size=2).map(tuple))
        | st.builds(Either, st.lists(inner, max_size=2).map(tuple))
        | st.builds(Not, inner)
        | st.builds(Exists, st.sampled_from(TABLES), st.just("t_1"), st.just(()), inner)
    ),
    max_leaves=3,
)
named = st.builds(Value, st.sampled_from("abc"), values)
fields: st.SearchStrategy[Field] = named | st.builds(
    Group, st.sampled_from("de"), values, st.lists(named, max_size=2).map(tuple)
)
selects = st.builds(
    Select,
    table=st.sampled_from(TABLES),
    variants=st.lists(
        st.builds(Variant, st.none() | st.just("X"), st.lists(fields, max_size=3).map(tuple)),
        max_size=2,
    ).map(tuple),
    alias=st.sampled_from(TABLES),
    joins=st.lists(joined, max_size=2).map(tuple),
    key=st.none() | columns,
    where=st.lists(predicates, max_size=3).map(tuple),
    order=st.lists(orders, max_size=2).map(tuple),
    page=st.none() | st.builds(Page, parameters, st.none() | beyond),
    first_only=st.booleans(),
    cursor=st.none() | st.builds(Cursor, st.lists(columns, max_size=2).map(tuple), parameters),
)
PLACES = re.compile(r"\$(\d+)")


@given(selects)
def test_parameters_are_numbered_without_gaps(select: Select) -> None:
    made = rows(select)
    used = {int(number) for number in PLACES.findall(made.sql)}
    keyed = select.key is not None
    assert used == set(range(1, GIVEN + keyed + len(made.values) + 1))
    assert len(set(made.values)) == len(made.values)
    counted = count(replace(select, key=None))
    used = {int(number) for number in PLACES.findall(counted.sql)}
    assert used == set(range(1, GIVEN + len(counted.values) + 1))


@given(selects)
def test_equal_plans_give_equal_statements(select: Select) -> None:
    """Not from the cache alone: a plan that was made again is another object."""
    again = eval(repr(select))  # noqa: S307
    assert again == select
    assert again is not select
    assert rows.__wrapped__(again) == rows.__wrapped__(select) == rows(select)
    assert count.__wrapped__(again) == count.__wrapped__(select)


@given(selects)
def test_each_expression_is_one_column_of_the_answer(select: Select) -> None:
    made = rows(select)
    assert made.columns == expressions(select)
    assert len(set(made.columns)) == len(made.columns)
    cells = ", ".join(f"r.c{place}" for place in range(len(made.columns)))
    assert f"json_build_array({cells})" in made.sql


def test_a_value_is_found_at_its_number() -> None:
    """In the order of first use, each once, after the settings."""
    by = Column("specimen", "kind")
    where = tuple(Compare(by, "=", Parameter(place, "text")) for place in (5, 2, 5))
    page = Page(Parameter(0, "integer"))
    select = Select("specimen", "specimen", (), where=where, page=page)
    made = rows(select)
    assert made.values == (5, 2, 0)
    conditions = (
        "specimen.kind = $8::text and specimen.kind = $9::text and specimen.kind = $8::text"
    )
    assert f"where {conditions}" in made.sql
    assert "limit $10::text::integer + 1" in made.sql
    assert count(select).values == (5, 2)


@given(selects)
def test_only_the_callers_settings_are_set_and_first(select: Select) -> None:
    """Then the viewer is proved to be as they were told, before anything is read."""
    sql = rows(select).sql
    assert sql.startswith("select case when set_config('app.issuer', $1, true) is not null")
    assert (
        "set_config('app.purpose', $5, true) is not null and ($6::uuid is null or (select v.version"
        " from connect.viewer_version v) = $6 and $7::text::tstzrange @> now()) then (" in sql
    )
    assert re.findall(r"set_config\('([^']+)'", sql) == list(SETTINGS)
    assert not re.search(r"\brole\b|;|--|/\*", sql)


def test_a_child_is_read_apart() -> None:
    child = Select(
        "specimen", "specimen", (Variant(None, ()),), key=Column("specimen", "patient_id")
    )
    parent = Column("patient", "id")
    select = Select("patient", "patient", (Variant(None, (Child("x", parent, child, many=True),)),))
    assert rows(select).columns == (parent,)
    assert "specimen" not in rows(select).sql
    assert f"= any(${GIVEN + 1}::bigint[])" in rows(child).sql


async def test_no_value_of_a_request_stands_in_the_sql(world: World) -> None:
    """Neither of a variable nor of a literal: the same operation is the same statement."""
    before = rows.cache_info().currsize
    texts = ("tell-tale", "'; drop table patient; --", "$5", "%s", "ø\U0001f9ec")
    for text in texts:
        for query in (
            "query ($id: ID!) { patient(id: $id) { id specimens { id } } }",
            f'{{ patient(id: "{text}") {{ id specimens {{ id }} }} }}',
        ):
            answer = await world.answer(Role.STEWARD.value, query, {"id": text})
            assert answer.body == {"data": {"patient": None}}
    assert rows.cache_info().currsize <= before + 1
