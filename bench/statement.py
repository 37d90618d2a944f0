"""The one statement that ours sends for an operation, for the floor to send as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from db.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Statement:
    """Hold SQL, and what it is called with, as text or as lists of texts."""

    sql: str
    arguments: tuple[str | list[str] | None, ...]


def statement_of(query: str, variables: Mapping[str, Any], viewer: Viewer) -> Statement | None:
    """Give the statement of an operation; None where it is not compiled to one."""
    if "patient(id: $id)" not in query:
        return None
    return Statement(_ONE_PATIENT, (*viewer.settings, variables["id"]))


_HASH = (
    "left(encode(sha256(convert_to(current_setting('app.scope', true), 'UTF8')"
    " || uuid_send({}.key)), 'hex'), 12)"
)


def _hash(alias: str) -> str:
    return _HASH.format(alias)


def _list(columns: str, source: str, order: str) -> str:
    return (
        f"(select coalesce(json_agg(json_build_object({columns}) order by {order}), '[]') "
        f"from connect.{source})"
    )


# For development, until the executor gives its own.
_ONE_PATIENT = f"""select case when set_config('app.issuer', $1, true) is not null
  and set_config('app.organisation', $2, true) is not null
  and set_config('app.subject', $3, true) is not null
  and set_config('app.scope', $4, true) is not null
  and set_config('app.purpose', $5, true) is not null then (
select json_build_object('patient', (select json_build_object('id', y.public_id, 'sex', p.sex,
  'ageBand', p.age_band, 'healthRegion', p.health_region,
  'diagnoses', {
    _list(
        "'tumourType', d.tumour_type, 'oncoTreeCode', d.onco_tree_code, 'icd10', d.icd10",
        "diagnosis d where d.patient_id = p.id",
        f"d.tumour_type, {_hash('d')}",
    )
},
  'specimens', {
    _list(
        f"'id', y.public_id || '.' || {_hash('s')}, 'kind', s.kind, 'timepoint', s.timepoint",
        "specimen s where s.patient_id = p.id",
        f"s.day, s.ordinal, {_hash('s')}",
    )
})
from connect.patient p join connect.pseudonym y on y.patient_id = p.id
where y.public_id = $6::text))::text) end"""
