"""How alterations changed between two specimens: rules 3.1 to 3.9."""

from __future__ import annotations

from math import sqrt
from typing import Final

from db.resistance.case import PLASMA, TISSUE, Call, Comparison, Pair, Specimen
from db.resistance.pair import MIXED

EMERGENT, LOST, RISING, PERSISTING = "EMERGENT", "LOST", "RISING", "PERSISTING"
DETECTION_LIMIT: Final = {TISSUE: 0.05, PLASMA: 0.005}
"""[0-1] the fraction from which a specimen of this material would have shown a small variant."""
LEAST_RATIO: Final = 2.0
LEAST_RISE: Final = 0.02
PLASMA_PERCENT: Final = 10.0
"""[%] of tumour in cell-free DNA from which copy numbers and fusions can be seen in it."""
_LEVEL: Final = {"GAIN": 1, "AMPLIFICATION": 2, "LOSS": 1, "DEEP_DELETION": 2}


def compare(pair: Pair) -> tuple[Comparison, ...]:
    """Compare every somatic alteration of either specimen, in the order of their genes."""
    before, after = _somatic(pair.baseline), _somatic(pair.comparator)
    keys = sorted(before.keys() | after.keys(), key=lambda key: (key[1], key[0], key[2]))
    return tuple(_compare(pair, before.get(key), after.get(key)) for key in keys)


def _somatic(specimen: Specimen) -> dict[tuple[str, str, str], Call]:
    """Give each alteration once, with its highest fraction (3.2)."""
    found: dict[tuple[str, str, str], Call] = {}
    for call in sorted(specimen.calls, key=lambda call: (-(call.vaf or 0.0), call.biomarker)):
        if not call.germline:
            found.setdefault(call.key, call)
    return found


def _compare(pair: Pair, before: Call | None, after: Call | None) -> Comparison:
    call = after or before
    assert call is not None  # noqa: S101  the key came from one of the two
    tested = pair.baseline.tested(call) and pair.comparator.tested(call)  # 3.1
    if not tested:
        change = None
    elif before is None:
        change = EMERGENT if _would_show(pair.baseline, call) else None  # 3.5
    elif after is None:
        change = LOST if _would_show(pair.comparator, call) else None  # 3.6
    else:
        change = RISING if _rises(pair, before, after) else PERSISTING
    return Comparison(
        before,
        after,
        tested,
        change,
        _fraction(pair.baseline, before, call),
        _fraction(pair.comparator, after, call),
    )


def _fraction(specimen: Specimen, seen: Call | None, call: Call) -> float | None:
    """Give the fraction: 0 where tested without a call, null where not tested (3.9)."""
    if call.kind != "SMALL_VARIANT" or not specimen.tested(call):
        return None
    return 0.0 if seen is None else seen.vaf


def _would_show(specimen: Specimen, call: Call) -> bool:
    """Tell whether the specimen that lacks an alteration could have shown it (3.3, 3.4)."""
    limit = DETECTION_LIMIT[specimen.material]
    if specimen.material == TISSUE:
        return call.kind != "SMALL_VARIANT" or call.vaf is None or call.vaf >= limit
    percent = specimen.ctdna_fraction
    if call.kind != "SMALL_VARIANT":
        return percent is not None and percent >= PLASMA_PERCENT
    sheds = any(
        not other.germline and other.vaf is not None and other.vaf >= limit
        for other in specimen.calls
    )
    return call.vaf is not None and call.vaf >= limit and sheds


def _rises(pair: Pair, before: Call, after: Call) -> bool:
    if pair.basis == MIXED:  # 3.8: fractions of tissue and plasma do not compare
        return False
    if before.copy_number_type is not None and after.copy_number_type is not None:
        return _LEVEL[after.copy_number_type] > _LEVEL[before.copy_number_type]
    if before.vaf is None or after.vaf is None:
        return False
    rise = after.vaf - before.vaf
    if rise < LEAST_RISE or after.vaf < LEAST_RATIO * before.vaf:
        return False
    if before.depth is None or after.depth is None:
        return True
    return _interval(before.vaf, before.depth)[1] < _interval(after.vaf, after.depth)[0]


def _interval(fraction: float, depth: int) -> tuple[float, float]:
    """Give Wilson's 95 % interval of a fraction of so many reads."""
    if depth == 0:
        return 0.0, 1.0
    z = 1.959964
    centre = fraction + z * z / (2 * depth)
    half = z * sqrt(fraction * (1 - fraction) / depth + z * z / (4 * depth * depth))
    scale = 1 + z * z / depth
    return (centre - half) / scale, (centre + half) / scale
