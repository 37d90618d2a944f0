"""What is proposed of one treatment: rules 1 and 5."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from db.resistance.case import Case, Comparison, Finding, Pair
from db.resistance.change import EMERGENT, RISING, compare
from db.resistance.mechanism import Row, explain
from db.resistance.pair import UNDATED, comparators, is_undated, pair

BENEFIT_DAYS: Final = 112
"""[days] sixteen weeks: progression before it, without a response, is primary resistance."""
UNKNOWN, NOT_PROFILED = "UNKNOWN_PROFILED", "NOT_PROFILED"


def propose(case: Case) -> tuple[Finding, ...]:
    """Propose findings on one treatment, one for each mechanism; none where none follows."""
    kind = resistance_kind(case)
    if kind is None:
        return ()
    chosen = pair(case)
    if not case.progressed and not _shown_by_series(case, chosen):
        return ()
    if chosen is None:
        return _without_pair(case, kind)
    return _compared(case, kind, chosen)


def resistance_kind(case: Case) -> str | None:
    """Tell primary from acquired resistance; None where what is known decides neither (1.3)."""
    if case.best_response in {"CR", "PR"}:
        return "ACQUIRED"
    if case.best_response == "PD":
        return "PRIMARY"
    if case.clinical_benefit_16w in {"YES", "NO"}:
        return "ACQUIRED" if case.clinical_benefit_16w == "YES" else "PRIMARY"
    if case.progression_day is None:
        return None
    if case.progression_day < BENEFIT_DAYS:
        return "PRIMARY"
    return "ACQUIRED" if case.best_response == "SD" else None


def _shown_by_series(case: Case, chosen: Pair | None) -> bool:
    """Tell an escape that a series shows after a response, without progression on record (1.2)."""
    if chosen is None or chosen.basis != UNDATED:
        return False
    responded = case.best_response in {"CR", "PR"}
    return responded and any(each.change in {EMERGENT, RISING} for each in compare(chosen))


def _without_pair(case: Case, kind: str) -> tuple[Finding, ...]:
    later = comparators(case)
    if later:  # 5.4
        days = _after_progression(case, later[0].day)
        return (Finding(kind, UNKNOWN, "UNPAIRED", _only(case.drugs), day_after_progression=days),)
    placed = all(each.day is not None for each in case.specimens)
    since = 0 if case.progression_day is None else case.progression_day - 1
    later_than_start = any(each.day is not None and each.day > since for each in case.specimens)
    if is_undated(case) or (placed and not later_than_start):  # 5.5
        return (Finding(kind, NOT_PROFILED, "NO_SECOND_SPECIMEN", _only(case.drugs)),)
    return ()  # 5.6: specimens that nobody can place


def _compared(case: Case, kind: str, chosen: Pair) -> tuple[Finding, ...]:
    compared = compare(chosen)
    days = _after_progression(case, chosen.comparator.day)
    if chosen.basis == UNDATED:
        days = None
    matched: dict[str, list[tuple[Comparison, tuple[Row, ...]]]] = defaultdict(list)
    for each in compared:
        rows = explain(each, case.drugs, chosen)
        for mechanism in {row.mechanism for row in rows}:
            of_it = tuple(row for row in rows if row.mechanism == mechanism)
            matched[mechanism].append((each, of_it))
    if not matched:  # 5.3
        return (Finding(kind, UNKNOWN, chosen.basis, _only(case.drugs), days, chosen, compared),)
    return tuple(
        _explained(case, kind, chosen, days, mechanism, compared, matched[mechanism])
        for mechanism in sorted(matched)
    )


def _explained(
    case: Case,
    kind: str,
    chosen: Pair,
    days: int | None,
    mechanism: str,
    compared: tuple[Comparison, ...],
    matches: list[tuple[Comparison, tuple[Row, ...]]],
) -> Finding:
    supports = [each for each, _ in matches]
    rows = [row for _, of_it in matches for row in of_it]
    drugs = {drug for row in rows for drug in row.drugs if drug in case.drugs}
    evidence = tuple(  # 5.2
        each for each in compared if each in supports or each.call.genes & case.drivers
    )
    literature = tuple(sorted({source for row in rows for source in row.literature}))
    drug = _only(tuple(drugs))
    return Finding(kind, mechanism, chosen.basis, drug, days, chosen, evidence, literature)


def _after_progression(case: Case, day: int | None) -> int | None:
    if day is None or case.progression_day is None:
        return None
    return day - case.progression_day


def _only(drugs: tuple[str, ...]) -> str | None:
    return drugs[0] if len(drugs) == 1 else None
