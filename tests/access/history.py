"""How the facts of a world came to be: writes that let them come, change and go."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import asyncpg

from tests.access.draw import FUTURE, Draw, Row

FACTS: Mapping[str, tuple[str, ...]] = {
    "consent": ("id",),
    "treatment": ("id",),
    "diagnosis": ("id",),
    "patient_identity": ("patient_id",),
    "agreement_drug": ("agreement_id", "drug_id"),
    "cohort_drug": ("cohort_id", "drug_id"),
    "project_cohort": ("project_id", "cohort_id"),
    "project_tumour_type": ("project_id", "onco_tree_code"),
    "project": ("id",),
    "onco_tree": ("code",),
    "scope": ("id",),
    "membership": ("id",),
}
"""The tables of facts, and what names a row of each."""


@dataclass(frozen=True, slots=True)
class Move:
    """Hold one statement: rows of a table come, go, or change."""

    kind: str
    table: str
    rows: tuple[Row, ...]

    async def write(self, connection: asyncpg.Connection) -> None:
        await _MOVES[self.kind](connection, self.table, list(self.rows))


def history(draw: Draw, begin: dict[str, list[Row]], last: str) -> Iterator[Move]:
    """Take facts away from the beginning, change others, add some; give what makes up for it.

    Of the table that is written last most facts move.
    """
    for table, names in FACTS.items():
        rows = begin.setdefault(table, [])
        final = [dict(row) for row in rows]
        for row in list(rows):
            later = dict(row)
            often = draw.full and table in {"onco_tree", "scope"}
            match 2 if often else draw.number(0, 5 if table == last else 9):
                case 0 | 1 if _may_come_late(table, row, begin):
                    rows.remove(row)
                    yield Move("insert", table, (later,))
                case 2 | 3 if (changed := _changed(draw, table, row)) is not None:
                    row |= changed
                    yield Move("update", table, (later,))
                case 4 if _may_come_late(table, row, begin):
                    yield Move("renew", table, (later,))
        if table == "patient_identity":
            yield from _strangers(draw, begin, final)
        for row in list(rows):
            if draw.chance(0.9 if table == last else 0.15) and (
                extra := _extra(draw, table, row, [*final, *rows])
            ):
                rows.append(extra)
                yield Move("delete", table, ({name: extra[name] for name in names},))


def _strangers(draw: Draw, begin: dict[str, list[Row]], final: list[Row]) -> Iterator[Move]:
    """Let some patients have a site in the beginning whose site is not known in the end."""
    identities = begin.setdefault("patient_identity", [])
    known = {row["patient_id"] for row in final}
    coming = {row["id"]: row for row in begin["patient"] if row["id"] not in known}
    for patient, row in coming.items():
        if draw.chance(0.5):
            site = {"study_id": row["study_id"], "site_id": draw.one(1, 2)}
            others = dict.fromkeys(("birth_year", "age_at_enrolment_years", "enrolled_on"))
            gone = {"patient_id": patient, "source_key": f"gone-{patient}", **site, **others}
            identities.append(gone)
            yield Move("delete", "patient_identity", ({"patient_id": patient},))


def _may_come_late(table: str, row: Row, begin: dict[str, list[Row]]) -> bool:
    match table:
        case "project" | "onco_tree" | "scope":
            return False
        case "diagnosis":
            users = [*begin.get("specimen", []), *begin.get("prior_treatment", [])]
            return all(each["diagnosis_id"] != row["id"] for each in users)
        case "treatment":
            with_identity = begin.get("treatment_identity", [])
            bare = all(each["treatment_id"] != row["id"] for each in with_identity)
            findings = [*begin.get("resistance_finding", []), *begin.get("treatment_biomarker", [])]
            return bare and all(each["treatment_id"] != row["id"] for each in findings)
    return True


def _changed(draw: Draw, table: str, row: Row) -> Row | None:
    """Give what was different before, of a fact that an update changed."""
    match table:
        case "consent":
            if row["withdrawn_at"] is None:
                return {"given_at": draw.ago(-1500 - row["id"])}
            return {"withdrawn_at": None}
        case "treatment":
            return {"cohort_id": draw.one(1, 2, 3, 4, 5, None)}
        case "diagnosis":
            return {"onco_tree_code": draw.one("LUAD", "COAD", "BOWEL", None)}
        case "patient_identity":
            return {"site_id": draw.one(1, 2, 3, None)}
        case "project":
            name = draw.one("all_cohorts", "all_tumour_types")
            return {name: not row[name]}
        case "onco_tree" if row["code"] != row["tissue_code"]:
            return {"tissue_code": draw.one("LUNG", "BOWEL")}
        case "scope":
            others = ["STATISTICS"] if draw.full else draw.one(["RESEARCH"], ["COMMERCIAL"])
            return {"embargo_until": draw.at(FUTURE), "data_domains": [], "purposes": others}
        case "membership":
            return {"revoked_at": row["valid_from"]}
    return None


def _extra(draw: Draw, table: str, row: Row, rows: list[Row]) -> Row | None:
    """Give a fact that is gone later."""
    number = 100_000 + len(rows)
    match table:
        case "consent":
            return row | {"id": number, "given_at": draw.ago(2000 + number % 999),
                          "withdrawn_at": None}  # fmt: skip
        case "treatment" | "diagnosis":
            other = {"source_key": f"gone-{number}"} if table == "diagnosis" else {}
            return (
                row
                | {"id": number, "key": draw.uuid()}
                | other
                | (_changed(draw, table, row) or {})
            )
        case "agreement_drug" | "cohort_drug":
            extra = row | {"drug_id": draw.number(1, 5)}
        case "project_cohort":
            extra = row | {"cohort_id": draw.number(1, 5)}
        case "project_tumour_type":
            extra = row | {"onco_tree_code": draw.one("LUNG", "LUAD", "COAD", "BOWEL")}
        case _:
            return None
    return None if extra in rows else extra


async def insert(connection: asyncpg.Connection, table: str, rows: list[Row]) -> None:
    if rows:
        names = ", ".join(f'"{name}"' for name in rows[0])
        await connection.execute(
            f"insert into connect.{table} ({names}) overriding system value select {names}"
            f" from jsonb_populate_recordset(null::connect.{table}, $1::text::jsonb)",
            json.dumps(rows),
        )


async def _update(connection: asyncpg.Connection, table: str, rows: list[Row]) -> None:
    keys, names = FACTS[table], [name for name in rows[0] if name not in FACTS[table]]
    names = [name for name in names if name != "patient_id"]
    values = ", ".join(f'"{name}" = n."{name}"' for name in names)
    same = " and ".join(f't."{key}" = n."{key}"' for key in keys)
    await connection.execute(
        f"update connect.{table} t set {values}"
        f" from jsonb_populate_recordset(null::connect.{table}, $1::text::jsonb) n where {same}",
        json.dumps(rows),
    )


async def _delete(connection: asyncpg.Connection, table: str, rows: list[Row]) -> None:
    same = " and ".join(f't."{key}" = n."{key}"' for key in FACTS[table])
    await connection.execute(
        f"delete from connect.{table} t"
        f" using jsonb_populate_recordset(null::connect.{table}, $1::text::jsonb) n where {same}",
        json.dumps(rows),
    )


async def _renew(connection: asyncpg.Connection, table: str, rows: list[Row]) -> None:
    """Take rows away, and bring them back."""
    await _delete(connection, table, rows)
    await insert(connection, table, rows)


_MOVES = {"renew": _renew, "insert": insert, "update": _update, "delete": _delete}
