"""Intervals and curves equal those of other libraries, and come from a process of their own."""

from __future__ import annotations

import math
import os
import signal
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter  # type: ignore[import-untyped]
from lifelines.utils import median_survival_times  # type: ignore[import-untyped]
from scipy.stats import binomtest  # type: ignore[import-untyped]

from db.pool import Unavailable
from resolvers.statistics.calculation import curve, intervals
from resolvers.statistics.calculator import Calculator
from tests.extent import trying

_SHARES = st.integers(1, 1500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
_TIMES = st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=60)


def counts(times: list[tuple[int, bool]]) -> list[tuple[int, int, int]]:
    days = sorted({day for day, _ in times})
    return [(day, times.count((day, True)), times.count((day, False))) for day in days]


@pytest.mark.property
@trying(ci=80, nightly=2_000)
@given(st.lists(_SHARES, min_size=1, max_size=20))
def test_intervals_are_exact(shares: list[tuple[int, int]]) -> None:
    for (number, of), (lower, upper) in zip(shares, intervals(shares), strict=True):
        wanted = binomtest(number, of).proportion_ci(0.95, method="exact")
        assert (lower, upper) == pytest.approx((wanted.low, wanted.high), rel=0, abs=1e-9)


def test_the_known_intervals() -> None:
    """Of PUMA, and of the trial's published numbers."""
    found = intervals([(4, 25), (58, 145), (58, 170), (0, 8), (8, 8)])
    told = [(round(100 * lower, 1), round(100 * upper, 1)) for lower, upper in found]
    assert told == [(4.5, 36.1), (32.0, 48.5), (27.0, 41.8), (0.0, 36.9), (63.1, 100.0)]
    assert intervals([]) == []


@pytest.mark.property
@trying(ci=80, nightly=2_000)
@given(_TIMES)
def test_curves_are_those_of_lifelines(times: list[tuple[int, bool]]) -> None:
    found = curve(counts(times))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = KaplanMeierFitter().fit([day for day, _ in times], [event for _, event in times])
    bounds = fitted.confidence_interval_
    table = fitted.event_table
    for day, survival, lower, upper, at_risk, events, censored in found["points"]:
        assert survival == pytest.approx(
            float(fitted.survival_function_.loc[day].iloc[0]), rel=0, abs=1e-9
        )
        row = table.loc[day]
        assert (at_risk, events, censored) == (row.at_risk, row.observed, row.censored)
        if 0 < survival < 1:
            assert (lower, upper) == pytest.approx(tuple(bounds.loc[day]), rel=0, abs=1e-9)
        else:
            assert (lower, upper) == ((1.0, 1.0) if survival else (None, None))
    if not any(abs(survival - 0.5) < 1e-9 for _, survival, *_ in found["points"]):
        median = float(fitted.median_survival_time_)
        assert found["median"][0] == (None if math.isinf(median) else median)


def test_a_half_is_a_half() -> None:
    """Two of three, then three of four: lifelines' logarithms make it a little more."""
    assert curve([(3, 1, 1), (5, 1, 0), (8, 0, 3)])["median"][0] is None
    assert curve([(3, 1, 0), (5, 1, 1), (8, 0, 1)])["median"][0] == 5
    assert curve([(0, 3, 3)])["median"][0] == 0


@pytest.mark.property
@trying(ci=40, nightly=1_000)
@given(_TIMES)
def test_medians_have_the_bounds_of_the_curve(times: list[tuple[int, bool]]) -> None:
    """Lifelines reads a bound that is not defined as one that has come down to nothing."""
    found = curve(counts(times))
    if any(lower is None for _, _, lower, *_ in found["points"]):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = KaplanMeierFitter().fit([day for day, _ in times], [event for _, event in times])
        wanted = median_survival_times(fitted.confidence_interval_).to_numpy().ravel()
    told = [np.inf if each is None else each for each in found["median"][1:]]
    assert told == wanted.tolist()


async def test_the_process_starts_when_it_is_needed_and_again_when_it_has_died() -> None:
    calculator = Calculator()
    assert await calculator.intervals([(0, 0)]) == {}
    before = calculator.process
    assert before is None
    first = await calculator.intervals([(4, 25), (0, 0)])
    assert list(first) == [(4, 25)]
    os.kill(calculator.process or 0, signal.SIGKILL)
    assert await calculator.intervals([(4, 25)]) == first  # which was kept
    (found,) = await calculator.curves([((5, 1, 0), (9, 0, 1))])
    assert found == curve([(5, 1, 0), (9, 0, 1)])


async def test_what_is_not_calculated_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolvers.statistics.calculator._PROGRAM", ["false"])
    with pytest.raises(Unavailable):
        await Calculator().intervals([(1, 2)])
