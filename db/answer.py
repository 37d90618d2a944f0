"""Make one statement of a whole answer: a pure function, whatever the nesting.

Rows are read level by level: `r3` holds those of the third selection, found by the keys that the
rows above it lead to, and `t3` the text of each, its children's joined by their keys. So each row
is read once and written once, however many lead to it. The statement gives one text: a line with
how many rows of each selection are in the answer, a line with the patients that they tell of, and
then the answer itself.

What the text of an answer can never hold marks what it may not be: a null where none may be, and
more rows than are given.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from db.expression import Writer, tables
from db.plan import Column, Expression, Order, ScopedId, Select
from db.shape import (
    Body,
    Constant,
    Edges,
    Found,
    Kinds,
    Listed,
    Named,
    Object,
    PageInfo,
    Passed,
    Related,
    Root,
    Scalar,
    Total,
    cursor_of,
    written,
)
from db.statement import GIVEN, settled

LACKING = "\x01"
"""Stands in the text where a null may not be."""
EXCESSIVE = "\x02"
"""Stands in the text where a list has too many rows."""
MOST_OBJECTS = 200_000
"""Objects of one answer."""
MOST_CHILDREN = 10_000
"""Objects of one list that is no connection."""


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


@dataclass(frozen=True, slots=True)
class Answering:
    """Hold SQL that returns one text, and how to call it.

    Its arguments are what is given of the viewer, then `values`.
    """

    sql: str
    values: tuple[Value, ...]
    counted: tuple[Counted, ...]
    """What each number of the first line counts."""


def answering(members: tuple[tuple[str, Root], ...], *, apart: bool = False) -> Answering:
    """Make the statement that answers roots, by their names in the answer.

    It gives one object, or the values of the roots `apart`, each after a line's end.
    """
    made = _Composer()
    roots = [(name, made.root(root)) for name, root in members]
    text = " || E'\\n' || ".join(each for _, each in roots) if apart else made.object(roots)
    numbers = ", ".join(made.numbers[place] for place in range(len(made.counted))) or "''"
    patients = "null"
    if made.people:
        people = " union ".join(made.people)
        patients = f"(select string_agg(x::text, ',') from ({people}) p(x))"
    head = f"concat_ws(' ', {numbers}) || E'\\n' || coalesce({patients}, '')"
    query = f"select {head} || E'\\n' || {text}"
    if made.steps:
        query = "with " + ",\n  ".join(made.steps) + f"\n  {query}"
    return Answering(settled(query), made.values(), tuple(made.counted))


@dataclass(slots=True)
class _Level:
    """Gather what is read of the rows of one selection, each expression once."""

    number: int
    counted: int
    """Which of the first line's numbers counts its rows."""
    select: Select
    columns: dict[Expression, int] = field(default_factory=dict)

    def column(self, expression: Expression) -> str:
        return f"r{self.number}.c{self.columns.setdefault(expression, len(self.columns))}"

    def order(self) -> str:
        """Write the order of the rows, by what was read of them."""
        return ", ".join(_ordered(self.column(order.by), order) for order in self.select.order)


@dataclass(frozen=True, slots=True)
class _Embedded:
    """Hold how the rows above get what a selection gives for each."""

    text: str
    joins: tuple[str, ...] = ()
    counts: tuple[tuple[int, str], ...] = ()
    """What is counted, and how many of it belong to one row above; null for none."""


@dataclass(slots=True)
class _Composer:
    """Compose the steps of a statement."""

    writer: Writer = field(default_factory=lambda: Writer(GIVEN + 1))
    steps: list[str] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    numbers: dict[int, str] = field(default_factory=dict)
    """How each count is taken from the step of its root."""
    people: list[str] = field(default_factory=list)
    levels: int = 0

    # Roots

    def root(self, root: Root) -> str:
        match root:
            case Constant(text=text):
                return _quoted(text)
            case Passed(parameter=parameter):
                return self.writer.expression(parameter)
            case Found():
                return self._found(root)
            case Listed():
                return self._page_of_all(root)
            case Named():
                return self._named(root)

    def _found(self, root: Found) -> str:
        level, step = self._level(root.select)
        text, embedded = self._body(level, root.body)
        self._read(level, step, [], " limit 1")
        counts = self._counts(level, embedded, "")
        self._write(level, [f"{text} as a", *_columns(counts)], embedded)
        return self._outermost(level, counts, "coalesce({}, 'null')")

    def _page_of_all(self, root: Listed) -> str:
        if not root.is_read:
            return self._page(root, {}, self._total(root.select), "")
        level, step = self._level(root.select)
        texts = self._texts(level, root)
        self._read_page(level, step, root)
        lists = [
            f"coalesce('[' || string_agg({text}, ',' order by r{level.number}.place) || ']', '[]')"
            f" as a{place}"
            for place, (text, _) in texts.items()
        ]
        embedded = [each for _, found in texts.values() for each in found]
        counts = self._counts(level, embedded, "sum")
        self._write(level, [*lists, *self._ends(level, root), *_columns(counts)], embedded)
        total = self._total(root.select) if root.select.count else "0"
        source = f"t{level.number}."
        self._outermost(level, counts, "{}")
        written = self._page(root, texts, total, source)
        return f"(select {written} from t{level.number})"

    def _total(self, select: Select) -> str:
        conditions = [self.writer.predicate(each) for each in select.where]
        lines = ["select count(*)", *tables(select.table, select.alias, select.joins)]
        return f"({' '.join(lines)}{_where(conditions)})"

    def _named(self, root: Named) -> str:
        found = []
        for group, (select, body) in enumerate(root.groups):
            level, step = self._level(select, of=Counted(select.table, root.asked, group))
            text, embedded = self._body(level, body)
            arrays = [
                f"${self.writer.number(Names(root.asked, group, given.position))}::text[]"
                for given in select.given
            ]
            places = f"${self.writer.number(Places(root.asked, group))}::integer[]"
            names = ", ".join([*(f"g{given.position}" for given in select.given), "place"])
            conditions = []
            for place, expression in enumerate(select.named_by):
                if isinstance(expression, ScopedId):
                    # Of a public id the patient is found first, by an index.
                    patients = f"select split_part(x, '.', 1) from unnest({arrays[place]}) x"
                    conditions.append(f"{expression.pseudonym}.public_id = any(array({patients}))")
                conditions.append(f"{self.writer.expression(expression)} = given.g{place}")
            given = f"cross join unnest({', '.join(arrays)}, {places}) given({names})"
            self._read(level, step, conditions, "", beside=given, key="given.place")
            counts = self._counts(level, embedded, "")
            columns = [f"r{level.number}.k", f"{text} as a", *_columns(counts)]
            self._write(level, columns, embedded)
            self._outermost(level, counts, "{}", "sum")
            found.append(f"select k, a from t{level.number}")
        length = f"${self.writer.number(Length(root.asked))}::integer"
        every = f"generate_series(1, {length}) s(n)"
        if not found:
            return f"(select coalesce('[' || string_agg('null', ',') || ']', '[]') from {every})"
        union = " union all ".join(found)
        listed = "string_agg(coalesce(x.a, 'null'), ',' order by s.n)"
        source = f"{every} full join ({union}) x on x.k = s.n"
        return f"(select coalesce('[' || {listed} || ']', '[]') from {source})"

    def _outermost(
        self, level: _Level, counts: list[tuple[int, str]], text: str, whole: str = "max"
    ) -> str:
        """Take the numbers of a root; give its text."""
        for place, (number, _) in enumerate(counts):
            self.numbers[number] = f"coalesce((select {whole}(n{place}) from t{level.number}), 0)"
        return text.format(f"(select a from t{level.number})")

    # What hangs on rows

    def _related(self, above: _Level, node: Related, kinds: str) -> _Embedded:
        parent = above.column(node.parent)
        shared = node.parent != Column(above.select.alias, "id")
        level, step = self._level(node.select, _same(above, node.parent))
        text, embedded = self._body(level, node.body)
        listed = f"string_agg({text}, ','{_order_by(level.order())})"
        self._read(level, step, [self._led_to(above, node.select, parent, kinds, shared)], "")
        counts = self._counts(level, embedded, "sum" if node.many else "")
        table = f"t{level.number}"
        if node.many:
            limited = f"case when count(*) > {MOST_CHILDREN} then {_marked(EXCESSIVE)}"
            listed = f"{limited} else '[' || {listed} || ']' end as a"
            columns = [f"r{level.number}.k", listed, *_columns(counts)]
            self._write(level, columns, embedded, f" group by r{level.number}.k")
            none = "'[]'"
        else:
            self._write(level, [f"r{level.number}.k", f"{text} as a", *_columns(counts)], embedded)
            none = _marked(LACKING) if node.required else "'null'"
        text = f"coalesce({table}.a, {none})"
        if shared and _has_lists(node.body):
            number = " + ".join(f"x.n{place}" for place in range(len(counts)))
            above_too = f"r{above.number} y join {table} x on x.k = y.{parent.partition('.')[2]}"
            text = (
                f"case when (select sum({number}) from {above_too}) > {MOST_OBJECTS}"
                f" then {_marked(EXCESSIVE)} else {text} end"
            )
        return _Embedded(text, (_beside(table, parent, kinds),), _of_above(table, counts))

    def _led_to(self, above: _Level, select: Select, parent: str, kinds: str, shared: bool) -> str:
        """Write that rows are those that the rows above lead to."""
        if select.key is None:
            raise TypeError(f"{select.table} is selected without a key")
        distinct = "distinct " if shared else ""
        keys = f"select {distinct}{parent} from r{above.number}" + (
            f" where {kinds}" if kinds else ""
        )
        return f"{self.writer.expression(select.key)} = any(array({keys}))"

    def _listed(self, above: _Level, node: Listed, kinds: str) -> _Embedded:
        """Write a page of each row above."""
        if node.parent is None:
            raise TypeError("a page within a row belongs to it")
        parent = above.column(node.parent)
        shared = node.parent != Column(above.select.alias, "id")
        joins: list[str] = []
        counts: list[tuple[int, str]] = []
        texts: dict[int, tuple[str, list[_Embedded]]] = {}
        source, total = "", "0"
        if node.is_read:
            level, step = self._level(node.select, _same(above, node.parent))
            texts = self._texts(level, node)
            led_to = self._led_to(above, node.select, parent, kinds, shared)
            self._read_page(level, step, node, led_to)
            r = f"r{level.number}"
            lists = [
                f"'[' || string_agg({text}, ',' order by {r}.place) || ']' as a{place}"
                for place, (text, _) in texts.items()
            ]
            embedded = [each for _, found in texts.values() for each in found]
            counts = self._counts(level, embedded, "sum")
            columns = [f"{r}.k", *lists, *self._ends(level, node), *_columns(counts)]
            self._write(level, columns, embedded, f" group by {r}.k")
            source = f"t{level.number}."
            joins.append(_beside(f"t{level.number}", parent, kinds))
        if node.select.count:
            self.levels += 1
            counter = f"c{self.levels}"
            led_to = self._led_to(above, node.select, parent, kinds, shared)
            key = "" if node.select.key is None else self.writer.expression(node.select.key)
            conditions = [led_to, *(self.writer.predicate(each) for each in node.select.where)]
            found = " ".join(tables(node.select.table, node.select.alias, node.select.joins))
            self.steps.append(
                f"{counter} as (select {key} as k, count(*) as n {found}{_where(conditions)}"
                f" group by {key})"
            )
            joins.append(_beside(counter, parent, kinds))
            total = f"coalesce({counter}.n, 0)"
        text = self._page(node, texts, total, source)
        return _Embedded(text, tuple(joins), _of_above(source[:-1], counts) if source else ())

    # Pages

    def _texts(self, level: _Level, node: Listed) -> dict[int, tuple[str, list[_Embedded]]]:
        """Write a row as each list of the page has it, by the list's place among the members."""
        texts: dict[int, tuple[str, list[_Embedded]]] = {}
        for place, (_, member) in enumerate(node.members):
            match member:
                case Object() | Kinds():
                    texts[place] = self._body(level, member)
                case Edges(members=members):
                    texts[place] = self._edge(level, members)
        return texts

    def _edge(
        self, level: _Level, members: tuple[tuple[str, object], ...]
    ) -> tuple[str, list[_Embedded]]:
        found: list[tuple[str, str]] = []
        embedded: list[_Embedded] = []
        for name, member in members:
            match member:
                case Constant(text=text):
                    found.append((name, _quoted(text)))
                case Object() | Kinds():
                    text, more = self._body(level, member)
                    found.append((name, text))
                    embedded += more
                case _:
                    found.append((name, _string(level.column(cursor_of(level.select)))))
        return self.object(found), embedded

    def _page(
        self,
        node: Listed,
        texts: dict[int, tuple[str, list[_Embedded]]],
        total: str,
        source: str,
    ) -> str:
        """Write a page from the columns of the step that has its lists."""
        found: list[tuple[str, str]] = []
        for place, (name, member) in enumerate(node.members):
            match member:
                case Constant(text=text):
                    found.append((name, _quoted(text)))
                case Total():
                    found.append((name, f"({total})::text"))
                case PageInfo(members=members):
                    found.append(
                        (name, self.object([(n, _info(each, source)) for n, each in members]))
                    )
                case _:
                    found.append((name, f"coalesce({source}a{place}, '[]')"))
        return self.object(found)

    def _read_page(self, level: _Level, step: int, node: Listed, led_to: str | None = None) -> None:
        """Read a page, of all or for each row above; one row more tells whether there are more."""
        select, number = level.select, level.number
        if select.page is None:
            raise TypeError(f"{select.table} is listed without a page")
        size = self.writer.expression(select.page.size)
        conditions = [] if led_to is None else [led_to]
        if select.page.after is not None:
            conditions.append(self.writer.predicate(select.page.after))
        more = any(isinstance(each, PageInfo) and each.asks("more") for _, each in node.members)
        most = f"{size} + 1" if more else size
        for each in node.members:
            if isinstance(each[1], PageInfo) and (each[1].asks("first") or each[1].asks("last")):
                level.column(cursor_of(select))
        order = ", ".join(self.writer.order(each) for each in select.order)
        if led_to is None:
            rows = self._rows(level, conditions, f" order by {order} limit {most}")
            rows = f"select q.*, row_number() over () as place from ({rows}) q"
        else:
            key = "" if select.key is None else self.writer.expression(select.key)
            window = f"row_number() over (partition by {key} order by {order}) as place"
            rows = self._rows(level, conditions, "", key=key, beside_column=window)
            rows = f"select q.* from ({rows}) q where q.place <= {most}"
        if more:
            self.steps[step] = (
                f"x{number} as ({rows}),\n  "
                f"r{number} as (select x.* from x{number} x where x.place <= {size})"
            )
            return
        self.steps[step] = f"r{number} as ({rows})"

    def _ends(self, level: _Level, node: Listed) -> list[str]:
        """Write what a page tells of where it stands."""
        infos = [each for _, each in node.members if isinstance(each, PageInfo)]
        number, found = level.number, []
        if level.select.page is not None and any(info.asks("more") for info in infos):
            beyond = f"x.place > {self.writer.expression(level.select.page.size)}"
            same = "" if node.parent is None else f" and x.k = r{number}.k"
            found.append(f"(exists (select from x{number} x where {beyond}{same}))::text as more")
        for end, direction in (("first", ""), ("last", " desc")):
            if any(info.asks(end) for info in infos):
                cursor = _string(level.column(cursor_of(level.select)))
                order = f"order by r{number}.place{direction}"
                found.append(f"(array_agg({cursor} {order}))[1] as {end}")
        return found

    # Steps

    def _level(
        self, select: Select, above: _Level | None = None, of: Counted | None = None
    ) -> tuple[_Level, int]:
        """Begin a level; the step that reads its rows is written once all its columns are known.

        Above it may be one whose rows tell of the same patients.
        """
        level = _Level(self.levels, len(self.counted), select)
        self.levels += 1
        self.counted.append(of or Counted(select.table))
        self.steps.append("")
        same = above is not None and select.key == select.patient
        if select.patient is not None and not same:
            self.people.append(f"select {level.column(select.patient)} from r{level.number}")
        return level, len(self.steps) - 1

    def _read(
        self,
        level: _Level,
        step: int,
        conditions: list[str],
        tail: str,
        *,
        beside: str = "",
        key: str = "",
    ) -> None:
        select = level.select
        distinct = ""
        if not key and select.key is not None:
            key = self.writer.expression(select.key)
        if select.first_only:
            distinct = f"distinct on ({key}) "
            tail = _order_by(", ".join([key, *map(self.writer.order, select.order)]))
        rows = self._rows(level, conditions, tail, key=key, beside=beside, distinct=distinct)
        self.steps[step] = f"r{level.number} as ({rows})"

    def _rows(
        self,
        level: _Level,
        conditions: list[str],
        tail: str,
        *,
        key: str = "",
        beside: str = "",
        beside_column: str = "",
        distinct: str = "",
    ) -> str:
        select = level.select
        columns = [
            f"{self.writer.expression(each)} as c{place}" for each, place in level.columns.items()
        ]
        columns += [f"{key} as k"] if key else []
        columns += [beside_column] if beside_column else []
        found = " ".join([*tables(select.table, select.alias, select.joins), beside]).rstrip()
        where = _where([*conditions, *(self.writer.predicate(each) for each in select.where)])
        return f"select {distinct}{', '.join(columns)} {found}{where}{tail}"

    def _write(
        self, level: _Level, columns: list[str], embedded: list[_Embedded], tail: str = ""
    ) -> None:
        joins = "".join(f" {join}" for each in embedded for join in each.joins)
        source = f"from r{level.number}{joins}{tail}"
        self.steps.append(f"t{level.number} as (select {', '.join(columns)} {source})")

    def _counts(
        self,
        level: _Level,
        embedded: list[_Embedded],
        whole: str,
    ) -> list[tuple[int, str]]:
        """Count the rows of a level and of those below it."""
        found = [(level.counted, "count(*)::integer" if whole else "1")]
        for each in embedded:
            for number, column in each.counts:
                text = f"coalesce({whole}({column}), 0)"
                found.append((number, f"{text}::integer" if whole else text))
        return found

    # Text

    def _body(self, level: _Level, body: Body) -> tuple[str, list[_Embedded]]:
        """Write a row of a level as text."""
        embedded: dict[int, _Embedded] = {}
        objects = list(written(body))
        by = level.column(body.by) if isinstance(body, Kinds) else ""
        for node, kinds in _nodes(objects):
            some = len(kinds) < len(objects)
            condition = f"{by} in ({', '.join(map(_quoted, kinds))})" if some else ""
            match node:
                case Related():
                    embedded[id(node)] = self._related(level, node, condition)
                case Listed():
                    embedded[id(node)] = self._listed(level, node, condition)
        texts = {kind: self._members(level, each, embedded) for kind, each in objects}
        if by:
            ways = " ".join(
                f"when {_quoted(str(kind))} then {text}" for kind, text in texts.items()
            )
            return f"case {by} {ways} end", list(embedded.values())
        return texts[None], list(embedded.values())

    def _members(self, level: _Level, each: Object, embedded: dict[int, _Embedded]) -> str:
        found: list[tuple[str, str]] = []
        for name, member in each.members:
            match member:
                case Constant(text=text):
                    found.append((name, _quoted(text)))
                case Scalar():
                    found.append((name, _scalar(level.column(member.expression), member)))
                case Object():
                    found.append((name, self._members(level, member, embedded)))
                case _:
                    found.append((name, embedded[id(member)].text))
        text = self.object(found)
        if each.present is None:
            return text
        none = _marked(LACKING) if each.required else "'null'"
        return f"case when {level.column(each.present)} is null then {none} else {text} end"

    def values(self) -> tuple[Value, ...]:
        """List what the arguments are, in their order."""
        found: list[Value] = []
        for of in self.writer.positions:
            if not isinstance(of, Value):
                raise TypeError(f"{type(of).__name__} is no value of a statement")
            found.append(of)
        return tuple(found)

    def object(self, members: list[tuple[str, str]]) -> str:
        """Write an object of members that are SQL."""
        pieces: list[str] = []
        for place, (name, text) in enumerate(members):
            pieces.append(_quoted(f'{"," if place else "{"}"{name}":'))
            pieces.append(text)
        pieces.append(_quoted("}" if members else "{}"))
        return _joined(pieces)


def _same(above: _Level, parent: Expression) -> _Level | None:
    """Give the level above where what leads on is the patient whom it tells of."""
    return above if parent == above.select.patient else None


def _nodes(objects: list[tuple[str | None, Object]]) -> list[tuple[Related | Listed, list[str]]]:
    """List what hangs on a row, each once, with the kinds of rows that it hangs on."""
    found: dict[int, tuple[Related | Listed, list[str]]] = {}
    for kind, each in objects:
        for _, member in each.members:
            if isinstance(member, Related | Listed):
                kinds = found.setdefault(id(member), (member, []))[1]
                if str(kind) not in kinds:
                    kinds.append(str(kind))
    return list(found.values())


def _has_lists(body: Body) -> bool:
    return any(
        isinstance(member, Listed)
        or (isinstance(member, Related) and (member.many or _has_lists(member.body)))
        for _, each in written(body)
        for _, member in each.members
    )


def _scalar(column: str, scalar: Scalar) -> str:
    match scalar.form:
        case "plain":
            text = f"'\"' || {column}::text || '\"'"
        case "text" | "json":
            text = f"to_json({column})::text"
        case "number" | "boolean":
            text = f"{column}::text"
    return f"coalesce({text}, {_marked(LACKING) if scalar.required else _quoted('null')})"


def _string(column: str) -> str:
    return f"coalesce('\"' || {column} || '\"', 'null')"


def _info(each: object, source: str) -> str:
    match each:
        case Constant(text=text):
            return _quoted(text)
        case "more":
            return f"coalesce({source}more, 'false')"
        case _:
            return f"coalesce({source}{each}, 'null')"


def _beside(table: str, parent: str, kinds: str) -> str:
    """Join the texts of a level to the rows above it.

    There are none but of rows above, so a full join is no other than a left one; but it can only be
    hashed or merged. Row security hides statistics, and a nested loop would be chosen for rows that
    are taken to be few.
    """
    by = f"case when {kinds} then {parent} end" if kinds else parent
    return f"full join {table} on {table}.k = {by}"


def _columns(counts: list[tuple[int, str]]) -> list[str]:
    return [f"{text} as n{place}" for place, (_, text) in enumerate(counts)]


def _of_above(table: str, counts: list[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    return tuple((number, f"{table}.n{place}") for place, (number, _) in enumerate(counts))


def _ordered(column: str, order: Order) -> str:
    by = ' collate "C"' if order.text else ""
    return f"{column}{by}{' desc' if order.descending else ''} nulls last"


def _order_by(order: str) -> str:
    return f" order by {order}" if order else ""


def _where(conditions: list[str]) -> str:
    return f" where {' and '.join(conditions)}" if conditions else ""


def _marked(mark: str) -> str:
    return f"E'\\x{ord(mark):02x}'"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _joined(pieces: list[str]) -> str:
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
