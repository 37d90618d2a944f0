"""The statement that counts treatments by groups, over what its viewer may read.

One statement, whatever is asked for: the treatments with their dimensions once, then each part
grouped by them. Only numbers leave PostgreSQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from db.aggregate.dimension import DIMENSIONS, Columns, columns
from db.statement import GIVEN, settled


class Test(Enum):
    """Name how a dimension's value is tested."""

    ANY = "any"
    """It is one of texts, which are given."""
    KNOWN = "known"
    UNKNOWN = "unknown"


class Part(Enum):
    """Name a part of the statistics, which is counted where it is asked for."""

    RESPONSES = "responses"
    PROGRESSION_FREE_SURVIVAL = "progression_free_survival"
    OVERALL_SURVIVAL = "overall_survival"
    DURATION_OF_RESPONSE = "duration_of_response"
    RESISTANCE = "resistance"
    ADVERSE_EVENTS = "adverse_events"
    STAGE = "stage"
    FUNNEL = "funnel"


SURVIVAL = (Part.PROGRESSION_FREE_SURVIVAL, Part.OVERALL_SURVIVAL, Part.DURATION_OF_RESPONSE)
ALWAYS: Columns = columns(
    treatment="id patient_id",
    patient="id",
    outcome="treatment_id best_overall_response clinical_benefit_16w",
)
"""What a role must be allowed to read for anything to be counted live."""


@dataclass(frozen=True, slots=True)
class Counting:
    """Say what to count: an equal one makes an equal statement."""

    by: tuple[str, ...]
    tests: tuple[tuple[str, Test], ...]
    """What must hold of dimensions; texts are given to `ANY` in this order."""
    parts: frozenset[Part]


_PROGRESSED = """
    exists (select from connect.response_assessment s
      where s.treatment_id = t.id and s.normalised_response = 'PD')
    or t.end_reason is not distinct from 'PROGRESSION'
    or o.best_overall_response is not distinct from 'PD' as progressed"""
_PROFILED = """
    (select bool_or(f.mechanism <> 'NOT_PROFILED') from connect.resistance_finding f
      where f.treatment_id = t.id) as profiled"""
_MECHANISMS = """
    array(select distinct f.mechanism from connect.resistance_finding f
      where f.treatment_id = t.id and f.status <> 'REFUTED'
        and f.mechanism not in ('UNKNOWN_PROFILED', 'NOT_PROFILED')) as mechanisms"""
_COUNTS = """
  (select coalesce(json_agg(
      json_build_array(c.g, c.treatments, c.evaluable, c.response, c.benefit)), '[]')
    from (
      select m.g, count(*) as treatments,
        count(*) filter (where m.benefit in ('YES', 'NO')) as evaluable,
        count(*) filter (where m.response in ('CR', 'PR')) as response,
        count(*) filter (where m.benefit = 'YES') as benefit
      from member m group by m.g) c)"""
_RESPONSES = """
  (select coalesce(json_agg(json_build_array(c.g, c.response, c.n) order by c.response), '[]')
    from (select m.g, m.response, count(*) as n from member m group by m.g, m.response) c)"""
_SURVIVAL = """
  (select coalesce(json_agg(json_build_array(c.g, c.days, c.event, c.n) order by c.days), '[]')
    from (
      select m.g, m.{name}_days as days, m.{name}_event as event, count(*) as n
      from member m group by 1, 2, 3) c)"""
_RESISTANCE = """
  (select coalesce(json_agg(
      json_build_array(c.g, c.progressed, c.profiled, c.unknown, c.found)), '[]')
    from (
      select m.g, count(*) as progressed, count(*) filter (where m.profiled) as profiled,
        count(*) filter (where m.profiled is null) as unknown,
        (select coalesce(json_agg(json_build_array(x.mechanism, x.n) order by x.mechanism), '[]')
          from (select u.mechanism, count(*) as n from member y
            cross join lateral unnest(y.mechanisms) u(mechanism)
            where y.g = m.g and y.progressed group by u.mechanism) x) as found
      from member m where m.progressed group by m.g) c)"""
_ADVERSE_EVENTS = """
  (select coalesce(json_agg(
      json_build_array(c.g, c.grade, c.events, c.worst) order by c.grade), '[]')
    from (
      select e.g, e.grade, sum(e.n) as events, count(*) filter (
        where e.grade is not distinct from e.highest) as worst
      from (
        select m.g, m.id, v.grade, count(*) as n,
          max(v.grade) over (partition by m.g, m.id) as highest
        from member m join connect.adverse_event v on v.treatment_id = m.id
        group by m.g, m.id, v.grade) e
      group by e.g, e.grade) c)"""
_STAGE = """
  (select coalesce(json_agg(json_build_array(k.code, s.stage)), '[]')
    from connect.stage_of_cohort s join connect.cohort k on k.id = s.cohort_id)"""
_FUNNEL = """
  (select json_build_array(count(*), count(*) filter (where s.profiled_day is not null),
      count(*) filter (where s.discussed_day is not null), count(*) filter (where s.matched),
      count(*) filter (where s.matched is null),
      count(*) filter (where exists (select from connect.offer f where f.screening_id = s.id)),
      count(*) filter (where exists (
        select from connect.treatment t where t.patient_id = s.patient_id)),
      count(*) filter (where exists (select from connect.outcome o
        where o.patient_id = s.patient_id and o.clinical_benefit_16w in ('YES', 'NO'))))
    from connect.screening s join connect.patient p on p.id = s.patient_id{where})"""
_TOGETHER = {
    Part.RESPONSES: _RESPONSES,
    **{each: _SURVIVAL.format(name=each.value) for each in SURVIVAL},
    Part.RESISTANCE: _RESISTANCE,
    Part.ADVERSE_EVENTS: _ADVERSE_EVENTS,
    Part.STAGE: _STAGE,
}
_READS = {
    **{each: columns(outcome=f"{each.value}_days {each.value}_event") for each in SURVIVAL},
    Part.RESISTANCE: columns(
        treatment="end_reason",
        response_assessment="treatment_id normalised_response",
        resistance_finding="treatment_id mechanism status",
    ),
    Part.ADVERSE_EVENTS: columns(adverse_event="treatment_id grade"),
    Part.STAGE: columns(stage_of_cohort="cohort_id stage", cohort="id code"),
    Part.FUNNEL: columns(
        screening="id patient_id profiled_day discussed_day matched", offer="screening_id"
    ),
}


def needed(part: Part) -> Columns:
    """Name the columns that a part is counted from."""
    return _READS.get(part, frozenset())


@lru_cache(maxsize=1024)
def statement(counting: Counting) -> str:
    """Write the statement; it gives one object in JSON, a member for the counts and each part."""
    places = _places(counting.tests)
    used = dict.fromkeys((*counting.by, *(name for name, _ in counting.tests)))
    values = [f"{DIMENSIONS[name].sql} as {name.lower()}" for name in used]
    facts = ["t.id", *values, "o.best_overall_response as response"]
    facts.append("o.clinical_benefit_16w as benefit")
    for each in SURVIVAL:
        if each in counting.parts:
            facts += [f"o.{each.value}_days", f"o.{each.value}_event"]
    if Part.RESISTANCE in counting.parts:
        facts += [_PROGRESSED, _PROFILED, _MECHANISMS]
    spread = [name for name in counting.by if DIMENSIONS[name].several]
    conditions = [_test(name, test, places, spread, "f") for name, test in counting.tests]
    group = ", ".join(_value(name, spread, "f") for name in counting.by)
    members = [
        f"{part.value!r}, {_TOGETHER[part]}"
        for part in Part
        if part in counting.parts & {*_TOGETHER}
    ]
    if Part.FUNNEL in counting.parts:
        screened = [
            _test(name, test, places, [], "", DIMENSIONS[name].sql)
            for name, test in counting.tests
            if DIMENSIONS[name].of_patient
        ]
        members.append(f"'funnel', {_FUNNEL.format(where=_where(screened))}")
    joined = "".join(f", {member}" for member in members)
    lateral = "".join(
        f" cross join lateral unnest(case when cardinality(f.{name.lower()}) > 0"
        f" then f.{name.lower()} else array[null] end) u_{name.lower()}(v)"
        for name in spread
    )
    return settled(
        f"with fact as materialized (select {', '.join(facts)}\n"  # noqa: S608 - no value is in it
        "  from connect.treatment t join connect.patient p on p.id = t.patient_id\n"
        "  left join connect.outcome o on o.treatment_id = t.id),\n"
        f"member as materialized (select f.*, array[{group}]::text[] as g from fact f{lateral}"
        f"{_where(conditions)})\n"
        f"select json_build_object('counts', {_COUNTS}{joined})::text"
    )


def _places(tests: tuple[tuple[str, Test], ...]) -> dict[str, int]:
    """Give the places of the parameters of the tests that are given texts."""
    named = (name for name, test in tests if test is Test.ANY)
    return {name: GIVEN + place for place, name in enumerate(dict.fromkeys(named), start=1)}


def _value(name: str, spread: list[str], alias: str) -> str:
    return f"u_{name.lower()}.v" if name in spread else f"{alias}.{name.lower()}"


def _test(
    name: str, test: Test, places: dict[str, int], spread: list[str], alias: str, sql: str = ""
) -> str:
    """Write a test; of an array that no group spreads, one of its values must fit."""
    value = sql or _value(name, spread, alias)
    several = DIMENSIONS[name].several and name not in spread
    if test is Test.ANY:
        place = f"${places[name]}::text[]"
        return f"{value} && {place}" if several else f"{value} = any({place})"
    known = f"cardinality({value}) > 0" if several else f"{value} is not null"
    return known if test is Test.KNOWN else f"not ({known})"


def _where(conditions: list[str]) -> str:
    return f" where {' and '.join(conditions)}" if conditions else ""
