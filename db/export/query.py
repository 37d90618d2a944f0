"""The statement that reads a form's rows as a viewer, made of the declaration of its table.

Keys are the public ids of the viewer's scope: no id of the source or of the database leaves.
"""

# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from db.expression import scoped_id
from db.form.form import Column, Form, Members
from db.intake.table import PARENTS, TABLES, VOCABULARIES, Table

May = Callable[[str, str], bool]
_KEYS = ("source_key", "code", "inn")
_BY_TYPE = {table.type: table for table in TABLES}


@dataclass(slots=True)
class Query:
    """A form's statement, and the columns that it gives; None where the viewer has no such rows."""

    form: Form
    table: Table
    may: May
    columns: list[Column] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    members: Members | None = None

    @property
    def sql(self) -> str:
        """Write the statement: of the natural keys $1, or of the patients $1 to $2 of study $3."""
        cells = list(self.cells)
        if self.members is not None:
            cells.append(_members(self.table, self.members))
        if self.table.fixed:
            natural = f't."{self.table.key[0]}"'
            if self.table.key[0] == "cohort_id":
                natural = "cohort.code"
            where = f"{natural} = any ($1::text[])"
        else:
            where = "y.public_id between $1 and $2"
        return (
            f"select {', '.join(cells)} from connect.{self.table.name} t "
            f"{' '.join(self.joins)} where {where} order by {', '.join(self.order)}"
        )

    @property
    def header(self) -> list[str]:
        """Name the columns that there are."""
        extra = [] if self.members is None else [self.members.name]
        return [*(column.name for column in self.columns), *extra]


def _patient(table: Table) -> str:
    return "t.id" if table.name == "patient" else "t.patient_id"


def query(form: Form, may: May) -> Query | None:
    """Make the statement of a form for a viewer; None where they may read nothing of it."""
    table = _BY_TYPE[form.type]  # type: ignore[index]
    made = Query(form, table, may)
    if not table.fixed:
        if not may(table.name, "id" if table.name == "patient" else "patient_id"):
            return None
        made.joins.append(f"join connect.pseudonym y on y.patient_id = {_patient(table)}")
        made.joins.append("join connect.patient p on p.id = y.patient_id and p.study_id = $3")
    for name in reversed(list(PARENTS)):  # what is within another joins after it
        if name in table.type._fields and name != "patient":
            _join_parent(made, name)
    for column in form.columns:
        cell = _cell(made, column.field)
        if cell is None:
            continue
        made.columns.append(column)
        made.cells.append(cell)
        if column.field in {*PARENTS, *_KEYS, *table.key} or f"{column.field}_id" in table.key:
            made.order.append(str(len(made.cells)))
    if form.members is not None and may(_BY_TYPE[form.members.type].name, _owner(table)):
        made.members = form.members
    return made


def _join_parent(made: Query, name: str) -> None:
    parent = PARENTS[name]
    source = "t"
    if not made.may(made.table.name, parent.column):
        inner = (
            other
            for other in made.table.type._fields
            if other in PARENTS and PARENTS[other].within == parent.column
        )
        source = f'"{next(inner)}"'
    made.joins.append(
        f'left join connect.{parent.table} "{name}" on "{name}".id = {source}."{parent.column}"'
    )


def _cell(made: Query, name: str) -> str | None:
    table = made.table
    if name == "patient" or (table.name == "patient" and name == "source_key"):
        return "y.public_id"
    if name in PARENTS:
        return scoped_id(f'"{name}"', "y")
    if name == "source_key":
        return scoped_id("t", "y") if made.may(table.name, "key") else None
    vocabulary = VOCABULARIES.get(name)
    column = name if vocabulary is None else vocabulary.column
    home = "t"
    if not made.may(table.name, column):
        if table.side is None or not made.may(table.side, column):
            return None
        home = "side"
        join = f"left join connect.{table.side} side on side.{table.name}_id = t.id"
        if join not in made.joins:
            made.joins.append(join)
    if vocabulary is None or column == name:
        return f'{home}."{column}"'
    made.joins.append(
        f'left join connect.{vocabulary.table} "{name}" on "{name}".id = {home}."{column}"'
    )
    return f'"{name}"."{vocabulary.natural}"'


def _owner(table: Table) -> str:
    """Name the column by which sets lead to a table's row."""
    leads = [(each.table, each.column) for each in PARENTS.values()]
    leads += [(each.table, each.column) for each in VOCABULARIES.values()]
    return next(column for name, column in leads if name == table.name)


def _members(table: Table, members: Members) -> str:
    vocabulary = VOCABULARIES[members.field]
    natural = f"v.{vocabulary.natural}"
    return (
        f"array(select {natural} from connect.{_BY_TYPE[members.type].name} m "
        f"join connect.{vocabulary.table} v on v.id = m.{vocabulary.column} "
        f"where m.{_owner(table)} = t.id order by {natural})"
    )
