"""Live statistics are those of the very records that the viewer may read, counted by hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connect_graph.database import connected
from resolvers.statistics.calculation import curve, intervals
from tests.world import World

RECORDS = ("partner", "researcher", "clinician", "steward")
READ = """query ($after: String, $day: Boolean!) {
  patients(first: 500, after: $after) { pageInfo { endCursor hasNextPage } nodes {
  sex ageBand healthRegion diagnoses { oncoTreeCode }
  screening { profiledDay discussedDay matched offers { status } }
  treatments {
    startedOn @include(if: $day) endReason cohort { code } drugs { inn }
    matchedBiomarkers { gene { symbol } } funding { payer fromDay }
    responses { normalisedResponse } adverseEvents { grade } resistanceFindings { mechanism status }
    outcome { bestOverallResponse clinicalBenefit16w
      progressionFreeSurvival { days event } overallSurvival { days event }
      durationOfResponse { days event } } } } } }"""
FIELDS = """
  group { dimension value } patients { value suppressed } evaluable { value lower upper }
  objectiveResponse { ...proportion } clinicalBenefit16w { ...proportion }
  clinicalBenefit16wAllTreated { ...proportion } stage
  responseDistribution { response proportion { ...proportion } }
  progressionFreeSurvival { ...curve } overallSurvival { ...curve } durationOfResponse { ...curve }
  resistanceMechanisms { progressed profiled profilingUnknown mechanisms {
    mechanism amongProgressed { ...proportion } amongProfiled { ...proportion } } }
  adverseEvents { grade events treatments { ...proportion } }"""
FRAGMENTS = """
fragment proportion on Proportion {
  suppressed denominator numerator { value lower upper } estimate { value lower upper }
  confidenceInterval { level lower upper method } }
fragment curve on SurvivalCurve {
  patients events censored eventUnknown timeUnknown level method median { value lower upper }
  points { day survival lower upper atRisk events censored } }"""
ASKED = f"""query ($by: [OutcomeDimension!]!, $where: OutcomeStatisticsFilter) {{
  outcomeStatistics(by: $by, where: $where) {{ basis release {{ version }} citation {{ query }}
  rows {{ {FIELDS} }} }} }} {FRAGMENTS}"""
Treatment = dict[str, Any]


async def treatments(world: World, role: str) -> list[Treatment]:
    """Read every treatment of the viewer, each with its patient."""
    async with connected(world.database.url) as connection:
        codes = await connection.fetch("select code, tissue_code as tissue from connect.onco_tree")
        tissue = {row["code"]: row["tissue"] for row in codes}
    after, more, found = None, True, []
    while more:
        given = {"after": after, "day": role in {"clinician", "steward"}}
        page = (await world.answer(role, READ, given)).body["data"]["patients"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        for patient in page["nodes"]:
            diagnosed = {each["oncoTreeCode"] for each in patient["diagnoses"]}
            assert len(diagnosed) <= 1
            patient["tissue"] = tissue.get(next(iter(diagnosed), None))
            found += [{**each, "patient": patient} for each in patient["treatments"]]
            if not patient["treatments"]:
                found.append({"patient": patient, "screenedOnly": True})
    return found


def one(value: Any) -> list[Any]:
    return [value]


VALUES: dict[str, Callable[[Treatment], list[Any]]] = {
    "COHORT": lambda t: one(t["cohort"] and t["cohort"]["code"]),
    "DRUG": lambda t: [drug["inn"] for drug in t["drugs"]] or [None],
    "TUMOUR_TYPE": lambda t: one(t["patient"]["tissue"]),
    "GENE": lambda t: (
        sorted({b["gene"]["symbol"] for b in t["matchedBiomarkers"] if b["gene"]}) or [None]
    ),
    "REGION": lambda t: one(t["patient"]["healthRegion"]),
    "SEX": lambda t: one(t["patient"]["sex"]),
    "AGE_BAND": lambda t: one(t["patient"]["ageBand"]),
    "PAYER": lambda t: one(
        next((each["payer"] for each in t["funding"] if each["fromDay"] == 0), None)
    ),
    "ACCRUAL_MONTH": lambda t: one(t["startedOn"] and f"{t['startedOn'][:7]}-01"),
}
HIDDEN = {role: {"ACCRUAL_MONTH"} for role in ("partner", "researcher")}


def grouped(rows: list[Treatment], by: list[str]) -> dict[tuple[Any, ...], list[Treatment]]:
    found: dict[tuple[Any, ...], list[Treatment]] = defaultdict(list)

    def groups(row: Treatment, left: list[str]) -> Iterator[tuple[Any, ...]]:
        if not left:
            yield ()
            return
        for value in VALUES[left[0]](row):
            yield from ((value, *rest) for rest in groups(row, left[1:]))

    for row in rows:
        for group in groups(row, by):
            found[group].append(row)
    return found


def share(number: int, of: int) -> dict[str, Any]:
    lower, upper = intervals([(number, of)])[0] if of else (None, None)
    estimate = number / of if of else None
    return {
        "suppressed": False,
        "denominator": of,
        "numerator": dict.fromkeys(("value", "lower", "upper"), number),
        "estimate": dict.fromkeys(("value", "lower", "upper"), estimate),
        "confidenceInterval": {
            "level": 0.95, "lower": lower, "upper": upper, "method": "CLOPPER_PEARSON"
        },
    }  # fmt: skip


def kaplan(rows: list[Treatment], name: str) -> dict[str, Any]:
    times = [(row["outcome"] or {}).get(name) or {"days": None, "event": None} for row in rows]
    known = [t for t in times if t["days"] is not None and t["event"] in {"EVENT", "CENSORED"}]
    counted = Counter((t["days"], t["event"]) for t in known)
    days = sorted({t["days"] for t in known})
    made: dict[str, Any] = {"points": [], "median": [None] * 3}
    if days:
        made = curve([(d, counted[d, "EVENT"], counted[d, "CENSORED"]) for d in days])
    names = ("day", "survival", "lower", "upper", "atRisk", "events", "censored")
    return {
        "patients": len(known),
        "events": sum(t["event"] == "EVENT" for t in known),
        "censored": sum(t["event"] == "CENSORED" for t in known),
        "eventUnknown": sum(t["days"] is not None and t not in known for t in times),
        "timeUnknown": sum(t["days"] is None for t in times),
        "level": 0.95,
        "method": "LOG_LOG",
        "median": dict(zip(("value", "lower", "upper"), made["median"], strict=True)),
        "points": [dict(zip(names, point, strict=True)) for point in made["points"]],
    }


def resistance(rows: list[Treatment]) -> dict[str, Any]:
    progressed = [
        row
        for row in rows
        if any(each["normalisedResponse"] == "PD" for each in row["responses"])
        or row["endReason"] == "PROGRESSION"
        or (row["outcome"] or {}).get("bestOverallResponse") == "PD"
    ]
    found = [row["resistanceFindings"] for row in progressed]
    profiled = sum(any(f["mechanism"] != "NOT_PROFILED" for f in each) for each in found)
    mechanisms = Counter(
        mechanism
        for each in found
        for mechanism in {f["mechanism"] for f in each if f["status"] != "REFUTED"}
        if mechanism not in {"NOT_PROFILED", "UNKNOWN_PROFILED"}
    )
    return {
        "progressed": len(progressed),
        "profiled": profiled,
        "profilingUnknown": sum(not each for each in found),
        "mechanisms": {
            name: (share(number, len(progressed)), share(number, profiled))
            for name, number in mechanisms.items()
        },
    }


def toxicity(rows: list[Treatment]) -> dict[Any, tuple[int, dict[str, Any]]]:
    events = Counter(event["grade"] for row in rows for event in row["adverseEvents"])
    worst = Counter(
        max((e["grade"] for e in row["adverseEvents"] if e["grade"] is not None), default=None)
        for row in rows
        if row["adverseEvents"]
    )
    return {grade: (events[grade], share(worst[grade], len(rows))) for grade in events}


def row_of(rows: list[Treatment]) -> dict[str, Any]:
    outcomes = [row["outcome"] or {} for row in rows]
    benefits = Counter(each.get("clinicalBenefit16w") for each in outcomes)
    responses = Counter(each.get("bestOverallResponse") for each in outcomes)
    evaluable = benefits["YES"] + benefits["NO"]
    return {
        "patients": {"value": len(rows), "suppressed": False},
        "evaluable": dict.fromkeys(("value", "lower", "upper"), evaluable),
        "objectiveResponse": share(responses["CR"] + responses["PR"], len(rows)),
        "clinicalBenefit16w": share(benefits["YES"], evaluable),
        "clinicalBenefit16wAllTreated": share(benefits["YES"], len(rows)),
        "responseDistribution": [
            {"response": each, "proportion": share(responses[each], len(rows))}
            for each in ("CR", "PR", "SD", "PD", "NE", None)
        ],
        **{
            name: kaplan(rows, name)
            for name in ("progressionFreeSurvival", "overallSurvival", "durationOfResponse")
        },
        "resistanceMechanisms": resistance(rows),
        "adverseEvents": toxicity(rows),
    }


def told(row: dict[str, Any]) -> dict[str, Any]:
    """Give what is told of a row, lists whose order says nothing by what names them."""
    found = {name: value for name, value in row.items() if name not in {"group", "stage"}}
    resistance = dict(found["resistanceMechanisms"])
    resistance["mechanisms"] = {
        each["mechanism"]: (each["amongProgressed"], each["amongProfiled"])
        for each in resistance["mechanisms"]
    }
    events = {e["grade"]: (e["events"], e["treatments"]) for e in found["adverseEvents"]}
    return {**found, "resistanceMechanisms": resistance, "adverseEvents": events}


@pytest.mark.parametrize("role", RECORDS)
async def test_every_grouping_equals_the_records(world: World, role: str) -> None:
    rows = [row for row in await treatments(world, role) if "screenedOnly" not in row]
    assert rows
    names = list(VALUES)
    groupings = [[], *([name] for name in names), ["SEX", "COHORT"], ["DRUG", "GENE", "REGION"]]
    for asked in groupings:
        answer = (await world.answer(role, ASKED, {"by": asked})).body
        if set(asked) & HIDDEN.get(role, set()):
            assert "data" not in answer
            (error,) = answer["errors"]
            assert error["extensions"] == {"code": "BAD_USER_INPUT"}
            assert "ACCRUAL_MONTH" in error["message"]
            assert "name a `release`" in error["message"]
            continue
        assert "errors" not in answer
        found = answer["data"]["outcomeStatistics"]
        assert (found["basis"], found["release"], found["citation"]) == ("RECORDS", None, None)
        by = sorted(asked, key=names.index)
        wanted = grouped(rows, by)
        groups = [tuple(each["value"] for each in row["group"]) for row in found["rows"]]
        assert [[each["dimension"] for each in row["group"]] for row in found["rows"]] == [
            by for _ in wanted
        ]
        assert groups == sorted(wanted, key=lambda g: [(v is None, v or "") for v in g])
        for group, row in zip(groups, found["rows"], strict=True):
            assert told(row) == row_of(wanted[group]), (asked, group)


CONDITIONS: list[tuple[dict[str, Any], Callable[[Treatment], bool]]] = [
    ({"sex": {"eq": "FEMALE"}}, lambda t: t["patient"]["sex"] == "FEMALE"),
    ({"cohort": {"isNull": False}}, lambda t: t["cohort"] is not None),
    ({"cohort": {"isNull": True}}, lambda t: t["cohort"] is None),
    (
        {"gene": {"in": ["BRCA1", "BRCA2"]}},
        lambda t: bool({"BRCA1", "BRCA2"} & {*VALUES["GENE"](t)}),
    ),
    ({"gene": {"isNull": True}}, lambda t: VALUES["GENE"](t) == [None]),
    ({"drug": {"eq": "olaparib", "in": ["olaparib"]}}, lambda t: "olaparib" in VALUES["DRUG"](t)),
    ({"drug": {"eq": "olaparib", "in": ["imatinib"]}}, lambda t: False),
    ({"region": {"eq": "nowhere"}}, lambda t: False),
    (
        {"payer": {"eq": "COMPANY"}, "ageBand": {"in": ["60-64", "65-69"]}},
        lambda t: (
            VALUES["PAYER"](t) == ["COMPANY"] and t["patient"]["ageBand"] in {"60-64", "65-69"}
        ),
    ),
    ({"tumourType": {"eq": "BILIARY_TRACT"}}, lambda t: t["patient"]["tissue"] == "BILIARY_TRACT"),
]


@pytest.mark.parametrize(
    ("where", "holds"),
    CONDITIONS,
    ids=lambda each: str(each)[:50] if isinstance(each, dict) else "",
)
async def test_every_condition(
    world: World, where: dict[str, Any], holds: Callable[[Treatment], bool]
) -> None:
    rows = [row for row in await treatments(world, "steward") if "screenedOnly" not in row]
    answer = (await world.answer("steward", ASKED, {"by": [], "where": where})).body
    (row,) = answer["data"]["outcomeStatistics"]["rows"]
    assert told(row) == row_of([row for row in rows if holds(row)])


async def test_a_condition_on_what_is_grouped_chooses_groups(world: World) -> None:
    """A treatment with two drugs is in the groups of both, of which one is asked for."""
    query = """{ outcomeStatistics(by: [DRUG], where: {drug: {eq: "dabrafenib"}}) {
        rows { group { value } patients { value } } } }"""
    found = (await world.answer("steward", query)).body["data"]["outcomeStatistics"]["rows"]
    rows = [row for row in await treatments(world, "steward") if "screenedOnly" not in row]
    number = sum("dabrafenib" in VALUES["DRUG"](row) for row in rows)
    assert found == [{"group": [{"value": "dabrafenib"}], "patients": {"value": number}}]
    assert any(len(VALUES["DRUG"](row)) > 1 for row in rows)


@pytest.mark.parametrize("role", RECORDS)
async def test_the_funnel(world: World, role: str) -> None:
    rows = await treatments(world, role)
    query = """query ($where: OutcomeStatisticsFilter) { outcomeStatistics(by: [], where: $where) {
      funnel { screened profiled discussed matched matchUnknown treated evaluable
        offered { numerator { value } denominator } } } }"""
    for where, holds in (CONDITIONS[0], ({}, lambda _: True), CONDITIONS[-1]):
        patients = {id(row["patient"]): row["patient"] for row in rows if holds(row)}
        screened = [p for p in patients.values() if p["screening"]]
        of = [p["screening"] for p in screened]
        answer = (await world.answer(role, query, {"where": where})).body
        offered = {"value": sum(bool(s["offers"]) for s in of)}
        assert answer["data"]["outcomeStatistics"]["funnel"] == {
            "screened": len(of),
            "profiled": sum(s["profiledDay"] is not None for s in of),
            "discussed": sum(s["discussedDay"] is not None for s in of),
            "matched": sum(s["matched"] is True for s in of),
            "matchUnknown": sum(s["matched"] is None for s in of),
            "offered": {"numerator": offered, "denominator": len(of)},
            "treated": sum(bool(p["treatments"]) for p in screened),
            "evaluable": sum(
                any(
                    (t["outcome"] or {}).get("clinicalBenefit16w") in {"YES", "NO"}
                    for t in p["treatments"]
                )
                for p in screened
            ),
        }


@pytest.mark.parametrize("role", RECORDS)
async def test_a_cohort_has_its_row(world: World, role: str) -> None:
    query = f"""{{ cohorts(first: 100) {{ nodes {{ code stage outcomes {{ {FIELDS} }} }} }} }}
        {FRAGMENTS}"""
    answer = await world.answer(role, query)
    rows = (await world.answer(role, ASKED, {"by": ["COHORT"]})).body["data"]["outcomeStatistics"]
    wanted = {row["group"][0]["value"]: row for row in rows["rows"]}
    nodes = answer.body["data"]["cohorts"]["nodes"]
    assert any(node["outcomes"] for node in nodes)
    for node in nodes:
        assert node["outcomes"] == wanted.get(node["code"])
        assert node["outcomes"] is None or node["outcomes"]["stage"] == node["stage"]
    assert answer.statements == 2  # one for the cohorts, one for all their rows


@pytest.mark.parametrize("role", HIDDEN)
async def test_a_condition_on_what_is_hidden_is_refused(world: World, role: str) -> None:
    where = {"accrualMonth": {"eq": "2024-01-01"}}
    answer = await world.answer(role, ASKED, {"by": ["SEX"], "where": where})
    (error,) = answer.body["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert "may not read ACCRUAL_MONTH" in error["message"]
