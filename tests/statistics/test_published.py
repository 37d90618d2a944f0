"""What was published is looked up: the same for everyone, and nothing outside of it."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from db.aggregate.dimension import DIMENSIONS
from resolvers.statistics.calculation import intervals
from tests.access.session import session
from tests.conftest import Clone
from tests.statistics.conftest import FIRST, LATEST
from tests.statistics.publication import CELLS, DIGEST, Cell
from tests.world import World, make

ROLES = ("partner", "researcher", "authority", "clinician", "steward")
ASKED = """query ($by: [OutcomeDimension!]!, $where: OutcomeStatisticsFilter, $release: String) {
  outcomeStatistics(by: $by, where: $where, release: $release) {
    basis release { version cutOff frozenAt manifestDigest ruleSets published }
    citation { release digest query } funnel { screened }
    rows { group { dimension value } patients { value suppressed } evaluable { value lower upper }
      stage objectiveResponse { ...proportion } clinicalBenefit16w { ...proportion }
      clinicalBenefit16wAllTreated { ...proportion }
      responseDistribution { response } progressionFreeSurvival { patients }
      overallSurvival { patients } durationOfResponse { patients }
      resistanceMechanisms { progressed } adverseEvents { grade } } } }
fragment proportion on Proportion {
  suppressed denominator numerator { value lower upper } estimate { value lower upper }
  confidenceInterval { level lower upper method } }"""
LIVE_ONLY = (
    "responseDistribution",
    "progressionFreeSurvival",
    "overallSurvival",
    "durationOfResponse",
    "resistanceMechanisms",
    "adverseEvents",
)


async def ask(world: World, role: str, by: list[str], **given: Any) -> dict[str, Any]:
    body = (await world.answer(role, ASKED, {"by": by, **given})).body
    assert "errors" not in body, body
    found: dict[str, Any] = body["data"]["outcomeStatistics"]
    return found


def bounds(found: tuple[float | None, float | None] | None) -> dict[str, Any]:
    if found is None:
        return {"value": None, "lower": None, "upper": None}
    lower, upper = found
    return {"value": lower if lower == upper else None, "lower": lower, "upper": upper}


def proportion(number: tuple[int, int] | None, of: tuple[int, int] | None) -> dict[str, Any]:
    """Make what a proportion is told as, from its bounds alone."""
    told = {"level": 0.95, "lower": None, "upper": None, "method": "CLOPPER_PEARSON"}
    if number is None or of is None:
        return {
            "suppressed": True, "denominator": None, "numerator": bounds(None),
            "estimate": bounds(None), "confidenceInterval": told,
        }  # fmt: skip
    (low, high), (least, most) = number, of
    every = intervals(
        [(k, n) for n in range(least, most + 1) for k in range(low, min(high, n) + 1)]
    )
    told |= {"lower": min(each[0] for each in every), "upper": max(each[1] for each in every)}
    return {
        "suppressed": False,
        "denominator": least if least == most else None,
        "numerator": bounds(number),
        "estimate": bounds((low / most, min(high, least) / least)),
        "confidenceInterval": told,
    }


def row_of(cell: Cell, by: list[str], stage: str | None) -> dict[str, Any]:
    treated = None if cell.patients is None else (cell.patients, cell.patients)
    return {
        "group": [
            {"dimension": name, "value": value or None}
            for name, value in zip(by, cell.values, strict=True)
        ],
        "patients": {"value": cell.patients, "suppressed": cell.patients is None},
        "evaluable": bounds(cell.evaluable),
        "stage": stage,
        "objectiveResponse": proportion(cell.response, treated),
        "clinicalBenefit16w": proportion(cell.benefit, cell.evaluable),
        "clinicalBenefit16wAllTreated": proportion(cell.benefit, treated),
        **dict.fromkeys(LIVE_ONLY),
    }


@pytest.mark.parametrize("role", ROLES)
async def test_everyone_is_told_the_cells(world: World, role: str) -> None:
    """In the order that was published, in whatever order the dimensions are named."""
    for name, cells in CELLS.items():
        by = name.split(",") if name else []
        for asked in (by, by[::-1]):
            found = await ask(world, role, asked, release=LATEST)
            stages = {"OLA-BRCA-BTC": "EXPANSION"} if by == ["COHORT"] else {}
            assert found["rows"] == [
                row_of(cell, by, stages.get(cell.values[0] if cell.values else ""))
                for cell in cells
            ]
            assert (found["basis"], found["funnel"]) == ("RELEASE", None)
            assert found["release"]["version"] == LATEST
            query = f'outcomeStatistics(by: [{", ".join(by)}], release: "{LATEST}")'
            cited = {"release": LATEST, "digest": DIGEST, "query": query}
            assert found["citation"] == cited


@pytest.mark.parametrize("role", ROLES)
async def test_the_contracts_operation_runs_for_every_role(
    world: World, shared: Path, role: str
) -> None:
    document = (shared / "contract" / "operations" / "outcome_statistics.graphql").read_text()
    for by in ([], ["COHORT"], ["SEX", "COHORT"]):
        answer = await world.answer(role, document, {"by": by})
        assert answer.status == 200
        assert "errors" not in answer.body
        found = answer.body["data"]["outcomeStatistics"]
        assert found["rows"]
        assert (found["release"] is not None) is (role == "authority")


async def test_who_reads_no_record_gets_the_latest(world: World) -> None:
    assert await ask(world, "authority", ["SEX"]) == await ask(
        world, "authority", ["SEX"], release=LATEST
    )
    for role in ROLES:
        if role != "authority":
            assert (await ask(world, role, ["SEX"]))["basis"] == "RECORDS"
    before = await ask(world, "authority", [], release=FIRST)
    assert before["rows"][0]["patients"]["value"] == 30
    assert before["citation"]["digest"] == "cd" * 32


async def test_a_citation_asks_the_same_again(world: World) -> None:
    given = {"where": {"cohort": {"eq": "OLA-BRCA-BTC"}, "sex": {"eq": "FEMALE"}}}
    found = await ask(world, "authority", ["SEX", "COHORT"], **given)
    assert len(found["rows"]) == 1
    fields = ASKED.split("{", 2)[2].rsplit("} }\nfragment", 1)[0]
    fragment = "fragment" + ASKED.rsplit("fragment", 1)[1]
    again = await world.answer(
        "steward", f"{{ {found['citation']['query']} {{ {fields} }} }} {fragment}"
    )
    assert again.body["data"]["outcomeStatistics"] == found


async def test_whatever_is_withheld_has_one_marker(world: World) -> None:
    """Small, empty, secondary, dropped: a cell without numbers, whatever its group."""
    rows = (await ask(world, "authority", ["COHORT"]))["rows"]
    rows += (await ask(world, "authority", ["SEX"]))["rows"]
    withheld = [row for row in rows if row["patients"]["suppressed"]]
    assert len(withheld) == 3
    assert len({json.dumps({**row, "group": None}) for row in withheld}) == 1
    (told,) = {json.dumps({**row, "group": None}) for row in withheld}
    assert not any(each.isdigit() for each in told.replace("0.95", "").replace("16w", ""))
    partly = next(row for row in rows if row["group"][0]["value"] == "FEMALE")
    assert partly["clinicalBenefit16w"] == rows[2]["clinicalBenefit16w"]


OUTSIDE: list[tuple[list[str], dict[str, Any]]] = [
    (["DRUG"], {}),
    (["SEX", "AGE_BAND"], {}),
    (["COHORT", "SEX", "REGION"], {}),
    ([*DIMENSIONS], {}),
    (["COHORT"], {"sex": {"eq": "FEMALE"}}),
    ([], {"cohort": {"eq": "OLA-BRCA-BTC"}}),
    (["COHORT"], {"cohort": {"in": ["OLA-BRCA-BTC"]}}),
    (["COHORT"], {"cohort": {"eq": "OLA-BRCA-BTC", "in": ["OLA-BRCA-BTC"]}}),
    (["COHORT"], {"cohort": {"isNull": True}}),
    (["COHORT"], {"cohort": {"eq": "OLA-BRCA-BTC", "isNull": False}}),
    (["COHORT"], {"accrualMonth": {"eq": "2024-01-01"}}),
]


@pytest.mark.parametrize("role", ROLES)
async def test_everything_outside_has_one_refusal(world: World, role: str) -> None:
    """That lists what can be asked; nothing of what was asked is in it."""
    told = set()
    for by, where in OUTSIDE:
        given = {"by": by, "where": where, "release": LATEST}
        answer = await world.answer(role, ASKED, given)
        assert answer.status == 400
        (error,) = answer.body["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}
        assert error["path"] == ["outcomeStatistics"]
        assert "data" not in answer.body
        told.add(json.dumps(error))
    (only,) = told
    assert "[]; [COHORT]; [COHORT, SEX]; [SEX]" in only


async def test_no_other_combination_is_told(world: World) -> None:
    for number in range(4):
        for by in combinations(DIMENSIONS, number):
            answer = await world.answer("authority", ASKED, {"by": list(by)})
            assert ("errors" in answer.body) is (",".join(by) not in CELLS), by


@pytest.mark.parametrize("role", ROLES)
async def test_a_release_that_is_not_published_is_not_there(world: World, role: str) -> None:
    """Absent, frozen and not published, or published without statistics: one sentence."""
    told = set()
    for version in ("2031.7", "", "SYNTHETIC-2026-06", "' or true --"):
        answer = await world.answer(role, ASKED, {"by": [], "release": version})
        assert answer.status == 400
        (error,) = answer.body["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}
        told.add(error["message"])
    (message,) = told
    assert "`releases` lists" in message


async def test_a_value_that_is_not_there_has_no_row(world: World) -> None:
    where = {"cohort": {"eq": "NO-SUCH"}}
    found = await ask(world, "authority", ["COHORT"], where=where)
    assert found["rows"] == []
    assert found["citation"]["query"].endswith(
        f'where: {{cohort: {{eq: "NO-SUCH"}}}}, release: "{LATEST}")'
    )


@pytest.mark.parametrize("role", ["authority", "steward"])
@pytest.mark.parametrize(
    ("by", "message"),
    [
        (["SEX", "SEX"], "`by` names SEX more than once"),
        (["SEX", "COHORT", "COHORT", "SEX"], "`by` names SEX and COHORT more than once"),
    ],
)
async def test_a_dimension_is_named_once(
    world: World, role: str, by: list[str], message: str
) -> None:
    answer = await world.answer(role, ASKED, {"by": by})
    assert answer.status == 400
    (error,) = answer.body["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert message in error["message"]


@pytest.mark.parametrize("given", [{"by": ["SHOE_SIZE"]}, {"by": None}, {}])
async def test_an_unknown_dimension_is_refused(world: World, given: dict[str, Any]) -> None:
    answer = await world.answer("authority", ASKED, given)
    assert answer.status == 400
    assert {e["extensions"]["code"] for e in answer.body["errors"]} == {"BAD_USER_INPUT"}
    assert "AGE_BAND" not in json.dumps(answer.body)  # no name is suggested


async def test_a_funnel_is_of_who_was_screened(world: World) -> None:
    query = """{ outcomeStatistics(by: [], where: {drug: {eq: "olaparib"}}) {
      funnel { screened } rows { stage } } }"""
    answer = await world.answer("steward", query)
    (error,) = answer.body["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert "DRUG is of treatments" in error["message"]
    assert "SEX" in error["message"]


async def test_where_nothing_is_published_it_is_said(
    clone: Clone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with clone() as copy:
        bare = await make(copy, tmp_path_factory.mktemp("bare"), 20)
        try:
            query = "{ viewer { role } outcomeStatistics(by: []) { rows { stage } } cohorts { \
                nodes { code stage outcomes { patients { value } } } } }"
            answer = await bare.answer("authority", query)
            assert answer.status == 200
            assert answer.body["data"]["viewer"] == {"role": "AUTHORITY"}
            assert answer.body["data"]["outcomeStatistics"] is None
            (error,) = answer.body["errors"]
            assert error["extensions"] == {"code": "FIELD_NOT_AVAILABLE"}
            assert error["path"] == ["outcomeStatistics"]
            assert "Nothing is published yet" in error["message"]
            nodes = answer.body["data"]["cohorts"]["nodes"]
            assert nodes
            assert {(node["stage"], node["outcomes"] is None) for node in nodes} == {(None, True)}
        finally:
            await bare.pools.close()


@pytest.mark.parametrize("role", ROLES)
async def test_a_cohort_has_the_row_that_was_published(world: World, role: str) -> None:
    query = f"""{{ cohorts(first: 100) {{ nodes {{ code
      outcomes(release: "{LATEST}") {{ patients {{ value }} stage
        objectiveResponse {{ numerator {{ lower upper }} }} }} }} }} }}"""
    answer = await world.answer(role, query)
    nodes = {node["code"]: node["outcomes"] for node in answer.body["data"]["cohorts"]["nodes"]}
    assert {code: each for code, each in nodes.items() if each is not None} == {
        "OLA-BRCA-BTC": {
            "patients": {"value": 26},
            "stage": "EXPANSION",
            "objectiveResponse": {"numerator": {"lower": 4, "upper": 4}},
        },
        "TRA-BRAF-CRC": {
            "patients": {"value": 8},
            "stage": None,
            "objectiveResponse": {"numerator": {"lower": 0, "upper": 1}},
        },
    }
    assert answer.statements == 2
    wrong = await world.answer(role, query.replace(LATEST, "2031.7"))
    assert wrong.status == 400
    assert {e["extensions"]["code"] for e in wrong.body["errors"]} == {"BAD_USER_INPUT"}


@pytest.mark.parametrize("role", ROLES)
async def test_a_stage_is_told_as_it_is_or_as_it_was_published(world: World, role: str) -> None:
    """As it is to the data office, and to a company of the cohorts of its agreement."""
    query = "{ cohorts(first: 100) { nodes { code stage } } }"
    nodes = (await world.answer(role, query)).body["data"]["cohorts"]["nodes"]
    told = {node["code"]: node["stage"] for node in nodes if node["stage"]}
    everything = (await world.answer("steward", query)).body["data"]["cohorts"]["nodes"]
    live = {node["code"]: node["stage"] for node in everything}
    assert None not in live.values()
    published = {"OLA-BRCA-BTC": "EXPANSION"}
    match role:
        case "steward":
            assert told == live
        case "partner":
            own = (await world.answer("partner", "{ agreements { nodes { drugs { inn } } } }")).body
            drugs = {d["inn"] for a in own["data"]["agreements"]["nodes"] for d in a["drugs"]}
            cohorts = (
                await world.answer(
                    "partner", "{ cohorts(first: 100) { nodes { code drugs { inn } } } }"
                )
            ).body["data"]["cohorts"]["nodes"]
            covered = {c["code"] for c in cohorts if drugs & {d["inn"] for d in c["drugs"]}}
            assert covered
            assert told == {
                **{code: stage for code, stage in published.items() if code not in covered},
                **{code: live[code] for code in covered},
            }
        case _:
            assert told == published


async def test_a_stage_is_filtered_as_it_is_told(world: World) -> None:
    query = """{ cohorts(where: {stage: {eq: EXPANSION}}) { nodes { code } } }"""
    answer = await world.answer("authority", query)
    assert answer.body["data"]["cohorts"]["nodes"] == [{"code": "OLA-BRCA-BTC"}]


async def test_cells_are_counted_for_the_audit(world: World) -> None:
    """Every measure of a row that is told; none of what is withheld, nor of what nobody asks."""
    everything = await world.answer("authority", ASKED, {"by": ["COHORT"]})
    assert everything.released is not None
    assert everything.released.cells == 5 + 5 + 1  # two rows of five measures, and one stage
    few = "{ outcomeStatistics(by: [COHORT]) { rows { group { value } patients { value } } } }"
    found = await world.answer("authority", few)
    assert found.released is not None
    assert (found.released.cells, dict(found.released.rows)) == (2, {})
    of_cohort = '{ cohort(code: "OLA-BRCA-BTC") { outcomes { patients { value } stage } } }'
    found = await world.answer("authority", of_cohort)
    assert found.released is not None
    assert (found.released.cells, dict(found.released.rows)) == (2, {"Cohort": 1})


@pytest.mark.parametrize("role", ROLES)
async def test_both_executors_answer_the_same(world: World, role: str) -> None:
    slow = replace(world, graph=replace(world.graph, compiles=False))
    for query, given in (
        (ASKED, {"by": ["COHORT"]}),
        (ASKED, {"by": ["COHORT", "SEX"], "release": LATEST}),
        (ASKED, {"by": [], "release": "nothing"}),
        (ASKED, {"by": ["DRUG"], "release": LATEST}),
        ("{ a: outcomeStatistics(by: []) { __typename rows { __typename stage } } viewer { role } "
         "drugs(first: 2) { nodes { inn } } }", {}),
        ('{ cohort(code: "OLA-BRCA-BTC") { code outcomes { patients { value } } } }', {}),
    ):  # fmt: skip
        fast, other = (
            await world.answer(role, query, given),
            await slow.answer(role, query, given),
        )
        assert fast.body == other.body
        assert fast.status == other.status
        if fast.released is not None and other.released is not None:
            assert fast.released.cells == other.released.cells


async def test_of_two_refusals_the_first_in_the_document_is_told(world: World) -> None:
    """Fields are answered side by side, and neither executor tells which was quicker."""
    query = """{
      cohort(code: "OLA-BRCA-BTC") { outcomes(release: "NONE") { stage } }
      outcomeStatistics(by: [], release: "NONE") { basis }
    }"""
    for compiles in (True, False):
        asked = replace(world, graph=replace(world.graph, compiles=compiles))
        for text, path in (
            (query, ["cohort", "outcomes"]),
            (_turned(query), ["outcomeStatistics"]),
        ):
            answer = await asked.answer("authority", text)
            (error,) = answer.body["errors"]
            assert (answer.status, error["path"]) == (400, path)


def _turned(query: str) -> str:
    """Put the last root first."""
    start, *roots, end = query.split("\n")
    return "\n".join([start, *reversed(roots), end])


async def test_the_authoritys_login_reaches_no_record(world: World) -> None:
    """Over SQL: what statistics are counted from is refused, column by column."""
    async with session(world.database, "authority") as connection:
        tables = {table for each in DIMENSIONS.values() for table, _ in each.reads}
        tables |= {"treatment", "patient", "outcome", "screening", "offer", "analysis_row"}
        open_ = {"cohort", "drug", "gene", "onco_tree"}
        for table in sorted(tables - open_):
            for what in ("count(*)", "*"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.fetch(f"select {what} from connect.{table}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select stage from connect.cohort")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select verdict from connect.publication_report")


@pytest.mark.parametrize("role", ROLES)
async def test_the_subgraph_answers_the_same(world: World, role: str) -> None:
    """Who owns the cohorts and releases owns what is told of them; a gateway names a cohort."""
    whole = (await world.answer(role, ASKED, {"by": ["COHORT"]})).body["data"]
    part = await world.answer(role, ASKED, {"by": ["COHORT"]}, subgraph="patients")
    assert part.body["data"] == whole
    query = """query ($names: [_Any!]!) { _entities(representations: $names) {
      ... on Cohort { code outcomes { patients { value } } stage } } }"""
    names = [{"__typename": "Cohort", "code": code} for code in ("OLA-BRCA-BTC", "NO-SUCH")]
    found = await world.answer(role, query, {"names": names}, subgraph="patients")
    (cohort, none) = found.body["data"]["_entities"]
    alone = '{ cohort(code: "OLA-BRCA-BTC") { code outcomes { patients { value } } stage } }'
    assert cohort == (await world.answer(role, alone)).body["data"]["cohort"]
    assert none is None
    for subgraph in ("biomarkers", "responses", "resistance"):
        lacking = await world.answer(role, ASKED, {"by": []}, subgraph=subgraph)
        assert lacking.status == 400
