from __future__ import annotations

import pytest

from db.outcome.derive import derive
from db.outcome.verdict import Reason
from tests.outcome.case import Case, cases, said

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_case(case: Case) -> None:
    found = said(derive(case.history))
    assert [found[each.split(" ")[0]] for each in case.expected] == list(case.expected)


def test_there_are_enough_and_each_is_told_apart() -> None:
    assert len(CASES) >= 60
    assert len({case.title for case in CASES}) == len(CASES)
    assert len({case.history for case in CASES}) > len(CASES) * 9 // 10


def test_every_reason_is_expected_somewhere() -> None:
    expected = {word for case in CASES for each in case.expected for word in each.split(" ")}
    assert set(Reason) <= expected
