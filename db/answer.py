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

from db.expression import tables
from db.json_text import EXCESSIVE, LACKING, marked, object_of, quoted, scalar, string
from db.plan import Column, Expression, ScopedId, Select, leads_on
from db.shape import (
    Body,
    Constant,
    Edges,
    Found,
    Kinds,
    Lines,
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
from db.statement import settled
from db.step import (
    Counted,
    Embedded,
    Length,
    Level,
    Names,
    Places,
    Steps,
    Value,
    filtered,
    joined_to,
    numbered,
    of_above,
    order_by,
)

MOST_OBJECTS = 200_000
"""Objects of one answer."""
MOST_CHILDREN = 10_000
"""Objects of one list that is no connection."""


@dataclass(frozen=True, slots=True)
class Answering:
    """Hold SQL that returns one text, and how to call it.

    Its arguments are what is given of the viewer, then `values`.
    """

    sql: str
    values: tuple[Value, ...]
    counted: tuple[Counted, ...]
    """What each number of the first line counts."""
    totals: tuple[int | None, ...] = ()
    """How often the size of a list is told: once, or for each of the rows that a number counts."""


def answering(members: tuple[tuple[str, Root], ...], *, apart: bool = False) -> Answering:
    """Make the statement that answers roots, by their names in the answer.

    It gives one object, or the values of the roots `apart`, each after a line's end.
    """
    made = _Composer()
    roots = [(name, made.root(root)) for name, root in members]
    text = " || E'\\n' || ".join(each for _, each in roots) if apart else object_of(roots)
    steps = made.steps
    numbers = ", ".join(made.numbers[place] for place in range(len(steps.counted)))
    patients = "null"
    if steps.people:
        people = " union ".join(steps.people)
        patients = f"(select string_agg(x::text, ',') from ({people}) p(x))"
    head = f"array_to_string(array[{numbers}]::bigint[], ' ') || E'\\n' || coalesce({patients}, '')"
    query = f"select {head} || E'\\n' || {text}"
    if steps.written:
        query = "with " + ",\n  ".join(steps.written) + f"\n  {query}"
    return Answering(settled(query), steps.values(), tuple(steps.counted), tuple(made.totals))


@dataclass(slots=True)
class _Composer:
    """Compose a statement of steps."""

    steps: Steps = field(default_factory=Steps)
    numbers: dict[int, str] = field(default_factory=dict)
    """How each count is taken from the step of its root."""
    totals: list[int | None] = field(default_factory=list)

    # Roots

    def root(self, root: Root) -> str:
        match root:
            case Constant(text=text):
                return quoted(text)
            case Passed(parameter=parameter):
                return self.steps.writer.expression(parameter)
            case Found():
                return self._found(root)
            case Listed():
                return self._page_of_all(root)
            case Lines():
                return self._lines(root)
            case Named():
                return self._named(root)

    def _found(self, root: Found) -> str:
        level, step = self.steps.begin(root.select)
        text, embedded = self._body(level, root.body)
        self.steps.read(level, step, [], " limit 1")
        counts = self.steps.counts(level, embedded, "")
        self.steps.write(level, [f"{text} as a", *numbered(counts)], embedded)
        return self._outermost(level, counts, "coalesce({}, 'null')")

    def _page_of_all(self, root: Listed) -> str:
        if not root.is_read:
            return self._page(root, {}, self._total(root.select) if root.select.count else "0", "")
        level, step = self.steps.begin(root.select)
        texts = self._texts(level, root)
        # Conditions on other tables are dear: they are looked at once, for the page and its size.
        once = root.select.count and any(map(leads_on, root.select.where))
        self.steps.read_page(level, step, root, once=once)
        lists = [
            f"coalesce('[' || string_agg({text}, ',' order by r{level.number}.place) || ']', '[]')"
            f" as a{place}"
            for place, (text, _) in texts.items()
        ]
        embedded = [each for _, found in texts.values() for each in found]
        counts = self.steps.counts(level, embedded, "sum")
        self.steps.write(
            level, [*lists, *self.steps.ends(level, root), *numbered(counts)], embedded
        )
        total = "0"
        if root.select.count:
            count = f"(select count(*) from f{level.number})"
            total = count if once else self._total(root.select)
        source = f"t{level.number}."
        self._outermost(level, counts, "{}")
        written = self._page(root, texts, total, source)
        return f"(select {written} from t{level.number})"

    def _lines(self, root: Lines) -> str:
        page = Listed(None, root.select, (("", root.body), ("", PageInfo((("", "last"),)))))
        level, step = self.steps.begin(root.select)
        text, embedded = self._texts(level, page)[0]
        self.steps.read_page(level, step, page)
        lines = f"string_agg({text}, E'\\n' order by r{level.number}.place) as a"
        counts = self.steps.counts(level, embedded, "sum")
        ends = self.steps.ends(level, page)
        self.steps.write(level, [lines, *ends, *numbered(counts)], embedded)
        self._outermost(level, counts, "{}")
        table = f"t{level.number}"
        last = _info("last", f"{table}.")
        return f"(select {last} || E'\\n' || coalesce({table}.a, '') from {table})"

    def _total(self, select: Select) -> str:
        conditions = self.steps.writer.conditions(select.where, select.joins)
        lines = ["select count(*)", *tables(select.table, select.alias, select.joins)]
        return f"({' '.join(lines)}{filtered(conditions)})"

    def _named(self, root: Named) -> str:
        found = []
        for group, (select, body) in enumerate(root.groups):
            level, step = self.steps.begin(select, of=Counted(select.table, root.asked, group))
            text, embedded = self._body(level, body)
            arrays = [
                f"${self.steps.writer.number(Names(root.asked, group, given.position))}::text[]"
                for given in select.given
            ]
            places = f"${self.steps.writer.number(Places(root.asked, group))}::integer[]"
            names = ", ".join([*(f"g{given.position}" for given in select.given), "place"])
            conditions = []
            for place, expression in enumerate(select.named_by):
                if isinstance(expression, ScopedId):
                    # Of a public id the patient is found first, by an index.
                    patients = f"select split_part(x, '.', 1) from unnest({arrays[place]}) x"
                    conditions.append(f"{expression.pseudonym}.public_id = any(array({patients}))")
                conditions.append(f"{self.steps.writer.expression(expression)} = given.g{place}")
            given = f"cross join unnest({', '.join(arrays)}, {places}) given({names})"
            self.steps.read(level, step, conditions, "", beside=given, key="given.place")
            counts = self.steps.counts(level, embedded, "")
            columns = [f"r{level.number}.k", f"{text} as a", *numbered(counts)]
            self.steps.write(level, columns, embedded)
            self._outermost(level, counts, "{}", "sum")
            found.append(f"select k, a from t{level.number}")
        length = f"${self.steps.writer.number(Length(root.asked))}::integer"
        every = f"generate_series(1, {length}) s(n)"
        if not found:
            return f"(select coalesce('[' || string_agg('null', ',') || ']', '[]') from {every})"
        union = " union all ".join(found)
        listed = "string_agg(coalesce(x.a, 'null'), ',' order by s.n)"
        source = f"{every} full join ({union}) x on x.k = s.n"
        return f"(select coalesce('[' || {listed} || ']', '[]') from {source})"

    def _outermost(
        self, level: Level, counts: list[tuple[int, str]], text: str, whole: str = "max"
    ) -> str:
        """Take the numbers of a root; give its text."""
        for place, (number, _) in enumerate(counts):
            self.numbers[number] = f"coalesce((select {whole}(n{place}) from t{level.number}), 0)"
        return text.format(f"(select a from t{level.number})")

    # What hangs on rows

    def _related(self, above: Level, node: Related, kinds: str) -> Embedded:
        parent = above.column(node.parent)
        shared = node.parent != Column(above.select.alias, "id")
        level, step = self.steps.begin(node.select, _same(above, node.parent))
        text, embedded = self._body(level, node.body)
        listed = f"string_agg({text}, ','{order_by(level.order())})"
        self.steps.read(level, step, [self._led_to(above, node.select, parent, kinds, shared)], "")
        counts = self.steps.counts(level, embedded, "sum" if node.many else "")
        table = f"t{level.number}"
        if node.many:
            limited = f"case when count(*) > {MOST_CHILDREN} then {marked(EXCESSIVE)}"
            listed = f"{limited} else '[' || {listed} || ']' end as a"
            columns = [f"r{level.number}.k", listed, *numbered(counts)]
            self.steps.write(level, columns, embedded, f" group by r{level.number}.k")
            none = "'[]'"
        else:
            self.steps.write(
                level, [f"r{level.number}.k", f"{text} as a", *numbered(counts)], embedded
            )
            none = marked(LACKING) if node.required else "'null'"
        text = f"coalesce({table}.a, {none})"
        if shared and _has_lists(node.body):
            number = " + ".join(f"x.n{place}" for place in range(len(counts)))
            above_too = f"r{above.number} y join {table} x on x.k = y.{parent.partition('.')[2]}"
            text = (
                f"case when (select sum({number}) from {above_too}) > {MOST_OBJECTS}"
                f" then {marked(EXCESSIVE)} else {text} end"
            )
        return Embedded(text, (joined_to(table, parent, kinds),), of_above(table, counts))

    def _led_to(self, above: Level, select: Select, parent: str, kinds: str, shared: bool) -> str:
        """Write that rows are those that the rows above lead to."""
        if select.key is None:
            raise TypeError(f"{select.table} is selected without a key")
        distinct = "distinct " if shared else ""
        keys = f"select {distinct}{parent} from r{above.number}" + (
            f" where {kinds}" if kinds else ""
        )
        return f"{self.steps.writer.expression(select.key)} = any(array({keys}))"

    def _listed(self, above: Level, node: Listed, kinds: str) -> Embedded:
        """Write a page of each row above."""
        if node.parent is None:
            raise TypeError("a page within a row belongs to it")
        parent = above.column(node.parent)
        shared = node.parent != Column(above.select.alias, "id")
        joins: list[str] = []
        counts: list[tuple[int, str]] = []
        texts: dict[int, tuple[str, list[Embedded]]] = {}
        source, total = "", "0"
        if node.is_read:
            level, step = self.steps.begin(node.select, _same(above, node.parent))
            texts = self._texts(level, node)
            led_to = self._led_to(above, node.select, parent, kinds, shared)
            self.steps.read_page(level, step, node, led_to)
            r = f"r{level.number}"
            lists = [
                f"'[' || string_agg({text}, ',' order by {r}.place) || ']' as a{place}"
                for place, (text, _) in texts.items()
            ]
            embedded = [each for _, found in texts.values() for each in found]
            counts = self.steps.counts(level, embedded, "sum")
            columns = [f"{r}.k", *lists, *self.steps.ends(level, node), *numbered(counts)]
            self.steps.write(level, columns, embedded, f" group by {r}.k")
            source = f"t{level.number}."
            joins.append(joined_to(f"t{level.number}", parent, kinds))
        if node.select.count:
            self.steps.levels += 1
            counter = f"c{self.steps.levels}"
            led_to = self._led_to(above, node.select, parent, kinds, shared)
            key = "" if node.select.key is None else self.steps.writer.expression(node.select.key)
            conditions = [
                led_to,
                *self.steps.writer.conditions(node.select.where, node.select.joins),
            ]
            found = " ".join(tables(node.select.table, node.select.alias, node.select.joins))
            self.steps.written.append(
                f"{counter} as (select {key} as k, count(*) as n {found}{filtered(conditions)}"
                f" group by {key})"
            )
            joins.append(joined_to(counter, parent, kinds))
            total = f"coalesce({counter}.n, 0)"
        text = self._page(node, texts, total, source, above.counted)
        return Embedded(text, tuple(joins), of_above(source[:-1], counts) if source else ())

    # Pages

    def _texts(self, level: Level, node: Listed) -> dict[int, tuple[str, list[Embedded]]]:
        """Write a row as each list of the page has it, by the list's place among the members."""
        texts: dict[int, tuple[str, list[Embedded]]] = {}
        for place, (_, member) in enumerate(node.members):
            match member:
                case Object() | Kinds():
                    texts[place] = self._body(level, member)
                case Edges(members=members):
                    texts[place] = self._edge(level, members)
        return texts

    def _edge(
        self, level: Level, members: tuple[tuple[str, object], ...]
    ) -> tuple[str, list[Embedded]]:
        found: list[tuple[str, str]] = []
        embedded: list[Embedded] = []
        for name, member in members:
            match member:
                case Constant(text=text):
                    found.append((name, quoted(text)))
                case Object() | Kinds():
                    text, more = self._body(level, member)
                    found.append((name, text))
                    embedded += more
                case _:
                    found.append((name, string(level.column(cursor_of(level.select)))))
        return object_of(found), embedded

    def _page(
        self,
        node: Listed,
        texts: dict[int, tuple[str, list[Embedded]]],
        total: str,
        source: str,
        above: int | None = None,
    ) -> str:
        """Write a page from the columns of the step that has its lists."""
        found: list[tuple[str, str]] = []
        for place, (name, member) in enumerate(node.members):
            match member:
                case Constant(text=text):
                    found.append((name, quoted(text)))
                case Total():
                    self.totals.append(above)
                    found.append((name, f"({total})::text"))
                case PageInfo(members=members):
                    found.append(
                        (name, object_of([(n, _info(each, source)) for n, each in members]))
                    )
                case _:
                    found.append((name, f"coalesce({source}a{place}, '[]')"))
        return object_of(found)

    # Steps

    # Text

    def _body(self, level: Level, body: Body) -> tuple[str, list[Embedded]]:
        """Write a row of a level as text."""
        embedded: dict[int, Embedded] = {}
        objects = list(written(body))
        by = level.column(body.by) if isinstance(body, Kinds) else ""
        for node, kinds in _nodes(objects):
            some = len(kinds) < len(objects)
            condition = f"{by} in ({', '.join(map(quoted, kinds))})" if some else ""
            match node:
                case Related():
                    embedded[id(node)] = self._related(level, node, condition)
                case Listed():
                    embedded[id(node)] = self._listed(level, node, condition)
        texts = {kind: self._members(level, each, embedded) for kind, each in objects}
        if by:
            ways = " ".join(f"when {quoted(str(kind))} then {text}" for kind, text in texts.items())
            return f"case {by} {ways} end", list(embedded.values())
        return texts[None], list(embedded.values())

    def _members(self, level: Level, each: Object, embedded: dict[int, Embedded]) -> str:
        found: list[tuple[str, str]] = []
        for name, member in each.members:
            match member:
                case Constant(text=text):
                    found.append((name, quoted(text)))
                case Scalar():
                    found.append((name, scalar(level.column(member.expression), member)))
                case Object():
                    found.append((name, self._members(level, member, embedded)))
                case _:
                    found.append((name, embedded[id(member)].text))
        text = object_of(found)
        if each.present is None:
            return text
        none = marked(LACKING) if each.required else "'null'"
        return f"case when {level.column(each.present)} is null then {none} else {text} end"


def _same(above: Level, parent: Expression) -> Level | None:
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


def _info(each: object, source: str) -> str:
    match each:
        case Constant(text=text):
            return quoted(text)
        case "more":
            return f"coalesce({source}more, 'false')"
        case _:
            return f"coalesce({source}{each}, 'null')"
