"""Steps of a statement: what is read of the rows of each level, and what is written of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from db.expression import Writer, tables
from db.json_text import string
from db.plan import Column, Expression, Order, Select
from db.shape import Listed, PageInfo, cursor_of
from db.statement import GIVEN


@dataclass(frozen=True, slots=True)
class Names:
    """Stand for the texts at one place of the names of a group, which a field has."""

    asked: int
    group: int
    place: int


@dataclass(frozen=True, slots=True)
class Places:
    """Stand for the places, from 1, that the names of a group have among those of a field."""

    asked: int
    group: int


@dataclass(frozen=True, slots=True)
class Length:
    """Stand for how many names a field has."""

    asked: int


Value = int | Names | Places | Length


@dataclass(frozen=True, slots=True)
class Counted:
    """Say of which table rows are counted, and by which field's group of names they are found."""

    table: str
    asked: int | None = None
    group: int = 0


@dataclass(slots=True)
class Level:
    """Gather what is read of the rows of one selection, each expression once."""

    number: int
    counted: int
    """Which of the first line's numbers counts its rows."""
    select: Select
    columns: dict[Expression, int] = field(default_factory=dict)

    def column(self, expression: Expression) -> str:
        """Give the column that an expression is read as."""
        return f"r{self.number}.c{self.columns.setdefault(expression, len(self.columns))}"

    def order(self) -> str:
        """Write the order of the rows, by what was read of them."""
        return ", ".join(_ordered(self.column(order.by), order) for order in self.select.order)


@dataclass(frozen=True, slots=True)
class Embedded:
    """Hold how the rows above get what a selection gives for each."""

    text: str
    joins: tuple[str, ...] = ()
    counts: tuple[tuple[int, str], ...] = ()
    """What is counted, and how many of it belong to one row above; null for none."""


@dataclass(slots=True)
class Steps:
    """Write the steps of one statement, in an order in which each knows those that it reads."""

    writer: Writer = field(default_factory=lambda: Writer(GIVEN + 1))
    written: list[str] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    """Where the patients are found whom the rows tell of."""
    levels: int = 0

    def begin(
        self, select: Select, above: Level | None = None, of: Counted | None = None
    ) -> tuple[Level, int]:
        """Begin a level; the step that reads its rows is written once all its columns are known.

        Above it may be one whose rows tell of the same patients.
        """
        level = Level(self.levels, len(self.counted), select)
        self.levels += 1
        self.counted.append(of or Counted(select.table))
        self.written.append("")
        same = above is not None and select.key == select.patient
        if select.patient is not None and not same:
            self.people.append(f"select {level.column(select.patient)} from r{level.number}")
        return level, len(self.written) - 1

    def read(
        self,
        level: Level,
        step: int,
        conditions: list[str],
        tail: str,
        *,
        beside: str = "",
        key: str = "",
    ) -> None:
        """Write the step that reads the rows of a level."""
        select = level.select
        distinct = ""
        if not key and select.key is not None:
            key = self.writer.expression(select.key)
        if select.first_only:
            distinct = f"distinct on ({key}) "
            tail = order_by(", ".join([key, *map(self.writer.order, select.order)]))
        rows = self._rows(level, conditions, tail, key=key, beside=beside, distinct=distinct)
        self.written[step] = f"r{level.number} as ({rows})"

    def read_page(
        self,
        level: Level,
        step: int,
        node: Listed,
        led_to: str | None = None,
        *,
        once: bool = False,
    ) -> None:
        """Read a page, of all or for each row above; one row more tells whether there are more.

        `once`: of all that is found only once, for the page and its size.
        """
        select, number = level.select, level.number
        if select.page is None:
            raise TypeError(f"{select.table} is listed without a page")
        size = self.writer.expression(select.page.size)
        more = any(isinstance(each, PageInfo) and each.asks("more") for _, each in node.members)
        most = f"{size} + 1" if more else size
        for each in node.members:
            if isinstance(each[1], PageInfo) and (each[1].asks("first") or each[1].asks("last")):
                level.column(cursor_of(select))
        order = ", ".join(map(self.writer.order, select.order))
        after = [] if select.page.after is None else [self.writer.predicate(select.page.after)]
        before = ""
        if led_to is not None:
            key = "" if select.key is None else self.writer.expression(select.key)
            window = f"row_number() over (partition by {key} order by {order}) as place"
            rows = self._rows(level, [led_to, *after], "", key=key, beside_column=window)
            rows = f"select q.* from ({rows}) q where q.place <= {most}"
        else:
            if once:
                found, on_page = self._find(level, most)
                before = f"{found},\n  "
                rows = self._rows(level, [on_page], f" order by {order}", found=True)
            else:
                rows = self._rows(level, after, f" order by {order} limit {most}")
            rows = f"select q.*, row_number() over () as place from ({rows}) q"
        if more:
            self.written[step] = (
                f"{before}x{number} as ({rows}),\n  "
                f"r{number} as (select x.* from x{number} x where x.place <= {size})"
            )
            return
        self.written[step] = f"{before}r{number} as ({rows})"

    def _find(self, level: Level, most: str) -> tuple[str, str]:
        """Find all rows of a list; give the step that has them, and that a row is on the page."""
        select, table = level.select, f"f{level.number}"
        names: dict[Expression, str] = {Column(select.alias, "id"): "i"}
        for order in select.order:
            names.setdefault(order.by, f"o{len(names)}")
        columns = [f"{self.writer.expression(each)} as {name}" for each, name in names.items()]
        source = " ".join(tables(select.table, select.alias, select.joins))
        where = filtered(self.writer.conditions(select.where, select.joins))
        found = f"{table} as materialized (select {', '.join(columns)} {source}{where})"
        self.writer.known = {each: f"{table}.{name}" for each, name in names.items()}
        after = None if select.page is None else select.page.after
        beyond = filtered([] if after is None else [self.writer.predicate(after)])
        order_of = ", ".join(map(self.writer.order, select.order))
        self.writer.known = {}
        page = f"select {table}.i from {table}{beyond} order by {order_of} limit {most}"
        return found, f"{select.alias}.id = any(array({page}))"

    def ends(self, level: Level, node: Listed) -> list[str]:
        """Write what a page tells of where it stands."""
        infos = [each for _, each in node.members if isinstance(each, PageInfo)]
        number, found = level.number, []
        if level.select.page is not None and any(info.asks("more") for info in infos):
            beyond = f"x.place > {self.writer.expression(level.select.page.size)}"
            same = "" if node.parent is None else f" and x.k = r{number}.k"
            found.append(f"(exists (select from x{number} x where {beyond}{same}))::text as more")
        for end, direction in (("first", ""), ("last", " desc")):
            if any(info.asks(end) for info in infos):
                cursor = string(level.column(cursor_of(level.select)))
                order = f"order by r{number}.place{direction}"
                found.append(f"(array_agg({cursor} {order}))[1] as {end}")
        return found

    def _rows(
        self,
        level: Level,
        conditions: list[str],
        tail: str,
        *,
        key: str = "",
        beside: str = "",
        beside_column: str = "",
        distinct: str = "",
        found: bool = False,
    ) -> str:
        select = level.select
        joins = select.joins
        if select.key is not None and select.page is None:
            # Joined, the pseudonyms of a whole scope might be read first.
            joins = tuple(join for join in joins if join.table != "pseudonym")
            self.writer.looked_up = {
                join.alias: _looked_up(join.to) for join in select.joins if join not in joins
            }
        columns = [
            f"{self.writer.expression(each)} as c{place}" for each, place in level.columns.items()
        ]
        columns += [f"{key} as k"] if key else []
        columns += [beside_column] if beside_column else []
        self.writer.looked_up = {}
        source = " ".join([*tables(select.table, select.alias, joins), beside]).rstrip()
        if not found:
            conditions = [*conditions, *self.writer.conditions(select.where, joins)]
        return f"select {distinct}{', '.join(columns)} {source}{filtered(conditions)}{tail}"

    def write(
        self, level: Level, columns: list[str], embedded: list[Embedded], tail: str = ""
    ) -> None:
        """Write the step that has the text of a level."""
        joins = "".join(f" {join}" for each in embedded for join in each.joins)
        source = f"from r{level.number}{joins}{tail}"
        self.written.append(f"t{level.number} as (select {', '.join(columns)} {source})")

    def counts(
        self,
        level: Level,
        embedded: list[Embedded],
        whole: str,
    ) -> list[tuple[int, str]]:
        """Count the rows of a level and of those below it."""
        found = [(level.counted, "count(*)::integer" if whole else "1")]
        for each in embedded:
            for number, column in each.counts:
                text = f"coalesce({whole}({column}), 0)"
                found.append((number, f"{text}::integer" if whole else text))
        return found

    def values(self) -> tuple[Value, ...]:
        """List what the arguments are, in their order."""
        found: list[Value] = []
        for of in self.writer.positions:
            if not isinstance(of, Value):
                raise TypeError(f"{type(of).__name__} is no value of a statement")
            found.append(of)
        return tuple(found)


def joined_to(table: str, parent: str, kinds: str) -> str:
    """Join the texts of a level to the rows above it.

    There are none but of rows above, so a full join is no other than a left one; but it can only be
    hashed or merged. Row security hides statistics, and a nested loop would be chosen for rows that
    are taken to be few.
    """
    by = f"case when {kinds} then {parent} end" if kinds else parent
    return f"full join {table} on {table}.k = {by}"


def numbered(counts: list[tuple[int, str]]) -> list[str]:
    """Write counts as columns."""
    return [f"{text} as n{place}" for place, (_, text) in enumerate(counts)]


def of_above(table: str, counts: list[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    """Give the counts of a step as the level above reads them."""
    return tuple((number, f"{table}.n{place}") for place, (number, _) in enumerate(counts))


def _looked_up(patient: Column) -> str:
    by = f"y.patient_id = {patient.table}.{patient.name}"
    return f"(select y.public_id from connect.pseudonym y where {by})"


def _ordered(column: str, order: Order) -> str:
    by = ' collate "C"' if order.text else ""
    return f"{column}{by}{' desc' if order.descending else ''} nulls last"


def order_by(order: str) -> str:
    """Write an order, if there is one."""
    return f" order by {order}" if order else ""


def filtered(conditions: list[str]) -> str:
    """Write conditions, if there are any."""
    return f" where {' and '.join(conditions)}" if conditions else ""
