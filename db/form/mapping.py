"""The mapping of eCRF forms to forms: one TOML file, which a data manager may adapt."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from db.form.catalogue import RECORDS
from db.form.form import Form
from db.ingest.report import ImportRefused

OWN: Final = Path(__file__).resolve().parent / "ecrf.toml"
_AS = ("text", "label", "date", "day", "year", "all")


class Source(NamedTuple):
    """Where the value of a column comes from."""

    column: str | None
    kind: str
    """text: the code's word, else the label; label; date; day after the start; year; all repeats"""
    value: str = ""
    """A constant, in which {EventId} and the like stand for columns and {n} for the repeat."""


class Mapped(NamedTuple):
    """One form of the eCRF as it becomes rows of one form."""

    name: str
    form: Form
    columns: Mapping[str, Source]
    words: Mapping[str, Mapping[str, str]]


class Ecrf(NamedTuple):
    """All of a mapping, and where days count from."""

    start_form: str
    start_column: str
    forms: tuple[Mapped, ...]


def load_mapping(path: Path = OWN) -> Ecrf:
    """Read a mapping.

    Raises: ImportRefused.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        start = told["start"]
        return Ecrf(
            str(start["form"]).casefold(),
            str(start["column"]).casefold(),
            tuple(_mapped(each) for each in told["form"]),
        )
    except OSError as error:
        raise ImportRefused(
            f"the mapping cannot be read ({error.strerror})", "check the path", file=path.name
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ImportRefused(
            f"the mapping is not understood: {error}",
            "compare it with docs/import-csv.md",
            file=path.name,
        ) from error


def _mapped(told: Mapping[str, Any]) -> Mapped:
    forms = {form.name: form for form in RECORDS}
    becomes = told["becomes"]
    if becomes not in forms:
        raise ValueError(f"there is no form {becomes}")
    form = forms[becomes]
    unknown = sorted(set(told["columns"]) - set(form.header))
    if unknown:
        raise ValueError(f"the form {becomes} has no column {unknown[0]}")
    return Mapped(
        told["name"],
        form,
        {name: _source(each) for name, each in told["columns"].items()},
        {
            name: {code.casefold(): word for code, word in words.items()}
            for name, words in told.get("words", {}).items()
        },
    )


def _source(told: str | Mapping[str, str]) -> Source:
    if isinstance(told, str):
        return Source(told.casefold(), "text")
    if "value" in told:
        return Source(None, "text", told["value"])
    kind = told.get("as", "text")
    if kind not in _AS:
        raise ValueError(f"{kind} is not one of {', '.join(_AS)}")
    return Source(told["from"].casefold(), kind)
