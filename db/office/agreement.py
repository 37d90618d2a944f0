"""Agreements: what a company and the consortium agree on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
from db.office.value import UNSET, Unset, check_code, check_count, distinct

if TYPE_CHECKING:
    from db.catalog import Connection

KIND = "AGREEMENT"
_FIND = """
select a.id, p.code as partner, a.model::text, a.patients_agreed, a.weeks_company_pays,
  array(select d.inn from connect.agreement_drug l join connect.drug d on d.id = l.drug_id
    where l.agreement_id = a.id) as drugs
from connect.agreement a join connect.partner p on p.id = a.partner_id
where a.code = $1
"""
_ADD = """
insert into connect.agreement (code, partner_id, model, patients_agreed, weeks_company_pays)
values ($1, $2, $3::text::connect.agreement_model, $4, $5) returning id
"""
_ADD_DRUGS = """
insert into connect.agreement_drug (agreement_id, drug_id) select $1, unnest($2::bigint[])
"""
_CHANGE = """
update connect.agreement set model = $2::text::connect.agreement_model, patients_agreed = $3,
  weeks_company_pays = $4 where id = $1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgreement(NewTerms):
    """Describe an agreement with its terms; its cohorts follow from its drugs."""

    code: str
    partner: str
    model: str
    drugs: tuple[str, ...]
    patients_agreed: int | None = None
    weeks_company_pays: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementChange(TermsChange):
    """Describe what is otherwise in an agreement."""

    code: str
    model: str | Unset | None = UNSET
    patients_agreed: int | Unset | None = UNSET
    weeks_company_pays: int | Unset | None = UNSET
    add_drugs: tuple[str, ...] | None = None


async def create_agreement(connection: Connection, new: NewAgreement) -> Outcome:
    """Make an agreement and open its scope; the same again changes nothing.

    Raises: Rejected.
    """
    problems = Problems()
    check_code(problems, new.code, "code")
    check_count(problems, new.patients_agreed, 1, "patients_agreed")
    check_count(problems, new.weeks_company_pays, 0, "weeks_company_pays")
    if not new.drugs:
        problems.add("name one drug at least: its cohorts follow from them", "drugs")
    terms = check_terms(problems, KIND, new)
    partner = await partner_id(connection, problems, new.partner, "partner")
    drugs = await _drugs(connection, problems, new.drugs, "drugs")
    problems.stop()
    found = await connection.fetchrow(_FIND, new.code)
    if found is not None:
        same = (
            found["partner"] == new.partner
            and found["model"] == new.model
            and set(found["drugs"]) == set(new.drugs)
            and found["patients_agreed"] == new.patients_agreed
            and found["weeks_company_pays"] == new.weeks_company_pays
            and await same_terms(connection, new.code, terms)
        )
        if same:
            return Outcome(new.code, changed=False)
    await require_free(connection, new.code)
    made = await connection.fetchval(
        _ADD, new.code, partner, new.model, new.patients_agreed, new.weeks_company_pays
    )
    await connection.execute(_ADD_DRUGS, made, drugs)
    await add_terms(connection, new.code, terms, agreement=made, project=None)
    return Outcome(new.code, fill=True)


async def update_agreement(connection: Connection, change: AgreementChange) -> Outcome:
    """Change an agreement or its terms, or add drugs to it; what has ended stays as it was.

    Raises: Rejected.
    """
    problems = Problems()
    found = await connection.fetchrow(_FIND, change.code)
    if found is None:
        raise reject(f"there is no agreement {change.code}", "code")
    if change.model is None:
        problems.add("cannot be null: give a value, or leave it out", "model")
    old = (found["model"], found["patients_agreed"], found["weeks_company_pays"])
    given = (change.model, change.patients_agreed, change.weeks_company_pays)
    new: tuple[Any, ...] = tuple(
        was if isinstance(said, Unset) else said for was, said in zip(old, given, strict=True)
    )
    check_count(problems, new[1], 1, "patients_agreed")
    check_count(problems, new[2], 0, "weeks_company_pays")
    named = change.add_drugs or ()
    await _drugs(connection, problems, named, "add_drugs")
    problems.stop()
    more = [inn for inn in named if inn not in found["drugs"]]
    changed = new != old or bool(more)
    if changed:
        await require_running(connection, change.code)
    if new != old:
        await connection.execute(_CHANGE, found["id"], *new)
    if more:
        added = await _drugs(connection, problems, tuple(more), "add_drugs")
        await connection.execute(_ADD_DRUGS, found["id"], added)
    changed = await change_terms(connection, change.code, change) or changed
    return Outcome(change.code, changed, fill=bool(more))


async def end_agreement(connection: Connection, end: End) -> Outcome:
    """End an agreement.

    Raises: Rejected.
    """
    return await end_terms(connection, KIND, end)


async def require_free(connection: Connection, code: str) -> None:
    """Refuse a code that a scope has already: agreement, project and site have theirs from one set.

    Raises: Rejected.
    """
    kind = await connection.fetchval("select kind::text from connect.scope where code = $1", code)
    kind = kind or await connection.fetchval(
        "select 'agreement' from connect.agreement where code = $1 "
        "union all select 'project' from connect.project where code = $1",
        code,
    )
    if kind is not None:
        raise reject(
            f"{code} is the code of another {kind.lower()} or of this one with other values: "
            "choose another code, or update what is there",
            "code",
        )


async def _drugs(
    connection: Connection, problems: Problems, names: tuple[str, ...], place: str
) -> list[int]:
    distinct(problems, names, place)
    rows = await connection.fetch(
        "select inn, id from connect.drug where inn = any($1::text[])", list(names)
    )
    known = {row["inn"]: row["id"] for row in rows}
    for position, name in enumerate(names):
        if name not in known:
            sentence = f"there is no drug {name}: give its INN as the root `drugs` lists it"
            problems.add(sentence, place, position)
    return [known[name] for name in names if name in known]
