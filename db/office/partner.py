"""Partners: the organisations of the consortium."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.office.outcome import Outcome
from db.office.problem import Problems, reject
from db.office.value import UNSET, Unset, check_code, check_organisation, check_text

if TYPE_CHECKING:
    from db.catalog import Connection

_FIND = """
select code, organisation_number, name, sector::text from connect.partner
where code = $1 or organisation_number = $2
"""
_ADD = """
insert into connect.partner (code, organisation_number, name, sector)
values ($1, $2, $3, $4::text::connect.sector)
"""
_CHANGE = "update connect.partner set name = $2, sector = $3::text::connect.sector where code = $1"


@dataclass(frozen=True, slots=True)
class NewPartner:
    """Describe an organisation that joins."""

    code: str
    organisation_number: str
    name: str
    sector: str


@dataclass(frozen=True, slots=True)
class PartnerChange:
    """Describe what is otherwise with an organisation."""

    code: str
    name: str | Unset | None = UNSET
    sector: str | Unset | None = UNSET


async def create_partner(connection: Connection, new: NewPartner) -> Outcome:
    """Add an organisation; the same again changes nothing.

    Raises: Rejected.
    """
    problems = Problems()
    check_code(problems, new.code, "code")
    check_text(problems, new.name, "name")
    check_organisation(problems, new.organisation_number, "organisation_number")
    problems.stop()
    wanted = (new.code, new.organisation_number, new.name, new.sector)
    for found in await connection.fetch(_FIND, new.code, new.organisation_number):
        if tuple(found) == wanted:
            return Outcome(new.code, changed=False)
        if found["code"] == new.code:
            sentence = f"{new.code} is another organisation's already: choose another code"
            problems.add(sentence, "code")
        if found["organisation_number"] == new.organisation_number:
            sentence = f"this organisation takes part already, as {found['code']}: use that code"
            problems.add(sentence, "organisation_number")
    problems.stop()
    await connection.execute(_ADD, *wanted)
    return Outcome(new.code)


async def update_partner(connection: Connection, change: PartnerChange) -> Outcome:
    """Change the name or the sector of an organisation.

    Raises: Rejected.
    """
    problems = Problems()
    for place, given in (("name", change.name), ("sector", change.sector)):
        if given is None:
            problems.add("cannot be null: give a value, or leave it out", place)
    if isinstance(change.name, str):
        check_text(problems, change.name, "name")
    problems.stop()
    found = await connection.fetchrow(_FIND, change.code, None)
    if found is None:
        raise reject(f"there is no organisation {change.code}", "code")
    name = found["name"] if isinstance(change.name, Unset) else change.name
    sector = found["sector"] if isinstance(change.sector, Unset) else change.sector
    if (name, sector) == (found["name"], found["sector"]):
        return Outcome(change.code, changed=False)
    await connection.execute(_CHANGE, change.code, name, sector)
    return Outcome(change.code)


async def partner_id(
    connection: Connection, problems: Problems, code: str, place: str
) -> int | None:
    """Find an organisation by its code; note a problem where there is none."""
    found: int | None = await connection.fetchval(
        "select id from connect.partner where code = $1", code
    )
    if found is None:
        problems.add(f"there is no organisation {code}: add it with createPartner", place)
    return found
