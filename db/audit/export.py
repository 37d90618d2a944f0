"""Export: the audit as it was written, for who keeps it elsewhere; patients by consortium ids."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

from db.audit.reading import Connection, reading, rows

_ENTRIES = """
select e.*, d.content, array(
    select y.public_id from connect.pseudonym y
    join connect.scope s on s.id = y.scope_id and s.kind = 'CONSORTIUM'
    where y.patient_id = any(e.patients) order by 1) as ids
from connect.audit_entry e left join connect.audit_document d on d.digest = e.document
where ($1::timestamptz is null or e.at >= $1) and ($2::timestamptz is null or e.at < $2)
order by e.at, e.chain_id, e.ordinal
"""


async def export(
    connection: Connection, since: datetime | None, until: datetime | None
) -> AsyncGenerator[dict[str, Any], None]:
    """Give the entries of a time, oldest first: from `since`, and before `until`."""
    async with reading(connection):
        async for row in rows(connection, _ENTRIES, since, until):
            told: dict[str, Any] = dict(row)
            content, told["patients"] = told.pop("content"), told.pop("ids")
            text = None if content is None else content.decode("utf-8", "surrogatepass")
            yield {
                **told,
                "chain_id": row["chain_id"].hex,
                "at": row["at"].isoformat(),
                "patient_count": len(row["patients"]),
                "document": text,
                "variables": None if row["variables"] is None else json.loads(row["variables"]),
                "rows_by_type": json.loads(row["rows_by_type"]),
                "previous": row["previous"].hex(),
                "digest": row["digest"].hex(),
            }
