"""Terms: from when, until when, for what and with which data a contract's scope is valid."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from db.office.outcome import Outcome
from db.office.problem import Problems, reject
from db.office.value import UNSET, Unset, moment, spelled

if TYPE_CHECKING:
    from db.catalog import Connection

PURPOSES: Final = {"AGREEMENT": ("COMMERCIAL", "STATISTICS"), "PROJECT": ("RESEARCH", "STATISTICS")}
"""For what each kind of scope may be used; the first is what its records need a consent for."""
DOMAINS: Final = ("MOLECULAR", "RESISTANCE")
_FIND = """
select id, kind::text, valid_from, valid_to, embargo_until, purposes::text[], data_domains::text[],
  now() as now
from connect.scope where code = $1
"""
_ADD = """
insert into connect.scope (kind, code, agreement_id, project_id, valid_from, valid_to,
  embargo_until, purposes, data_domains)
values ($1::text::connect.scope_kind, $2, $3, $4, coalesce($5::timestamptz, now()), $6, $7,
  $8::text[]::connect.purpose[], $9::text[]::connect.data_domain[])
"""
_CHANGE = """
update connect.scope set valid_to = $2, embargo_until = $3,
  purposes = $4::text[]::connect.purpose[], data_domains = $5::text[]::connect.data_domain[]
where code = $1
"""
_END = "update connect.scope set valid_to = coalesce($2::timestamptz, now()) where code = $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTerms:
    """Describe the terms of a new contract; what is left out has its usual value."""

    valid_from: str | None = None
    valid_to: str | None = None
    embargo_until: str | None = None
    purposes: tuple[str, ...] | None = None
    data_domains: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsChange:
    """Describe what is otherwise in the terms of a contract."""

    valid_to: str | Unset | None = UNSET
    embargo_until: str | Unset | None = UNSET
    purposes: tuple[str, ...] | Unset | None = UNSET
    data_domains: tuple[str, ...] | Unset | None = UNSET


@dataclass(frozen=True, slots=True)
class End:
    """Say of which contract, and when it ends: now, where no moment is given."""

    code: str
    at: str | None = None


@dataclass(slots=True)
class Checked:
    """Hold terms as they were read and are to be stored."""

    kind: str
    valid_from: datetime | None
    valid_to: datetime | None
    embargo_until: datetime | None
    purposes: tuple[str, ...]
    data_domains: tuple[str, ...]
    said: frozenset[str] = field(default_factory=frozenset)
    """What the input says; the rest is usual."""


def check_terms(problems: Problems, kind: str, new: NewTerms) -> Checked:
    """Read the terms of a new contract."""
    begin = moment(problems, new.valid_from, "valid_from")
    end = moment(problems, new.valid_to, "valid_to")
    embargo = moment(problems, new.embargo_until, "embargo_until")
    purposes = PURPOSES[kind][:1] if new.purposes is None else new.purposes
    domains = DOMAINS if new.data_domains is None else new.data_domains
    if end is not None and begin is not None and end <= begin:
        problems.add("the end must come after the begin", "valid_to")
    _check_purposes(problems, kind, purposes)
    names = ("valid_from", "valid_to", "embargo_until", "purposes", "data_domains")
    said = frozenset(name for name in names if getattr(new, name) is not None)
    return Checked(kind, begin, end, embargo, _once(purposes), _once(domains), said)


async def add_terms(
    connection: Connection, code: str, terms: Checked, *, agreement: int | None, project: int | None
) -> None:
    """Open the scope of a new contract.

    Raises: Rejected where it would have ended before it begins.
    """
    now: datetime = await connection.fetchval("select now()")
    if terms.valid_to is not None and terms.valid_to <= (terms.valid_from or now):
        raise reject("the end must come after the begin, which is now", "valid_to")
    await connection.execute(
        _ADD, terms.kind, code, agreement, project, terms.valid_from, terms.valid_to,
        terms.embargo_until, list(terms.purposes), list(terms.data_domains),
    )  # fmt: skip


async def same_terms(connection: Connection, code: str, terms: Checked) -> bool:
    """Tell whether a contract's terms are what an input says of them."""
    found = await connection.fetchrow(_FIND, code)
    return (
        found is not None
        and found["kind"] == terms.kind
        and all(_plain(found[name]) == _plain(getattr(terms, name)) for name in terms.said)
    )


async def require_running(connection: Connection, code: str) -> None:
    """Refuse a change to what has ended.

    Raises: Rejected.
    """
    found = await connection.fetchrow(_FIND, code)
    if found is not None and found["valid_to"] is not None and found["valid_to"] <= found["now"]:
        raise reject(
            f"{code} ended at {spelled(found['valid_to'])}, and what has ended stays as it was: "
            "make a new one",
            "code",
        )


async def change_terms(connection: Connection, code: str, change: TermsChange) -> bool:
    """Change the terms of a contract; tell whether anything is otherwise now.

    Raises: Rejected.
    """
    problems = Problems()
    found = await connection.fetchrow(_FIND, code)
    if found is None:
        raise reject(f"{code} has no terms", "code")
    wanted = {name: found[name] for name in ("valid_to", "embargo_until")}
    for name in wanted:
        given = getattr(change, name)
        if not isinstance(given, Unset):
            wanted[name] = moment(problems, given, name)
    lists: dict[str, tuple[str, ...]] = {}
    for name in ("purposes", "data_domains"):
        given = getattr(change, name)
        if given is None:
            problems.add("cannot be null: give a list, or leave it out", name)
        lists[name] = tuple(found[name]) if given is None or given is UNSET else _once(given)
    if lists["purposes"] != tuple(found["purposes"]):
        _check_purposes(problems, found["kind"], lists["purposes"])
    end = wanted["valid_to"]
    if end is not None and end != found["valid_to"]:
        if end <= found["valid_from"]:
            sentence = f"the end must come after the begin, {spelled(found['valid_from'])}"
            problems.add(sentence, "valid_to")
        elif end <= found["now"]:
            problems.add("the end must lie in the future: to end it now, end it", "valid_to")
    problems.stop()
    new = {**wanted, **lists}
    if all(_plain(found[name]) == _plain(value) for name, value in new.items()):
        return False
    await require_running(connection, code)
    await connection.execute(
        _CHANGE, code, end, wanted["embargo_until"], list(lists["purposes"]),
        list(lists["data_domains"]),
    )  # fmt: skip
    return True


async def end_terms(connection: Connection, kind: str, end: End) -> Outcome:
    """End a contract, now or later; one that has ended stays as it was.

    Raises: Rejected.
    """
    problems = Problems()
    at = moment(problems, end.at, "at")
    problems.stop()
    found = await connection.fetchrow(_FIND, end.code)
    if found is None or found["kind"] != kind:
        raise reject(f"there is no {kind.lower()} {end.code}", "code")
    ended, now = found["valid_to"], found["now"]
    if ended is not None and (ended == at or (at is None and ended <= now)):
        return Outcome(end.code, changed=False)
    await require_running(connection, end.code)
    if (at or now) <= found["valid_from"]:
        raise reject(f"it begins at {spelled(found['valid_from'])}: give a moment after that", "at")
    if at is not None and at < now:
        raise reject("the end lies in the past: leave it out to end it now", "at")
    await connection.execute(_END, end.code, at)
    return Outcome(end.code)


def _check_purposes(problems: Problems, kind: str, purposes: tuple[str, ...]) -> None:
    allowed = PURPOSES[kind]
    if not purposes:
        problems.add(f"name one purpose at least: {', '.join(allowed)}", "purposes")
    for position, purpose in enumerate(purposes):
        if purpose not in allowed:
            sentence = f"{purpose} does not fit: use {' or '.join(allowed)}"
            problems.add(sentence, "purposes", position)


def _once(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _plain(value: object) -> object:
    """Give what is compared: of lists their members."""
    return frozenset(value) if isinstance(value, list | tuple) else value
