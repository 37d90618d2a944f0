"""A result as rows, written a second time: what the page's CSV must hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Path = tuple[str, ...]


def table(data: Any) -> list[list[str]]:
    """Give the head and the rows of a result, as text."""
    rows = list(_rows(data, ()))
    paths = list(_columns([data], ()))
    shared = 0
    while paths and all(len(path) > shared + 1 for path in paths) and _one_name(paths, shared):
        shared += 1
    head = [_text(".".join(path[shared:])) for path in paths]
    return [head, *([_cell(row.get(path)) for path in paths] for row in rows)]


def _one_name(paths: list[Path], place: int) -> bool:
    return len({path[place] for path in paths}) == 1


def _columns(values: list[Any], path: Path) -> Iterator[Path]:
    """List the leaves under a path over all objects that stand there, in their order."""
    objects = [value for value in _flattened(values) if isinstance(value, dict)]
    names = list(dict.fromkeys(name for value in objects for name in value))
    if not names and path:
        yield path
    for name in names:
        yield from _columns([value[name] for value in objects if name in value], (*path, name))


def _flattened(values: list[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from _flattened(value)
        else:
            yield value


def _rows(value: Any, path: Path) -> Iterator[dict[Path, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _rows(item, path)
        return
    own: dict[Path, Any] = {}
    lists: list[tuple[Path, list[Any]]] = []
    waiting = [(path, value)]
    while waiting:
        place, content = waiting.pop(0)
        if isinstance(content, dict):
            waiting[:0] = [((*place, name), field) for name, field in content.items()]
        elif isinstance(content, list) and any(isinstance(item, dict) for item in content):
            lists.append((place, content))
        else:
            own[place] = content
    if not lists:
        yield own
    for place, items in lists:
        for row in _rows(items, place):
            yield {**own, **row}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return _text("; ".join(map(_plain, value)))
    return _text(value) if isinstance(value, str) else _plain(value)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _text(text: str) -> str:
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} and text else text
