"""Consents: what a patient allows, for which purpose, from when, and until when.

A consent that was withdrawn stays as it was. Who consents again gives a new one, from a moment
after the withdrawal; of one purpose a patient never has two at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from db.office.outcome import Outcome
from db.office.problem import Problems, reject
from db.office.value import moment, spelled

if TYPE_CHECKING:
    from db.catalog import Connection

PURPOSES: Final = ("RESEARCH", "COMMERCIAL")
_PATIENT = "select y.patient_id from connect.pseudonym y where y.public_id = $1"
_GIVEN = """
select c.id, c.given_at, c.withdrawn_at from connect.consent c
where c.patient_id = $1 and c.purpose = $2::text::connect.purpose order by c.given_at
"""
_GIVE = """
insert into connect.consent (patient_id, purpose, given_at)
values ($1, $2::text::connect.purpose, coalesce($3::timestamptz, now()))
"""
_WITHDRAW = """
update connect.consent set withdrawn_at = coalesce($2::timestamptz, now()) where id = $1
"""


@dataclass(frozen=True, slots=True)
class NewConsent:
    """Describe a consent: given now, where no moment is told."""

    patient: str
    """The patient's id in the consortium's scope."""
    purpose: str
    given_at: str | None = None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Say which consent is withdrawn, and when: now, where no moment is told."""

    patient: str
    purpose: str
    withdrawn_at: str | None = None


async def give_consent(connection: Connection, new: NewConsent) -> Outcome:
    """Note a consent; the same again changes nothing.

    Raises: Rejected.
    """
    patient, at, now, rows = await _find(connection, new, new.given_at, "given_at")
    if at is not None and at > now:
        raise reject("a consent is noted once it is given: the moment lies ahead", "given_at")
    begin = at or now
    for row in rows:
        until = row["withdrawn_at"]
        if until is None or until > now:
            if at in {None, row["given_at"]} and row["given_at"] <= now:
                return Outcome(new.patient, changed=False, patient=patient)
            raise reject(
                f"there is one in force since {spelled(row['given_at'])}: withdraw it first",
                "given_at",
            )
        if begin < until:
            raise reject(
                f"one was withdrawn at {spelled(until)}, and stays so: a new one is given after "
                "that",
                "given_at",
            )
    await connection.execute(_GIVE, patient, new.purpose, at)
    return Outcome(new.patient, patient=patient, fill=True)


async def withdraw_consent(connection: Connection, withdrawal: Withdrawal) -> Outcome:
    """Withdraw a consent: who sees by it sees no longer, from the next request on.

    Raises: Rejected.
    """
    patient, at, now, rows = await _find(
        connection, withdrawal, withdrawal.withdrawn_at, "withdrawn_at"
    )
    if not rows:
        raise reject("the patient never gave a consent for this purpose", "purpose")
    if at is not None and at > now:
        raise reject("a withdrawal is noted once it is made: the moment lies ahead", "withdrawn_at")
    last = rows[-1]
    until = last["withdrawn_at"]
    if until is not None and until <= now:
        if at in {None, until}:
            return Outcome(withdrawal.patient, changed=False, patient=patient)
        raise reject(f"it was withdrawn at {spelled(until)}, and stays so", "withdrawn_at")
    if (at or now) <= last["given_at"]:
        sentence = f"it was given at {spelled(last['given_at'])}: a withdrawal comes after that"
        raise reject(sentence, "withdrawn_at")
    await connection.execute(_WITHDRAW, last["id"], at)
    return Outcome(withdrawal.patient, patient=patient)


async def _find(
    connection: Connection, given: NewConsent | Withdrawal, text: str | None, place: str
) -> tuple[int, datetime | None, datetime, list[Any]]:
    """Find the patient, the moment that is told, what time it is, and the consents so far."""
    problems = Problems()
    at = moment(problems, text, place)
    if given.purpose not in PURPOSES:
        problems.add(f"a patient consents to {' or '.join(PURPOSES)}", "purpose")
    patient: int | None = await connection.fetchval(_PATIENT, given.patient)
    if patient is None:
        problems.add("no patient has this id in the consortium's scope", "patient")
    problems.stop()
    assert patient is not None  # noqa: S101 - a problem otherwise
    now: datetime = await connection.fetchval("select now()")
    return patient, at, now, await connection.fetch(_GIVEN, patient, given.purpose)
