"""Which two specimens of a treatment are compared: rules 2.1 to 2.6."""

from __future__ import annotations

from db.resistance.case import PLASMA, TISSUE, Case, Pair, Specimen

SAME, MIXED, UNDATED = "SAME_MATERIAL", "MIXED_MATERIAL", "UNDATED_SERIES"


def pair(case: Case) -> Pair | None:
    """Choose baseline and comparator; None where there are no two that may be compared."""
    if is_undated(case):
        return _first_and_last(case)
    return _around_progression(case)


def is_undated(case: Case) -> bool:
    """Tell a series in order without any day, of a patient with this treatment alone (2.5)."""
    return case.only_treatment and all(
        each.day is None and each.ordinal is not None for each in case.specimens
    )


def comparators(case: Case) -> list[Specimen]:
    """List the specimens from progression to the next treatment, earliest first (2.3)."""
    since, until = case.progression_day, case.next_start_day
    if since is None:
        return []
    found = [
        (each.day, each.material == PLASMA, each.id, each)
        for each in case.specimens
        if each.day is not None and each.day >= since and (until is None or each.day < until)
    ]
    return [each for *_, each in sorted(found, key=lambda item: item[:3])]


def _baselines(case: Case) -> list[Specimen]:
    """List the specimens up to the start of treatment, latest first (2.2)."""
    found = [
        (-each.day, each.material == PLASMA, each.id, each)
        for each in case.specimens
        if each.day is not None and each.day <= 0
    ]
    return [each for *_, each in sorted(found, key=lambda item: item[:3])]


def _around_progression(case: Case) -> Pair | None:
    before, after = _baselines(case), comparators(case)
    for later in after:  # 2.4: the same material, whichever comparator comes first
        for earlier in before:
            if earlier.material == later.material:
                return Pair(earlier, later, SAME)
    return Pair(before[0], after[0], MIXED) if before and after else None


def _first_and_last(case: Case) -> Pair | None:
    series = [
        sorted(
            (each for each in case.specimens if each.material == material),
            key=lambda each: (each.ordinal or 0, each.id),
        )
        for material in (PLASMA, TISSUE)
    ]
    longest = max(series, key=len)  # 2.6: plasma where both are as long
    return Pair(longest[0], longest[-1], UNDATED) if len(longest) > 1 else None
