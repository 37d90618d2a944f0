"""The hand-written cases, read from cases.txt."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from db.outcome.derive import Outcome
from db.outcome.history import Assessment, History

_RECIST = {"CR", "PR", "SD", "PD", "NE"}
_CRITERIA = {"recist": "RECIST_1_1"}
_KNOWN = {"seen": "last_known_alive_day", "died": "death_day", "next": "next_therapy_day"}
_KNOWN |= {"cut": "cut_off_day", "route": "route"}


@dataclass(frozen=True, slots=True)
class Case:
    """Hold one history, where its verdict comes from, and what is expected of it."""

    title: str
    source: str
    history: History
    expected: tuple[str, ...]


def said(outcome: Outcome) -> dict[str, str]:
    """Say an outcome in the words of the cases."""
    words: dict[str, tuple[object, ...]] = {
        "rules": (outcome.criteria, outcome.evaluator),
        "used": outcome.assessments,
    }
    for name, verdict in (
        ("bor", outcome.best_overall_response),
        ("confirmed", outcome.best_confirmed_response),
        ("immune", outcome.best_immune_response),
        ("immune-confirmed", outcome.best_confirmed_immune_response),
        ("benefit", outcome.clinical_benefit),
        ("evaluable", outcome.evaluability),
    ):
        words[name] = (None,) if verdict is None else (verdict.value, verdict.reason)
    for name, time in (
        ("pfs", outcome.progression_free_survival),
        ("os", outcome.overall_survival),
        ("dor", outcome.duration_of_response),
    ):
        words[name] = (time.days, time.event, time.reason)
    return {
        name: " ".join([name, *("-" if each is None else str(each) for each in values)])
        for name, values in words.items()
    }


def cases() -> list[Case]:
    """Read the file: blocks between empty lines, of a title and indented lines."""
    text = Path(__file__).with_name("cases.txt").read_text("utf-8")
    blocks = [block.splitlines() for block in re.split(r"\n\s*\n", text.strip())]
    return [_case(block) for block in blocks if not block[0].startswith(("#", "=="))]


def _case(lines: list[str]) -> Case:
    found = re.fullmatch(r"(.+) \[(.+)\]", lines[0])
    assert found, f"no source: {lines[0]}"
    history, expected = History(), tuple[str, ...]()
    for line in lines[1:]:
        assert line.startswith("  "), line
        head, _, tail = line.strip().partition(": ")
        parts = tail.split(", ")
        if head == "then":
            expected = tuple(parts)
        elif head == "known":
            for part in parts:
                history = _known(history, part)
        else:
            history = replace(
                history, assessments=(*history.assessments, *_assessed(history, head, parts))
            )
    assert expected, f"nothing is expected: {lines[0]}"
    return Case(found[1], found[2], history, expected)


def _assessed(history: History, head: str, parts: list[str]) -> list[Assessment]:
    name, _, evaluator = head.partition(" ")
    evaluator, _, reader = evaluator.partition(" ")
    who = {"": "INVESTIGATOR", "unknown": None}.get(evaluator, evaluator.upper())
    made = []
    for key, part in enumerate(parts, 1 + len(history.assessments)):
        day, word = part.split(" ")
        response = word.removesuffix("+new")
        made.append(
            Assessment(
                key,
                None if day == "?" else int(day),
                _CRITERIA.get(name, name.upper()),
                who,
                None if response == "-" else response,
                response if response in _RECIST else None,
                new_lesion=word.endswith("+new") or None,
                reader=reader or None,
            )
        )
    return made


def _known(history: History, part: str) -> History:
    word, *values = part.split(" ")
    if word in {"alive", "dead"}:
        return replace(history, vital_status=word.upper())
    if word == "end":
        day, reason = values
        return replace(history, end_day=None if day == "?" else int(day), end_reason=reason)
    (value,) = values
    given: object = value if word == "route" else int(value)
    return replace(history, **{_KNOWN[word]: given})  # type: ignore[arg-type]
