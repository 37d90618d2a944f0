"""Is what the attacker calls certain what all worlds agree on, and nothing else?"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from attack.program import blocks
from attack.search import settle
from attack.unit import Answer, Benefit, Measure, State, Unit
from tests.attacker.brute import answer, certain, populations

import pytest

ALONE = {0: {}}


@given(populations(), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_certainty_is_what_all_worlds_agree_on(
    drawn: tuple[list[Unit], list[Answer]], insider: bool, responders_benefit: bool
) -> None:
    units, answers = drawn
    known = {number for number, unit in enumerate(units) if insider and unit.hospital == "A"}
    strange = any(
        state.response and state.benefit is Benefit.NO
        for unit in units
        for state in unit.states.values()
    )
    believes = responders_benefit and not strange
    for collapse in (True, False):
        found = settle(
            blocks(units, answers, [known], responders_benefit=believes, collapse=collapse)
        )
        for view, knows in zip(found.views, (set[int](), known), strict=True):
            assert view.certain == certain(units, answers, knows, responders_benefit=believes)
            assert not view.open_units
