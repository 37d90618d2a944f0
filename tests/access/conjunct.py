"""Dropping one condition of a piece of SQL, wherever it is nested."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"'(?:[^']|'')*'"  # a text
    r"|\$\w*\$|--[^\n]*"
    r"|\b(?:group\s+by|order\s+by|union(?:\s+all)?|left\s+join|cross\s+join|is\s+distinct\s+from|on\s+conflict)\b"
    r"|[A-Za-z_]\w*|[(),;]|\s+|.",
    re.IGNORECASE | re.DOTALL,
)
_CONDITIONS = frozenset({"where", "on", "and", "when", "if"})
_BEGINS = _CONDITIONS | {"or", "case"}
_ENDS_LISTED = (
    "and or group by order union join left cross from where limit for returning then else"
    " end select inner on"
)
_ENDS = frozenset(_ENDS_LISTED.split())
_CLAUSES = frozenset(
    {"group by", "order by", "union all", "left join", "cross join", "on conflict"}
)


@dataclass(frozen=True, slots=True)
class Dropped:
    """Hold a piece of SQL that lacks one condition."""

    condition: str
    sql: str


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        return " ".join(self.text.lower().split())


def dropped(sql: str, *, expression: bool) -> Iterator[Dropped]:
    """Give the SQL without each of its conditions in turn.

    A condition of a conjunction, or all that stands after `where` or `on`, becomes true; one of a
    disjunction becomes false. An expression is a condition as a whole, too.
    """
    tokens = [_Token(m[0], m.start(), m.end()) for m in _TOKEN.finditer(sql)]
    tokens = [each for each in tokens if each.text.strip() and not each.text.startswith("--")]
    if expression:
        yield Dropped(" ".join(sql.split()), "true")
    seen: set[tuple[int, int]] = set()
    for begin, end in _levels(tokens):
        for first, last, neutral in _operands(tokens[begin:end]):
            if (first.start, last.end) in seen:
                continue
            seen.add((first.start, last.end))
            text = sql[first.start : last.end]
            rest = sql[: first.start] + neutral + sql[last.end :]
            yield Dropped(" ".join(text.split()), rest)
    for match in re.finditer(r"\bjoin (\S+ \w+) using \(\w+\)", sql, re.IGNORECASE):
        crossed = f"cross join {match[1]}"
        yield Dropped(match[0], sql[: match.start()] + crossed + sql[match.end() :])


def _levels(tokens: list[_Token]) -> Iterator[tuple[int, int]]:
    """Give where each pair of parentheses begins and ends, and the whole."""
    yield 0, len(tokens)
    opened = []
    for place, token in enumerate(tokens):
        if token.text == "(":
            opened.append(place + 1)
        elif token.text == ")" and opened:
            yield opened.pop(), place


def _operands(tokens: list[_Token]) -> Iterator[tuple[_Token, _Token, str]]:
    """Give each condition of one level: its first and last token, and what takes its place."""
    runs: list[tuple[str, list[_Token], str]] = []
    depth, before, run = 0, "", list[_Token]()
    searched: list[bool] = []
    for place, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth > 0 or token.word not in _ENDS | _BEGINS | _CLAUSES | {";", ","}:
            run.append(token)
            continue
        if token.word == "case":
            searched.append(tokens[place + 1].word == "when")
        runs.append((before, run, token.word))
        before, run = token.word, []
        if token.word == "when" and not (searched and searched[-1]):
            before = "value"  # what is compared with, no condition
        if token.word == "end" and searched:
            searched.pop()
    runs.append((before, run, ""))
    for before, run, after in runs:
        compares = any(each.text in {"=", "<", ">"} for each in run)
        if not run:
            continue
        if "or" in {before, after}:
            yield run[0], run[-1], "false"
        elif before in _CONDITIONS or after == "and" or (before == "then" and compares):
            yield run[0], run[-1], "true"
