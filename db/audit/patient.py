"""A patient's access log: who was told of them, when, for whom and for what."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from db.audit.reading import AuditRefused, Connection, reading, rows

_PATIENT = """
select y.patient_id from connect.pseudonym y join connect.scope s on s.id = y.scope_id
where y.public_id = $1
  and case when $2::text is null then s.kind = 'CONSORTIUM' else s.code = $2 end
"""
_ACCESSES = """
select e.*, (
  select p.name from connect.partner p where p.organisation_number = e.organisation_number) as name
from connect.audit_entry e where e.patients @> array[$1::bigint]
order by e.at, e.chain_id, e.ordinal
"""


@dataclass(frozen=True, slots=True)
class Access:
    """Hold one answer that told of the patient."""

    at: datetime
    issuer: str
    organisation_number: str
    organisation: str | None
    subject: str
    role: str
    scope: str
    purpose: str
    types: tuple[str, ...]
    """Of the rows in the answer, this patient's and others'."""
    release: str | None
    door: str
    request_id: str
    federated_request_id: str | None

    def as_json(self) -> dict[str, Any]:
        """Give it for programs."""
        return {**asdict(self), "at": self.at.isoformat()}

    def text(self) -> str:
        """Give it for people."""
        at = self.at.isoformat(sep=" ", timespec="seconds")
        who = f"{self.subject} of {self.organisation or self.organisation_number}"
        seen = ", ".join(self.types)
        release = "records" if self.release is None else f"release {self.release}"
        return f"{at}  {who}, {self.role} in {self.scope} for {self.purpose}: {seen} ({release})"


async def accesses(
    connection: Connection, public_id: str, scope: str | None
) -> AsyncGenerator[Access, None]:
    """Give every answer that told of a patient, oldest first.

    The id is the consortium's, or that of a scope. Raises: AuditRefused.
    """
    async with reading(connection):
        patient = await connection.fetchval(_PATIENT, public_id, scope)
        if patient is None:
            where = "the consortium" if scope is None else f"scope {scope}"
            raise AuditRefused(
                f"no patient has the id {public_id} in {where}: give an id as the graph answers "
                "it, and with --scope the scope that it is from"
            )
        async for row in rows(connection, _ACCESSES, patient):
            yield Access(
                at=row["at"],
                issuer=row["issuer"],
                organisation_number=row["organisation_number"],
                organisation=row["name"],
                subject=row["subject"],
                role=row["role"],
                scope=row["scope"],
                purpose=row["purpose"],
                types=tuple(json.loads(row["rows_by_type"])),
                release=row["release"],
                door=row["door"],
                request_id=row["request_id"],
                federated_request_id=row["federated_request_id"],
            )
