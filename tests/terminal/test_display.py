"""An answer as tables: every value once, what is withheld marked, no terminal steered."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connect_graph.display import shown
from connect_graph.grid import Grid, breadth
from tests.extent import count

WITHHELD = [
    {"rule": "CONSENT", "message": "Only who consents.", "paths": ["patients"]},
    {"rule": "IDENTITY", "message": "Not yours.", "paths": ["patients.nodes.birthYear"]},
]


def told(data: Any, width: int = 100, withheld: Any = ()) -> str:
    return shown({"data": data, "extensions": {"withheld": withheld}}, width)


def test_records_are_rows_and_a_list_of_one_value_is_a_cell() -> None:
    drugs = [{"inn": "dabrafenib"}, {"inn": "trametinib"}]
    nodes = [
        {"line": 3, "cohort": {"code": "A"}, "drugs": drugs, "synthetic": True},
        {"line": 12, "cohort": None, "drugs": [], "synthetic": False},
    ]
    assert told({"treatments": {"totalCount": 7, "nodes": nodes}}).split("\n") == [
        "treatments: 2 of 7",
        "line  cohort.code  drugs.inn               synthetic",
        "────────────────────────────────────────────────────",
        "   3  A            dabrafenib, trametinib  yes",
        f"  12  {EN_DASH}            none                    no",
        "",
        f"{EN_DASH}   no value is told: not known, not reached, or withheld",
    ]


EN_DASH = "\N{EN DASH}"


def test_lists_side_by_side_stand_below_one_another() -> None:
    record = {
        "id": "a",
        "diagnoses": [{"type": "CHOL", "stage": "IV"}],
        "specimens": [{"kind": "FFPE", "day": -3}, {"kind": "CTDNA", "day": 49}],
    }
    lines = told({"patients": {"nodes": [record, {**record, "id": "b"}]}}).split("\n")
    assert lines[0] == "patients: 2"
    assert [line.split() for line in lines[3:]] == [
        ["a", "CHOL", "IV"],
        ["FFPE", "-3"],
        ["CTDNA", "49"],
        [],
        ["b", "CHOL", "IV"],
        ["FFPE", "-3"],
        ["CTDNA", "49"],
    ]


def test_what_is_withheld_is_marked_where_it_stands_and_explained_beneath() -> None:
    nodes = [{"id": "a", "birthYear": None}, {"id": "b", "birthYear": 1950}]
    lines = told({"patients": {"totalCount": 2, "nodes": nodes}}, withheld=WITHHELD).split("\n")
    assert lines[0] == "patients [1]: 2 in all"
    assert lines[1].split("  ") == ["id", "birthYear [2]"]
    assert [line.split() for line in lines[3:5]] == [["a", "[2]"], ["b", "1950"]]
    assert lines[5:] == ["", "[1] CONSENT: Only who consents.", "[2] IDENTITY: Not yours."]


def test_numbers_of_groups_are_bands_and_withheld_ones_are_marked() -> None:
    def row(cohort: str, numerator: Any, *, suppressed: bool = False) -> Any:
        group = [{"dimension": "COHORT", "value": cohort}]
        return {"group": group, "response": {"suppressed": suppressed, "numerator": numerator}}

    lines = told(
        {
            "outcomeStatistics": {
                "rows": [
                    row("A", {"value": 4, "lower": 4, "upper": 4}),
                    row("B", {"value": None, "lower": 0, "upper": 2}),
                    row("C", {"value": None, "lower": None, "upper": None}, suppressed=True),
                    row("D", {"value": 120, "lower": 90.5, "upper": None}),
                ]
            }
        }
    ).split("\n")
    assert [line.split(maxsplit=1) for line in lines[4:8]] == [
        ["A", "4"],
        ["B", f"0{EN_DASH}2"],
        ["C", "[1]"],
        ["D", f"120 (90.5 to {EN_DASH})"],
    ]
    assert lines[2].split() == ["group.COHORT", "response.numerator"]
    assert lines[-1].startswith("[1] withheld: few, none, or ")


def test_what_no_terminal_is_wide_enough_for_stands_one_below_the_other() -> None:
    nodes = [{"first": "a" * 30, "second": "b" * 30, "list": [{"x": 1, "y": 2}]}] * 2
    assert told({"patients": {"nodes": nodes}}, 50).split("\n")[:8] == [
        "patients: 2",
        "patients 1",
        f"  first   {'a' * 30}",
        f"  second  {'b' * 30}",
        "  list",
        "    x  y",
        "    ────",
        "    1  2",
    ]


def test_a_page_says_where_the_next_begins() -> None:
    page = {"hasNextPage": True, "endCursor": "abc"}
    assert told({"p": {"totalCount": 1_200, "pageInfo": page, "nodes": [{"a": 1}]}}).startswith(
        "p: 1 of 1,200; more after abc\n"
    )
    assert told({"p": {"totalCount": 0}}) == "p: 0 in all"
    assert told({"p": {"totalCount": 0, "nodes": []}}) == "p: 0 in all"


def test_a_root_may_be_null_a_value_or_an_object() -> None:
    text = told({"cohort": None, "__typename": "Query", "viewer": {"purposes": ["A", "B"]}})
    assert text.split("\n")[:6] == [
        f"cohort: {EN_DASH}",
        "",
        "__typename: Query",
        "",
        "viewer",
        "purposes  A, B",
    ]


def test_nothing_in_a_value_steers_the_terminal() -> None:
    text = told({"cohort": {"code": "\x1b[2Ja\u202eb\nc\u00a0d", "x": 1}})
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert r"code  \x1b[2Ja\x202eb c d" in text


def test_floats_are_rounded() -> None:
    numbers = [0.04356347653892386, 0.0000123, 26.514, 166.0, 0.0]
    assert told({"n": {"of": numbers, "x": 1}}).split("\n")[1] == (
        "of  0.0436, 1.23e-05, 26.51, 166, 0"
    )


@pytest.mark.parametrize(("text", "places"), [("abc", 3), ("å", 1), ("a\u030a", 1), ("漢字", 4)])
def test_places_of_a_terminal_are_counted(text: str, places: int) -> None:
    assert breadth(text) == places


WORDS = st.text("abcå漢 ", max_size=12)


@settings(max_examples=count(ci=200, nightly=5_000), deadline=None)
@given(
    st.integers(1, 5).flatmap(
        lambda n: st.tuples(
            st.lists(st.text("aB.", min_size=1, max_size=12), min_size=n, max_size=n),
            st.lists(st.lists(WORDS, min_size=n, max_size=n), max_size=4),
        )
    ),
    st.integers(1, 80),
)
def test_a_grid_loses_nothing_and_keeps_to_its_width(
    given_: tuple[list[str], list[list[str]]], width: int
) -> None:
    head, rows = given_
    grid = Grid(head, [[row] for row in rows])
    lines = grid.lines(width)
    if lines is None:
        whole = [max(map(breadth, column)) for column in zip(head, *rows, strict=True)]
        assert sum(whole) + 2 * (len(head) - 1) > width
        return
    assert max(map(breadth, lines)) <= width
    drawn = "".join("".join(lines).split()).replace("─", "")
    wanted = "".join(head) + "".join(cell for row in rows for cell in row)
    assert sorted(drawn) == sorted(re.sub(r"\s", "", wanted))
