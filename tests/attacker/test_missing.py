"""What do missing cells say?"""

from __future__ import annotations

from attack.asking import Told
from attack.missing import Rules, classes, eligible, missing
from attack.unit import Measure
from tests.attacker.brute import answer
from tests.attacker.people import NO, YES, unit

LATTICE = ((), ("SEX",))
EXACT = Rules(fewest=5, fewest_others=0, drop=0.2, band=0, lattice=LATTICE)


def test_a_count_is_told_exactly_or_in_a_band_at_the_ends() -> None:
    assert classes(8, 2) == [(0, 2), (3, 3), (4, 4), (5, 5), (6, 8)]
    assert classes(5, 2) == [(0, 2), (3, 5)]
    assert classes(3, 0) == [(0, 0), (1, 1), (2, 2), (3, 3)]


def test_sizes_alone_say_which_groups_can_be_told() -> None:
    units = [
        *(unit(NO, SEX="F", hospital="A") for _ in range(6)),
        *(unit(NO, SEX="M", hospital=hospital) for hospital in "AAAAABB"),
        *(unit(NO, SEX="O", hospital="B") for _ in range(4)),
    ]
    rules = Rules(fewest=5, fewest_others=3, lattice=LATTICE)
    found = eligible(units, 0, [], rules)
    # All of F are one hospital's, which learns nothing; of M two would remain; O are only four.
    assert [values for _, values, _ in found] == [(), ("F",)]
    near = frozenset(range(1, 6))
    assert [values for _, values, _ in eligible(units, 0, [near], rules)] == [()]


def test_an_absence_that_speaks_is_found() -> None:
    """Five of ten with nobody counted: had the count been 1 to 4 it would be told."""
    units = [
        *(unit(NO, SEX="F") for _ in range(5)),
        *(unit([NO, YES][n % 2], SEX="M") for n in range(5)),
    ]
    total = answer(units, 0, set(range(10)), Measure.RESPONSE)
    told = Told(answers=[total], withheld=[(0, ("SEX",), ("F",), Measure.RESPONSE)])
    found = missing(units, told, [0], EXACT, 60)
    assert (found.withheld, found.telling, found.likelihood_ratio) == (1, 1, 5.0)
    # 0 fails, for then nobody of them is; so does 2, for then nobody of the others is.
    assert found.right == 1


def test_an_absence_that_any_value_explains_says_nothing() -> None:
    units = [unit(NO, SEX="F") for _ in range(5)]
    told = Told(withheld=[(0, ("SEX",), ("F",), Measure.RESPONSE)])
    rules = Rules(fewest_others=0, band=2, lattice=(("SEX",),))
    found = missing(units, told, [0], rules, 60)
    assert (found.withheld, found.telling, found.by_any) == (1, 0, 1)
