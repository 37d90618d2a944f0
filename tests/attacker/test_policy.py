"""Do the usual rules do what their names say, and does the attacker break them?"""

from __future__ import annotations

from attack.grouping import FREE, groups
from attack.noise import QUERIES, reconstructed
from attack.policy import BASELINES
from attack.program import blocks
from attack.search import settle
from attack.unit import Measure
from tests.attacker.people import NO, YES, trial, unit


def test_small_groups_are_hidden_and_the_rest_is_exact() -> None:
    units = [*(unit(YES, SEX="F") for _ in range(5)), *(unit(NO, SEX="M") for _ in range(4))]
    told = list(BASELINES["hide below 5"].policy(units, 0, ["SEX"]))
    assert {(len(each.members), each.measure, each.lower) for each in told} == {
        (5, Measure.EVALUABLE, 5),
        (5, Measure.RESPONSE, 5),
        (5, Measure.BENEFIT, 5),
    }


def test_a_count_is_told_where_five_are_and_five_are_not() -> None:
    units = [*(unit(YES) for _ in range(5)), *(unit(NO) for _ in range(5))]
    policy = BASELINES["at least 5 both ways"].policy
    told = {each.measure: each.lower for each in policy(units, 0, ["SEX"])}
    assert told == {Measure.RESPONSE: 5, Measure.BENEFIT: 5}
    assert not list(policy(units[1:], 0, ["SEX"]))


def test_a_table_hides_a_second_group_in_each_line() -> None:
    units = [
        unit(YES, SEX=sex, REGION=region)
        for sex, region, many in [
            ("F", "V", 4),
            ("F", "N", 7),
            ("F", "M", 9),
            ("M", "V", 6),
            ("M", "N", 8),
            ("M", "M", 10),
        ]
        for _ in range(many)
    ]
    both = ["SEX", "REGION"]
    told = {each.members for each in BASELINES["each table by itself"].policy(units, 0, both)}
    table = groups(units, 0, both)
    assert not told >= set(table.values())
    for axis in (0, 1):
        for value in {values[axis] for values in table}:
            line = [members for values, members in table.items() if values[axis] == value]
            assert sum(members not in told for members in line) != 1


def test_counts_hidden_below_five_give_away_half_of_the_patients() -> None:
    for count, seed in ((60, 1), (200, 2)):
        units = trial(count, seed)
        answers = BASELINES["hide below 5"].answers(units, [0], FREE)
        assert 2 * len(settle(blocks(units, answers)).outsider.units) >= count


def test_noise_is_undone_by_asking_often() -> None:
    for found in reconstructed(trial(60, 3), 0):
        assert found.after[max(QUERIES)] == 1.0
