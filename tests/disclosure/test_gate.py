"""Gates and value classes: by memberships and sizes alone."""

from __future__ import annotations

import pytest

from db.disclosure.gate import Gate, Gates
from db.disclosure.lattice import DEFAULT, Dimension, cells, order
from db.disclosure.parameters import Parameters

CAREFUL = Parameters()


def members(*numbers: int) -> frozenset[int]:
    return frozenset(numbers)


def test_a_set_is_small_near_or_of_one_hospital() -> None:
    hospitals = ["A"] * 10 + ["B"] * 10 + ["C"] * 2
    gates = Gates(CAREFUL, hospitals, [members(*range(10, 20))])
    assert gates.admit(members(0, 1, 2, 3)) is Gate.SMALL
    assert gates.admit(members(*range(11, 20))) is Gate.NEAR
    assert gates.admit(members(*range(10, 20))) is None  # the same set again
    assert gates.admit(members(0, 1, 2, 3, 4, 20, 21)) is Gate.HOSPITAL
    assert gates.admit(members(*range(6))) is None  # of one hospital alone: nobody else is in it
    assert gates.admit(members(0, 1, 2, 3, 4, 5, 20)) is Gate.NEAR


@pytest.mark.parametrize("size", range(5, 40))
def test_a_count_is_told_as_its_class_which_the_size_decides(size: int) -> None:
    classes = {CAREFUL.told(true, size) for true in range(size + 1)}
    assert sum(upper - lower + 1 for lower, upper in classes) == size + 1
    for lower, upper in classes:
        assert {CAREFUL.told(true, size) for true in range(lower, upper + 1)} == {(lower, upper)}
        wide = lower == 0 or upper == size
        assert upper - lower == (2 if wide else 0)


def test_the_key_drops_as_many_as_it_should_and_always_the_same() -> None:
    names = [("2026.1", "COHORT", str(number), "RESPONSE") for number in range(4_000)]
    dropped = [CAREFUL.dropped(b"k" * 32, *name) for name in names]
    assert dropped == [CAREFUL.dropped(b"k" * 32, *name) for name in names]
    assert 0.13 < sum(dropped) / len(names) < 0.17
    assert dropped != [CAREFUL.dropped(b"x" * 32, *name) for name in names]


def test_every_value_has_its_cell_and_the_largest_come_first() -> None:
    values = {
        **dict.fromkeys(Dimension, ("",)),
        Dimension.DRUG: ("one", "two"),
        Dimension.GENE: (),
        Dimension.SEX: ("FEMALE",),
    }
    made = cells(DEFAULT, {7: values}, {Dimension.SEX: ["MALE", "FEMALE"]})
    of = {(cell.name, cell.values): cell.members for cell in made}
    assert of[("", ())] == of[("DRUG", ("one",))] == of[("DRUG,SEX", ("two", "FEMALE"))] == {7}
    assert of[("SEX", ("MALE",))] == frozenset()
    assert not [name for name, _ in of if name == "GENE"]
    decided = [cell for cell in order(DEFAULT, made) if cell.name == "SEX"]
    assert [cell.values for cell in decided] == [("FEMALE",), ("MALE",)]
    assert [cell.place for cell in decided] == [1, 2]
