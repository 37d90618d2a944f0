"""What each login sees equals what access.md says, computed here from the tables alone.

Nothing of the policies, of scope_fact or of pseudonym.during is used: only facts, dates and now.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
import pytest

from db.synthetic.demo import add_membership
from tests.synthetic.conftest import ISSUER, furnish
from tests.world import Database

# What hangs on a patient, and what hangs on a treatment.
OF_PATIENT = (
    *("patient", "screening", "diagnosis", "specimen", "molecular_profile", "biomarker"),
    *("prior_treatment", "prior_treatment_drug", "biomarker_evidence", "tumour_board_review"),
)
OF_TREATMENT = (
    *("treatment", "response_assessment", "resistance_finding"),
    *("treatment_funding", "treatment_biomarker", "adverse_event"),
)
IDENTITIES = (
    *("patient_identity", "treatment_identity", "specimen_identity", "consent"),
    "tumour_board_review_identity",
)
MOLECULAR = {
    *("specimen", "molecular_profile", "biomarker", "biomarker_evidence", "tumour_board_review"),
    "treatment_biomarker",
}


@dataclass
class Facts:
    """The tables as the superuser reads them."""

    now: datetime
    scope: dict[str, Any]
    drugs: set[int]
    project: dict[str, Any]
    project_cohorts: set[int]
    project_tumours: set[str]
    regimen: dict[int, set[int]]
    tissue: dict[str, str]
    consents: list[Any]
    treatments: list[Any]
    diagnoses: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    sites: dict[int, int] = field(default_factory=dict)


async def read(c: asyncpg.Connection, code: str) -> Facts:
    scope = dict(await c.fetchrow("select * from connect.scope where code = $1", code) or {})
    project = await c.fetchrow("select * from connect.project where id = $1", scope["project_id"])
    regimen = defaultdict[int, set[int]](set)
    for row in await c.fetch("select * from connect.cohort_drug"):
        regimen[row["cohort_id"]].add(row["drug_id"])
    facts = Facts(
        await c.fetchval("select now()"),
        scope,
        {
            row["drug_id"]
            for row in await c.fetch("select * from connect.agreement_drug")
            if row["agreement_id"] == scope["agreement_id"]
        },
        dict(project or {}),
        {
            row["cohort_id"]
            for row in await c.fetch("select * from connect.project_cohort")
            if row["project_id"] == scope["project_id"]
        },
        {
            row["onco_tree_code"]
            for row in await c.fetch("select * from connect.project_tumour_type")
            if row["project_id"] == scope["project_id"]
        },
        regimen,
        {r["code"]: r["tissue_code"] for r in await c.fetch("select * from connect.onco_tree")},
        await c.fetch("select * from connect.consent"),
        await c.fetch("select * from connect.treatment"),
    )
    for row in await c.fetch("select * from connect.diagnosis where onco_tree_code is not null"):
        facts.diagnoses[row["patient_id"]].add(row["onco_tree_code"])
    for row in await c.fetch("select * from connect.patient_identity"):
        facts.sites[row["patient_id"]] = row["site_id"]
    return facts


def consenting(facts: Facts, purpose: str) -> set[int]:
    return {
        c["patient_id"]
        for c in facts.consents
        if c["purpose"] == purpose
        and c["given_at"] <= facts.now
        and (c["withdrawn_at"] is None or facts.now < c["withdrawn_at"])
    }


def expected(facts: Facts, role: str) -> tuple[set[int], set[int]]:
    """Give the patients and the treatments that access.md lets this role see in this scope."""
    everyone = set(facts.sites)
    scope = facts.scope
    if role == "authority":
        return set(), set()
    ended = scope["valid_to"] is not None and scope["valid_to"] <= facts.now
    hidden = scope["embargo_until"] is not None and scope["embargo_until"] > facts.now
    if ended or hidden:
        return set(), set()
    treatments = {t["id"]: t for t in facts.treatments}
    if role == "partner":
        willing = consenting(facts, "COMMERCIAL")
        seen = {
            key
            for key, t in treatments.items()
            if t["patient_id"] in willing and facts.regimen.get(t["cohort_id"], set()) & facts.drugs
        }
        return {treatments[key]["patient_id"] for key in seen}, seen
    if role == "researcher":
        willing = consenting(facts, "RESEARCH")
        if not facts.project["all_tumour_types"]:
            allowed = facts.project_tumours
            willing = {
                p
                for p in willing
                if any(
                    code in allowed or facts.tissue[code] in allowed for code in facts.diagnoses[p]
                )
            }
        if facts.project["all_cohorts"]:
            return willing, {k for k, t in treatments.items() if t["patient_id"] in willing}
        seen = {
            k
            for k, t in treatments.items()
            if t["patient_id"] in willing and t["cohort_id"] in facts.project_cohorts
        }
        return {treatments[k]["patient_id"] for k in seen}, seen
    if role == "clinician":
        everyone = {p for p, site in facts.sites.items() if site == scope["site_id"]}
    return everyone, {k for k, t in treatments.items() if t["patient_id"] in everyone}


async def session(world: Database, role: str, scope: str) -> asyncpg.Connection:
    owner = await asyncpg.connect(world.url)
    number, subject = await add_membership(owner, ISSUER, role, scope)
    await owner.close()
    connection = await asyncpg.connect(world.login(role))
    settings = {"issuer": ISSUER, "organisation": number, "subject": subject, "scope": scope}
    for name, value in settings.items():
        await connection.execute("select set_config($1, $2, false)", f"app.{name}", value)
    return connection


CASES = [
    ("partner", "AGR-OLA-01"),
    ("partner", "AGR-DAB-01"),
    ("partner", "AGR-ALP-01"),
    ("researcher", "PRJ-CRC-01"),
    ("researcher", "PRJ-BRAF-01"),
    ("clinician", "SITE-OUS"),
    ("clinician", "SITE-NLSH"),
    ("steward", "CONNECT"),
    ("authority", "CONNECT"),
]


@pytest.mark.parametrize(("role", "scope"), CASES)
async def test_each_login_sees_what_access_says(
    world: Database, reader: asyncpg.Connection, role: str, scope: str
) -> None:
    patients, treatments = await compare(world, reader, role, scope)
    assert scope == "AGR-ALP-01" or role == "authority" or (patients and treatments)


async def test_embargo_end_and_withdrawal_follow_the_clock(database: Database) -> None:
    await furnish(database.url, 240)
    owner = await asyncpg.connect(database.url)
    assert await compare(database, owner, "partner", "AGR-ALP-01") == (set(), set())
    await owner.execute("update connect.scope set embargo_until = now() where code = 'AGR-ALP-01'")
    patients, treatments = await compare(database, owner, "partner", "AGR-ALP-01")
    assert treatments
    await owner.execute(
        "update connect.consent set withdrawn_at = now() where patient_id = $1 "
        "and purpose = 'COMMERCIAL' and (withdrawn_at is null or withdrawn_at > now())",
        min(patients),
    )
    fewer, _ = await compare(database, owner, "partner", "AGR-ALP-01")
    assert fewer == patients - {min(patients)}
    await owner.execute("update connect.scope set valid_to = now() where code = 'AGR-ALP-01'")
    assert await compare(database, owner, "partner", "AGR-ALP-01") == (set(), set())
    await owner.close()


async def compare(
    world: Database, reader: asyncpg.Connection, role: str, scope: str
) -> tuple[set[int], set[int]]:
    """Compare what the login sees in every table with what it should."""
    facts = await read(reader, scope)
    patients, treatments = expected(facts, role)
    domains = set(facts.scope["data_domains"]) if role in {"partner", "researcher"} else None
    connection = await session(world, role, scope)
    for table in (*OF_PATIENT, *OF_TREATMENT, *IDENTITIES):
        of_treatment = table in OF_TREATMENT
        column = "treatment_id" if of_treatment else "patient_id"
        column = "id" if table in {"patient", "treatment"} else column
        seen = treatments if of_treatment else patients
        withheld = domains is not None and (
            (table in MOLECULAR and "MOLECULAR" not in domains)
            or (table == "resistance_finding" and "RESISTANCE" not in domains)
        )
        should = sorted(
            row[column]
            for row in await reader.fetch(f"select {column} from connect.{table}")
            if row[column] in seen and not withheld
        )
        if role == "authority" or (table in IDENTITIES and role not in {"clinician", "steward"}):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"select {column} from connect.{table}")
            continue
        visible = await connection.fetch(f"select {column} from connect.{table}")
        assert sorted(row[column] for row in visible) == should, table
    await connection.close()
    return patients, treatments


@pytest.mark.parametrize("role", ["partner", "researcher", "clinician", "steward"])
async def test_without_settings_or_in_another_scope_nothing_is_visible(
    world: Database, role: str
) -> None:
    bare = await asyncpg.connect(world.login(role))
    for table in (*OF_PATIENT, *OF_TREATMENT, "cohort", "scope", "membership"):
        assert await bare.fetchval(f"select count(*) from connect.{table}") == 0
    await bare.close()
    own = dict(CASES[::-1])[role]
    connection = await session(world, role, own)
    others = [scope for _, scope in CASES if scope != own]
    for scope in (*others, "NONE", ""):
        await connection.execute("select set_config('app.scope', $1, false)", scope)
        for table in (*OF_PATIENT, *OF_TREATMENT):
            assert await connection.fetchval(f"select count(*) from connect.{table}") == 0
    await connection.close()
