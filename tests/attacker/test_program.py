"""Is what the attacker calls certain what all worlds agree on, and nothing else?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attack.difference import differences
from attack.program import Contradiction, blocks
from attack.search import Verdict, settle
from attack.unit import Answer, Benefit, Measure, State, Unit
from tests.attacker.brute import answer, certain, populations, strange
from tests.attacker.people import NO, YES, unit
from tests.extent import trying


def attacked(units: list[Unit], answers: list[Answer], *known: set[int]) -> Verdict:
    return settle(blocks(units, answers, [frozenset(each) for each in known]))


@pytest.mark.property
@given(populations(), st.booleans(), st.booleans())
@trying(ci=40, nightly=1_000)
def test_certainty_is_what_all_worlds_agree_on(
    drawn: tuple[list[Unit], list[Answer]], believes: bool, collapse: bool
) -> None:
    units, answers = drawn
    known = {number for number, unit in enumerate(units) if unit.hospital == "A"}
    believes = believes and not strange(units)
    found = settle(blocks(units, answers, [known], responders_benefit=believes, collapse=collapse))
    for view, knows in zip(found.views, (set[int](), known), strict=True):
        assert view.certain == certain(units, answers, knows, responders_benefit=believes)
        assert not view.open_units


@pytest.mark.property
@given(populations(most=9, releases=3))
@trying(ci=40, nightly=1_000)
def test_classes_are_as_certain_as_units(drawn: tuple[list[Unit], list[Answer]]) -> None:
    units, answers = drawn
    known = {number for number, unit in enumerate(units) if unit.hospital == "A"}
    together, apart = (
        settle(blocks(units, answers, [known], collapse=collapse)) for collapse in (True, False)
    )
    assert [each.certain for each in together.views] == [each.certain for each in apart.views]


@pytest.mark.property
@given(populations(most=6))
@trying(ci=40, nightly=1_000)
def test_pairs_find_nothing_that_the_program_does_not(
    drawn: tuple[list[Unit], list[Answer]],
) -> None:
    units, answers = drawn
    assert differences(units, answers).certain <= attacked(units, answers).outsider.units


def test_all_of_eight_is_certain_of_eight() -> None:
    units = [unit(YES) for _ in range(8)]
    told = [answer(units, 0, set(range(8)), Measure.RESPONSE)]
    assert attacked(units, told).outsider.certain[Measure.RESPONSE] == set(range(8))
    assert differences(units, told).certain == set(range(8))
    banded = [Answer(0, frozenset(range(8)), Measure.RESPONSE, 7, 8)]
    assert not attacked(units, banded).outsider.units


def test_one_who_joins_between_two_releases_is_found() -> None:
    units = [*(unit(NO, NO) for _ in range(5)), unit(YES, first=1)]
    told = [
        answer(units, 0, set(range(5)), Measure.BENEFIT),
        answer(units, 1, set(range(6)), Measure.BENEFIT),
    ]
    # Follow-up can turn no NO into a YES, but the attacker does not know who was NEITHER.
    assert 5 not in attacked(units, told).outsider.units
    told.append(answer(units, 0, set(range(5)), Measure.EVALUABLE))
    assert 5 in attacked(units, told).outsider.certain[Measure.BENEFIT]


def test_one_who_leaves_between_two_releases_is_found() -> None:
    units = [*(unit(YES, YES) for _ in range(3)), *(unit(NO, NO) for _ in range(3)), unit(YES)]
    told = [
        answer(units, 0, set(range(7)), Measure.RESPONSE),
        answer(units, 1, set(range(6)), Measure.RESPONSE),
    ]
    assert attacked(units, told).outsider.certain[Measure.RESPONSE] == {6}
    assert differences(units, told).certain == {6}


def test_a_hospital_that_knows_its_own_finds_the_other() -> None:
    units = [*(unit(YES) for _ in range(2)), *(unit(NO) for _ in range(3)), unit(YES, hospital="B")]
    told = [answer(units, 0, set(range(6)), Measure.RESPONSE)]
    verdict = attacked(units, told, set(range(5)), {5})
    assert not verdict.outsider.units
    assert [each.units for each in verdict.insiders] == [{5}, set()]


def test_overlapping_sets_are_subtracted() -> None:
    units = [unit(YES), *(unit(NO) for _ in range(4))]
    told = [
        answer(units, 0, {0, 1, 2}, Measure.RESPONSE),
        answer(units, 0, {1, 2, 3}, Measure.RESPONSE),
    ]
    found = differences(units, told)
    assert (found.pairs, found.near) == (1, 1)
    assert found.certain == {0, 1, 2, 3}  # 0 of 3 says so of three at once, 1 less 0 of the other


def test_who_cannot_have_benefit_yet_makes_others_certain() -> None:
    early = Unit("A", {0: State(response=False, benefit=Benefit.NEITHER)}, {0: {}}, frozenset({0}))
    units = [*(unit(YES) for _ in range(3)), early, early]
    told = [answer(units, 0, set(range(5)), Measure.BENEFIT)]
    verdict = attacked(units, told)
    assert verdict.outsider.certain[Measure.BENEFIT] == {0, 1, 2}


def test_an_attacker_who_was_told_what_is_not_so_says_so() -> None:
    with pytest.raises(Contradiction):
        attacked([unit(YES)], [Answer(0, frozenset({0}), Measure.RESPONSE, 0, 0)])
