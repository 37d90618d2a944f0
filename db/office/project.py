"""Projects: what research is approved, of which cohorts and tumour types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.office.agreement import require_free
from db.office.outcome import Outcome
from db.office.partner import partner_id
from db.office.problem import Problems, reject
from db.office.terms import (
    End,
    NewTerms,
    TermsChange,
    add_terms,
    change_terms,
    check_terms,
    end_terms,
    require_running,
    same_terms,
)
from db.office.value import UNSET, Unset, check_code, check_text, distinct

if TYPE_CHECKING:
    from db.catalog import Connection

KIND = "PROJECT"
_FIND = """
select j.id, p.code as institution, j.title, j.all_cohorts, j.all_tumour_types,
  array(select c.code from connect.project_cohort l join connect.cohort c on c.id = l.cohort_id
    where l.project_id = j.id) as cohorts,
  array(select l.onco_tree_code from connect.project_tumour_type l
    where l.project_id = j.id) as tumour_types
from connect.project j join connect.partner p on p.id = j.partner_id
where j.code = $1
"""
_ADD = """
insert into connect.project (code, title, partner_id, all_cohorts, all_tumour_types)
values ($1, $2, $3, $4, $5) returning id
"""
_ADD_COHORTS = """
insert into connect.project_cohort (project_id, cohort_id)
select $1, c.id from connect.cohort c where c.code = any($2::text[])
"""
_ADD_TYPES = """
insert into connect.project_tumour_type (project_id, onco_tree_code) select $1, unnest($2::text[])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProject(NewTerms):
    """Describe a project with its terms; what it covers is listed, or all."""

    code: str
    title: str
    institution: str
    all_cohorts: bool = False
    cohorts: tuple[str, ...] | None = None
    all_tumour_types: bool = False
    tumour_types: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectChange(TermsChange):
    """Describe what is otherwise in a project."""

    code: str
    title: str | Unset | None = UNSET
    add_cohorts: tuple[str, ...] | None = None
    add_tumour_types: tuple[str, ...] | None = None


async def create_project(connection: Connection, new: NewProject) -> Outcome:
    """Make a project and open its scope; the same again changes nothing.

    Raises: Rejected.
    """
    problems = Problems()
    cohorts, types = new.cohorts or (), new.tumour_types or ()
    check_code(problems, new.code, "code")
    check_text(problems, new.title, "title")
    _check_covered(problems, cohorts, "cohorts", all_of_them=new.all_cohorts)
    _check_covered(problems, types, "tumour_types", all_of_them=new.all_tumour_types)
    terms = check_terms(problems, KIND, new)
    partner = await partner_id(connection, problems, new.institution, "institution")
    await _check_cohorts(connection, problems, cohorts, "cohorts")
    await _check_types(connection, problems, types, "tumour_types")
    problems.stop()
    found = await connection.fetchrow(_FIND, new.code)
    if found is not None:
        said = (new.title, new.institution, new.all_cohorts, new.all_tumour_types)
        names = ("title", "institution", "all_cohorts", "all_tumour_types")
        same = (
            tuple(found[name] for name in names) == said
            and set(found["cohorts"]) == set(cohorts)
            and set(found["tumour_types"]) == set(types)
            and await same_terms(connection, new.code, terms)
        )
        if same:
            return Outcome(new.code, changed=False)
    await require_free(connection, new.code)
    made = await connection.fetchval(
        _ADD, new.code, new.title, partner, new.all_cohorts, new.all_tumour_types
    )
    await connection.execute(_ADD_COHORTS, made, list(cohorts))
    await connection.execute(_ADD_TYPES, made, list(types))
    await add_terms(connection, new.code, terms, agreement=None, project=made)
    return Outcome(new.code, fill=True)


async def update_project(connection: Connection, change: ProjectChange) -> Outcome:
    """Change a project's title or terms, or add to what it covers; what has ended stays.

    Raises: Rejected.
    """
    problems = Problems()
    found = await connection.fetchrow(_FIND, change.code)
    if found is None:
        raise reject(f"there is no project {change.code}", "code")
    if change.title is None:
        problems.add("cannot be null: give a value, or leave it out", "title")
    elif isinstance(change.title, str):
        check_text(problems, change.title, "title")
    cohorts, types = change.add_cohorts or (), change.add_tumour_types or ()
    await _check_cohorts(connection, problems, cohorts, "add_cohorts")
    await _check_types(connection, problems, types, "add_tumour_types")
    for place, given, everything in (
        ("add_cohorts", cohorts, found["all_cohorts"]),
        ("add_tumour_types", types, found["all_tumour_types"]),
    ):
        if given and everything:
            problems.add("the project covers all of them: leave the list out", place)
    problems.stop()
    title = found["title"] if isinstance(change.title, Unset) else change.title
    cohorts = tuple(code for code in cohorts if code not in found["cohorts"])
    types = tuple(code for code in types if code not in found["tumour_types"])
    changed = title != found["title"] or bool(cohorts or types)
    if changed:
        await require_running(connection, change.code)
    if title != found["title"]:
        await connection.execute(
            "update connect.project set title = $2 where id = $1", found["id"], title
        )
    if cohorts:
        await connection.execute(_ADD_COHORTS, found["id"], list(cohorts))
    if types:
        await connection.execute(_ADD_TYPES, found["id"], list(types))
    changed = await change_terms(connection, change.code, change) or changed
    return Outcome(change.code, changed, fill=bool(cohorts or types))


async def end_project(connection: Connection, end: End) -> Outcome:
    """End a project.

    Raises: Rejected.
    """
    return await end_terms(connection, KIND, end)


def _check_covered(
    problems: Problems, listed: tuple[str, ...], place: str, *, all_of_them: bool
) -> None:
    if all_of_them and listed:
        problems.add("list them or take all, not both", place)
    elif not all_of_them and not listed:
        problems.add("list one at least, or take all", place)


async def _check_cohorts(
    connection: Connection, problems: Problems, codes: tuple[str, ...], place: str
) -> None:
    distinct(problems, codes, place)
    known = await connection.fetchval(
        "select array_agg(code) from connect.cohort where code = any($1::text[])", list(codes)
    )
    for position, code in enumerate(codes):
        if code not in (known or ()):
            sentence = f"there is no cohort {code}: give its code as the root `cohorts` lists it"
            problems.add(sentence, place, position)


async def _check_types(
    connection: Connection, problems: Problems, codes: tuple[str, ...], place: str
) -> None:
    distinct(problems, codes, place)
    known = await connection.fetchval(
        "select array_agg(code) from connect.onco_tree where code = any($1::text[])", list(codes)
    )
    for position, code in enumerate(codes):
        if code not in (known or ()):
            problems.add(f"{code} is no code of OncoTree that is known here", place, position)
