"""JSON written in SQL: pieces of text, literal ones between quotes."""

from __future__ import annotations

from db.shape import Scalar

LACKING = "\x01"
"""Stands in the text where a null may not be; JSON can never hold it."""
EXCESSIVE = "\x02"
"""Stands in the text where a list has too many rows, likewise."""


def scalar(column: str, scalar: Scalar) -> str:
    """Write a value of a column."""
    match scalar.form:
        case "plain":
            text = f"'\"' || {column}::text || '\"'"
        case "text" | "json":
            text = f"to_json({column})::text"
        case "number" | "boolean":
            text = f"{column}::text"
    return f"coalesce({text}, {marked(LACKING) if scalar.required else quoted('null')})"


def string(column: str) -> str:
    """Write a text that needs no escaping."""
    return f"coalesce('\"' || {column} || '\"', 'null')"


def marked(mark: str) -> str:
    """Write a mark."""
    return f"E'\\x{ord(mark):02x}'"


def quoted(text: str) -> str:
    """Write a literal."""
    return "'" + text.replace("'", "''") + "'"


def joined(pieces: list[str]) -> str:
    """Join texts, literals that meet as one."""
    found: list[str] = []
    for piece in pieces:
        if found and _is_literal(piece) and _is_literal(found[-1]):
            found[-1] = found[-1][:-1] + piece[1:]
        else:
            found.append(piece)
    return " || ".join(found)


def _is_literal(piece: str) -> bool:
    return piece[0] == piece[-1] == "'" and "'" not in piece[1:-1].replace("''", "")


def object_of(members: list[tuple[str, str]]) -> str:
    """Write an object of members that are SQL."""
    pieces: list[str] = []
    for place, (name, text) in enumerate(members):
        pieces.append(quoted(f'{"," if place else "{"}"{name}":'))
        pieces.append(text)
    pieces.append(quoted("}" if members else "{}"))
    return joined(pieces)
