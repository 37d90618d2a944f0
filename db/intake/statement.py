"""The statements of an intake, made of a table's shape: pure functions that return SQL.

Only names of the declaration and of the catalog are written into them, never a value of a record.
"""

# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterable

from db.intake.shape import Shape

PROBLEMS = """
create temporary table intake_problem (
  place bigint not null,
  number integer generated always as identity,
  rule text not null,
  field text not null,
  value text,
  why text
) on commit drop
"""
TAKE_PROBLEMS = """
select distinct on (place) place, rule, field, value, why
from pg_temp.intake_problem order by place, number
"""
_GENES = """
insert into connect.gene (symbol)
select distinct s."{field}" from {staged} s
where s."{field}" ~ '^[A-Za-z0-9][A-Za-z0-9._@/-]*$'
  and not exists (select from connect.gene g where g.symbol = s."{field}")
  and not exists (
    select from connect.gene_former_symbol f where f.former_symbol = s."{field}")
order by 1
"""
_GENE = """
update {staged} s set "{column}" = m.id
from (
  select d.symbol, coalesce(
    (select g.id from connect.gene g where g.symbol = d.symbol and g.hgnc_id is not null),
    (select f.gene_id from connect.gene_former_symbol f where f.former_symbol = d.symbol),
    (select g.id from connect.gene g where g.symbol = d.symbol)) as id
  from (select distinct "{field}" as symbol from {staged}) d
) m
where m.symbol = s."{field}"
"""
_UNKNOWN_GENES = """
select 'HGNC' as system, s."{field}" as code, count(*)::integer as count
from {staged} s join connect.gene g on g.id = s."{column}"
where g.hgnc_id is null group by 2 order by 2
"""


def create(shape: Shape, study: int) -> list[str]:
    """Make the temporary table: the columns without their rules, and the keys as they come."""
    table = shape.table
    aside = [name for name in shape.side if name not in shape.main]
    source = f"connect.{table.name} t"
    if table.side is not None:
        source += f" left join connect.{table.side} y on false"
    columns = ["t.*", *(f'y."{name}"' for name in aside)]
    present = {*shape.main, *aside}
    added = ["intake_place bigint", "there boolean not null default false"]
    leads = shape.parents | shape.vocabularies
    added += [f'"{name}" text collate "C"' for name in leads if name not in present]
    helping = {lead.column for lead in leads.values()} | {"study_id"}
    added += [f'"{name}" bigint' for name in sorted(helping - present)]
    name = shape.staged.removeprefix("pg_temp.")
    return [
        f"create temporary table {name} on commit drop as "
        f"select {', '.join(columns)} from {source} with no data",
        f"alter table {shape.staged} {', '.join(f'add column {each}' for each in added)}",
        f"alter table {shape.staged} alter column study_id set default {int(study)}",
    ]


def resolve(shape: Shape) -> list[str]:
    """Find the ids of parents and of vocabularies' rows."""
    statements = [f"analyze {shape.staged}"]
    for name, parent in shape.parents.items():
        home = parent.of or parent.table
        link = f"{parent.table}_id" if parent.of else "id"
        conditions = [f'h."{parent.within}" = s."{parent.within}"']
        if parent.keyed:
            conditions.append(f'h.source_key = s."{name}"')
        if parent.within == "study_id" and parent.column != "patient_id":
            conditions.append("h.patient_id = s.patient_id")
        statements.append(
            f'update {shape.staged} s set "{parent.column}" = h."{link}" '
            f"from connect.{home} h where {' and '.join(conditions)}"
        )
    for name, vocabulary in shape.vocabularies.items():
        names = {"staged": shape.staged, "field": name, "column": vocabulary.column}
        if vocabulary.table == "gene":
            statements += [_GENES.format(**names), _GENE.format(**names)]
        elif vocabulary.column != name:
            given = f'lower(s."{name}")' if vocabulary.folded else f's."{name}"'
            statements.append(
                f'update {shape.staged} s set "{vocabulary.column}" = v.id '
                f"from connect.{vocabulary.table} v where v.{vocabulary.natural} = {given}"
            )
    return statements


def unknown_genes(shape: Shape) -> list[str]:
    """Count the genes that are kept as recorded, since no vocabulary has them."""
    return [
        _UNKNOWN_GENES.format(staged=shape.staged, field=name, column=vocabulary.column)
        for name, vocabulary in shape.vocabularies.items()
        if vocabulary.table == "gene"
    ]


def meet(shape: Shape) -> list[str]:
    """Find which rows are there already, under which ids."""
    home, columns = shape.home
    link = "id" if home == shape.table.name else shape.link
    own = ", id = h." + link if shape.counted else ""
    statements = [
        f"update {shape.staged} s set there = true{own} "
        f"from connect.{home} h where {shape.same('h', 's')}"
    ]
    if "patient_id" in shape.filled(columns) and "patient_id" not in shape.table.key:
        statements.append(
            _problem(
                shape,
                "RECORD_MOVED",
                shape.field(shape.table.key[-1]),
                f's."{shape.table.key[-1]}"::text',
                f"from {shape.staged} s join connect.{home} h on {shape.same('h', 's')} "
                "where h.patient_id <> s.patient_id",
            )
        )
    return statements


def judge(shape: Shape) -> list[str]:
    """Note the rows that cannot be stored, the first reason first."""
    staged = f"from {shape.staged} s"
    found: list[str] = []
    for name, parent in shape.parents.items():
        given = name if parent.keyed else "patient"
        found.append(
            _problem(
                shape,
                "REFERENCE_UNRESOLVED",
                given,
                f's."{given}"',
                f'{staged} where s."{given}" is not null and s."{parent.column}" is null',
                f"there is no such {name.replace('_', ' ')}",
            )
        )
    for name, vocabulary in shape.vocabularies.items():
        missing = f's."{vocabulary.column}" is null'
        if vocabulary.column == name:
            missing = (
                f"not exists (select from connect.{vocabulary.table} v "
                f'where v.{vocabulary.natural} = s."{name}")'
            )
            if vocabulary.table == shape.table.name:
                missing += (
                    f" and not exists (select from {shape.staged} v "
                    f'where v."{vocabulary.natural}" = s."{name}")'
                )
        found.append(
            _problem(
                shape,
                "CODE_UNKNOWN",
                name,
                f's."{name}"',
                f'{staged} where s."{name}" is not null and {missing}',
                f"{vocabulary.system} has no such code here",
            )
        )
    for columns in (shape.main, shape.side):
        found += [
            _problem(
                shape,
                "VALUE_MISSING",
                shape.field(name),
                "null",
                f'{staged} where s."{name}" is null',
            )
            for name in shape.filled(columns)
            if columns[name].required and columns[name].preset is None
        ]
    for check in shape.checks:
        if set(check.columns) <= set(shape.columns.values()):
            found.append(
                _problem(
                    shape,
                    "VALUE_REFUSED",
                    shape.field(check.columns[0]),
                    f's."{check.columns[0]}"::text',
                    f"{staged} where ({check.condition}) is false",
                    check.condition,
                )
            )
    partition = ", ".join(f'"{name}"' for name in shape.table.key)
    found.append(
        _problem(
            shape,
            "KEY_TWICE",
            shape.field(shape.table.key[-1]),
            f's."{shape.table.key[-1]}"::text',
            f"from (select *, row_number() over (partition by {partition} order by intake_place) "
            f"as time from {shape.staged}) s where time > 1",
        )
    )
    return found


def compare(shape: Shape) -> list[str]:
    """Note what is there and differs, of rows that an import never changes; null tells nothing."""
    others = [name for name in shape.filled(shape.main) if name not in shape.table.key]
    if others:
        differing = " or ".join(f's."{name}" <> t."{name}"' for name in others)
        return [
            _problem(
                shape,
                "REFERENCE_DIFFERS",
                shape.field(shape.table.key[0]),
                f's."{shape.field(shape.table.key[0])}"::text',
                f"from {shape.staged} s join connect.{shape.table.name} t on "
                f"{shape.same('t', 's')} where coalesce({differing}, false)",
                ", ".join(others),
            )
        ]
    if shape.table.whole_of is None:
        return []
    column = _owner(shape)
    owner = f"from pg_temp.intake_{shape.table.whole_of} p"
    return [
        _problem(
            shape,
            "REFERENCE_DIFFERS",
            shape.field(column),
            f's."{shape.field(column)}"',
            f"from {shape.staged} s where exists (select {owner} "
            f'where p.id = s."{column}" and p.there) and (not s.there or exists ('
            f'select from connect.{shape.table.name} t where t."{column}" = s."{column}" '
            f"and not exists (select from {shape.staged} o where {shape.same('t', 'o')})))",
            shape.table.name,
        )
    ]


def drop_judged(shape: Shape) -> str:
    """Leave out the rows that cannot be stored."""
    return (
        f"delete from {shape.staged} s using pg_temp.intake_problem p "
        "where p.place = s.intake_place"
    )


def insert(shape: Shape, batch: int) -> str:
    """Insert the rows that are new."""
    columns = [*(["id"] if shape.counted else []), *shape.filled(shape.main)]
    values = [f's."{name}"' for name in columns]
    for place, name in enumerate(columns):
        column = shape.main[name]
        if column.required and column.preset is not None and not column.counted:
            values[place] = f"coalesce({values[place]}, {column.preset})"
    if "import_batch_id" in shape.main:
        columns.append("import_batch_id")
        values.append(str(int(batch)))
    if shape.table.name == "patient":
        columns.append("synthetic")
        values.append("(select y.synthetic from connect.study y where y.id = s.study_id)")
    listed = ", ".join(f'"{name}"' for name in columns)
    return (
        f"insert into connect.{shape.table.name} ({listed}) "
        f"{'overriding system value ' if shape.counted else ''}"
        f"select {', '.join(values)} from {shape.staged} s where not s.there order by intake_place"
    )


def number(shape: Shape) -> list[str]:
    """Give the new rows their ids."""
    if not shape.counted:
        return []
    sequence = f"pg_get_serial_sequence('connect.{shape.table.name}', 'id')"
    return [f"update {shape.staged} set id = nextval({sequence}) where not there"]


def update(shape: Shape, batch: int) -> list[str]:
    """Change the rows that differ; keys, and whose they are, stay."""
    fixed = {*shape.table.key, "study_id", "patient_id"}
    changing = [name for name in shape.filled(shape.main) if name not in fixed]
    if not changing:
        return []
    values = {name: f's."{name}"' for name in changing}
    for name in changing:
        if shape.main[name].required and shape.main[name].preset is not None:
            values[name] = f'coalesce(s."{name}", t."{name}")'
    derived = shape.table.derived
    if derived and derived[0] in values:
        kept = f't."{derived[-1]}" is not null and s."{derived[0]}" is null'
        for name in derived:
            if name in values:
                values[name] = f'case when {kept} then t."{name}" else s."{name}" end'
    setting = [f'"{name}" = {value}' for name, value in values.items()]
    if "import_batch_id" in shape.main:
        setting.append(f"import_batch_id = {int(batch)}")
    there = ", ".join(f't."{name}"' for name in changing)
    match = "t.id = s.id" if shape.counted else shape.same("t", "s")
    return [
        f"update connect.{shape.table.name} t set {', '.join(setting)} "
        f"from {shape.staged} s where s.there and {match} "
        f"and ({there}) is distinct from ({', '.join(values.values())})"
    ]


def store_side(shape: Shape) -> tuple[str, str] | None:
    """Insert and change what identifies; without a value there is no row, but for the key's."""
    side = shape.table.side
    if side is None:
        return None
    told = [name for name in shape.filled(shape.side) if name != shape.link]
    own = [name for name in told if name not in shape.main or name == "source_key"]
    changing = [name for name in own if name not in shape.table.key]
    listed = ", ".join(f'"{name}"' for name in (shape.link, *told))
    values = ", ".join(f's."{name}"' for name in told)
    some = "true" if shape.home[0] == side else f"num_nonnulls({_of('s', changing)}) > 0"
    if not changing:
        some = "true" if shape.home[0] == side else "false"
    inserting = (
        f"insert into connect.{side} ({listed}) select s.id, {values} from {shape.staged} s "
        f"where {some} and not exists ("
        f"select from connect.{side} y where y.{shape.link} = s.id) order by intake_place"
    )
    if not changing:
        return inserting, ""
    setting = ", ".join(f'"{name}" = s."{name}"' for name in changing)
    updating = (
        f"update connect.{side} y set {setting} from {shape.staged} s "
        f"where y.{shape.link} = s.id "
        f"and ({_of('y', changing)}) is distinct from ({_of('s', changing)})"
    )
    return inserting, updating


def replace(shape: Shape) -> str:
    """Remove what a set had and no longer has."""
    return (
        f"delete from connect.{shape.table.name} t "
        f"using pg_temp.intake_{shape.table.whole_of} p "
        f'where p.there and t."{_owner(shape)}" = p.id '
        f"and not exists (select from {shape.staged} s where {shape.same('t', 's')})"
    )


def _owner(shape: Shape) -> str:
    leads = (shape.parents | shape.vocabularies).values()
    return next(
        lead.column
        for lead in leads
        if lead.table == shape.table.whole_of and lead.column in shape.main
    )


def _of(row: str, names: Iterable[str]) -> str:
    return ", ".join(f'{row}."{name}"' for name in names)


def _problem(
    shape: Shape, rule: str, field: str, value: str, source: str, why: str | None = None
) -> str:
    told = "null" if why is None else "'" + why.replace("'", "''") + "'"
    return (
        "insert into pg_temp.intake_problem (place, rule, field, value, why) "
        f"select s.intake_place, '{rule}', '{field}', {value}, {told} {source} "
        f"-- {shape.table.name}"
    )
