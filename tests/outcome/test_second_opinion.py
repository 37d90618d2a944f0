"""Two programs that follow docs/outcomes.md, written apart, agree on every history."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.outcome.derive import Outcome, derive
from db.outcome.history import History
from db.outcome.verdict import Reason
from tests.extent import REPEATABLE, count
from tests.outcome.schedule import schedules
from tests.outcome.second_opinion import Opinion, judge
from tests.outcome.strategy import histories
from tests.world import ROOT

EXAMPLES = count(ci=500, nightly=20_000)
REASONS = re.compile(r"^\| ([A-Z][A-Z_]+) \| ([^|]+) \|", re.MULTILINE)
TITLES = {
    "response": (
        "best_overall_response",
        "best_confirmed_response",
        "best_immune_response",
        "best_confirmed_immune_response",
    ),
    "benefit": ("clinical_benefit",),
    "evaluability": ("evaluability",),
    "PFS": ("progression_free_survival",),
    "OS": ("overall_survival",),
    "DoR": ("duration_of_response",),
}


def flat(outcome: Outcome) -> dict[str, object]:
    """Write an outcome as an Opinion is written."""
    said: dict[str, object] = {}
    for name, value in asdict(outcome).items():
        said[name] = tuple(value.values()) if isinstance(value, dict) else value
    assert len(set(outcome.assessments)) == len(outcome.assessments)
    said["assessments"] = frozenset(outcome.assessments)
    return said


def opinion(history: History) -> dict[str, object]:
    found = judge(history)
    return {field.name: getattr(found, field.name) for field in fields(Opinion)}


def reasons(said: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Give (title of the vocabulary, reason) for every verdict."""
    for title, names in TITLES.items():
        for name in names:
            verdict = said[name]
            if isinstance(verdict, tuple):
                yield title, str(verdict[-1])


def documented() -> set[tuple[str, str]]:
    """Read the vocabulary's table: (title, reason); what refuses a benefit refuses evaluability."""
    text = (ROOT / "docs" / "outcomes.md").read_text("utf-8")
    found = {
        (title, reason) for reason, of in REASONS.findall(text) for title in of.strip().split(", ")
    }
    refused = {reason for title, reason in found if title == "benefit"}
    refused -= {"PROGRESSION", "DEATH", "DISEASE_CONTROL", "LATER_DISEASE_CONTROL"}
    return found | {("evaluability", reason) for reason in refused}


def test_the_document_has_the_vocabulary_of_the_code() -> None:
    assert {reason for _, reason in documented()} == {str(reason) for reason in Reason}


@pytest.mark.property
def test_both_agree_and_every_reason_occurs(
    record_property: Callable[[str, object], None],
) -> None:
    seen: Counter[tuple[str, str]] = Counter()

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=REPEATABLE, database=None)
    @given(st.one_of(schedules(), schedules(), histories()))
    def compare(history: History) -> None:
        said = flat(derive(history))
        assert said == opinion(history)
        seen.update(set(reasons(said)))

    compare()
    record_property("examples", EXAMPLES)
    assert set(seen) <= documented()
    if EXAMPLES >= 500:
        assert {reason for _, reason in seen} == {str(reason) for reason in Reason}
    if EXAMPLES >= 10_000:
        assert set(seen) == documented()
