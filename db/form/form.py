"""A form: one CSV file, its columns, and the records that a row of it stands for."""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum
from typing import Any, NamedTuple, Union, cast, get_args, get_origin, get_type_hints

from db.intake.table import Record


class Study(NamedTuple):
    """connect.study; its code is given with the command."""

    title: str | None = None
    synthetic: bool = False
    data_cut_off: date | None = None


class GeneList(NamedTuple):
    """Genes that assays tested, listed once for all profiles that name the list."""

    code: str
    genes: tuple[str, ...]


Entry = Record | Study | GeneList
SEPARATOR = ";"
"""Between the values of one cell."""
SYNTHETIC = "synthetic"
"""The column that every file of a synthetic study ends with."""


class Kind(Enum):
    """Say how the values of a column are written."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    YES_NO = "yes or no"
    DATE = "date, YYYY-MM-DD"
    TIME = "time, YYYY-MM-DDThh:mm+hh:mm, or a date"
    TEXTS = f"texts with {SEPARATOR} between"


_KINDS = {
    str: Kind.TEXT,
    int: Kind.WHOLE,
    float: Kind.NUMBER,
    bool: Kind.YES_NO,
    date: Kind.DATE,
    datetime: Kind.TIME,
}


class Column(NamedTuple):
    """A column of a form; its name is the record's field, but for the record's own key."""

    name: str
    field: str
    kind: Kind
    required: bool
    meaning: str
    vocabulary: str
    """Unit in brackets, code system in braces."""
    example: str
    words: tuple[str, ...]
    """All that it may be; empty: anything of its kind."""

    @property
    def has_dash(self) -> bool:
        """Tell whether a dash is a value: an allele without bases."""
        return self.name in {"reference_allele", "alternate_allele"}


class Members(NamedTuple):
    """A column whose values are records of their own, such as the drugs of a treatment."""

    name: str
    type: type[Record]
    field: str
    meaning: str
    vocabulary: str
    example: str
    listed: bool = False
    """The cell names a list of the form `gene_list`, instead of holding the values."""


class Form(NamedTuple):
    """A file and the type of its rows' records."""

    name: str
    type: type[Entry]
    meaning: str
    columns: tuple[Column, ...]
    members: Members | None = None

    @property
    def file(self) -> str:
        """Name the file."""
        return f"{self.name}.csv"

    @property
    def header(self) -> tuple[str, ...]:
        """List the names of all columns."""
        extra = () if self.members is None else (self.members.name,)
        return (*(column.name for column in self.columns), *extra)

    def records(self, record: Record, values: tuple[str, ...]) -> Iterator[Record]:
        """Give a row's record, then those of its members."""
        yield record
        if self.members is None:
            return
        known = {column.name: getattr(record, column.field) for column in self.columns}
        make = cast("Any", self.members.type)
        fields = [name for name in self.members.type._fields if name != self.members.field]
        own = {name: known[name] for name in fields}
        for value in dict.fromkeys(values):
            yield make(**own, **{self.members.field: value})


def form(
    name: str,
    type_: type[Entry],
    meaning: str,
    *told: tuple[str, str, str, str],
    key: str | None = None,
    members: Members | None = None,
) -> Form:
    """Declare a form: of each field its meaning, its unit or vocabulary, and an example.

    A vocabulary of words in capitals is all that a value may be. The column of the record's own
    key is called `key`, as other forms call it, or as the form.
    """
    hints = get_type_hints(type_)
    columns = []
    if [field for field, *_ in told] != list(type_._fields):
        raise TypeError(f"the form {name} does not tell the fields of its record, in their order")
    for field, means, vocabulary, example in told:
        words = vocabulary.split() if vocabulary.replace("_", "").replace(" ", "").isalnum() else ()
        if not all(word.isupper() for word in words):
            words = ()
        columns.append(
            Column(
                (key or name) if field in {"source_key", "code", "inn"} else field,
                field,
                _kind(hints[field]),
                field not in type_._field_defaults,
                means,
                vocabulary,
                example,
                tuple(words),
            )
        )
    return Form(name, type_, meaning, tuple(columns), members)


def _kind(hint: Any) -> Kind:
    if get_origin(hint) in {Union, types.UnionType}:
        (hint,) = (each for each in get_args(hint) if each is not type(None))
    if get_origin(hint) is tuple:
        return Kind.TEXTS
    return _KINDS[hint]
