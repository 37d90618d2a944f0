"""The oracle: which rows of which table a viewer may see, by what docs say of access and no policy.

It reads every table whole, as the superuser, and decides in Python. It knows neither policies,
grants nor `pseudonym.during`; of `pseudonym` it uses the ids alone.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import asyncpg

from tests.access.kind import (
    AUDIT,
    COUNTS,
    DOMAINS,
    IDENTITY,
    OF_AGREEMENT,
    OF_COHORT,
    OF_FINDING,
    OF_PATIENT,
    OF_PROJECT,
    OF_TREATMENT,
    OFFICE,
    OFFICE_READS,
    PUBLISHED,
    REFERENCE,
    STORED,
    TERMS,
)

Row = dict[str, Any]
Visible = dict[str, list[Row]]


HOLDS = {
    "partner": "AGREEMENT",
    "researcher": "PROJECT",
    "clinician": "SITE",
    "steward": "CONSORTIUM",
    "authority": "CONSORTIUM",
}


@dataclass(frozen=True, slots=True)
class Who:
    """Hold what a session says of itself, and the role of its login."""

    role: str
    issuer: str
    organisation: str
    subject: str
    scope: str
    purpose: str = ""
    """What is stated; where nothing is, it is the scope's only one."""

    @property
    def settings(self) -> tuple[str, str, str, str, str]:
        return (self.issuer, self.organisation, self.subject, self.scope, self.purpose)

    def login(self, role: str) -> Who:
        """Say the same over another role's login."""
        return replace(self, role=role)


@dataclass(frozen=True, slots=True)
class Facts:
    """Hold every table of the schema, whole."""

    now: datetime
    tables: dict[str, list[Row]]
    columns: dict[str, list[str]]

    @classmethod
    async def read(cls, url: str) -> Facts:
        connection = await asyncpg.connect(url)
        try:
            return await cls.within(connection)
        finally:
            await connection.close()

    @classmethod
    async def within(cls, connection: asyncpg.Connection) -> Facts:
        """Read as a connection's superuser sees them, in its transaction where there is one."""
        names = await connection.fetch(
            "select table_name as name, array_agg(column_name::text order by ordinal_position)"
            " as columns from information_schema.columns join information_schema.tables"
            " using (table_schema, table_name)"
            " where table_schema = 'connect' and table_type = 'BASE TABLE' group by 1"
        )
        columns = {row["name"]: list(row["columns"]) for row in names}
        tables = {
            name: [
                dict(row)
                for row in await connection.fetch(f"select * from connect.{name} order by ctid")
            ]
            for name in columns
        }
        return cls(await connection.fetchval("select now()"), tables, columns)

    def of(self, table: str, **equal: object) -> list[Row]:
        """List a table's rows in which columns have these values."""
        return [
            row
            for row in self.tables[table]
            if all(row[column] == value for column, value in equal.items())
        ]

    def live(self, begin: datetime, end: datetime | None) -> bool:
        return begin <= self.now and (end is None or self.now < end)


def visible(facts: Facts, who: Who) -> Visible:
    """List what a session sees of every table."""
    found: Visible = {table: [] for table in facts.tables}
    found["membership"] = [
        row
        for row in facts.of(
            "membership",
            issuer=who.issuer,
            organisation_number=who.organisation,
            subject=who.subject,
        )
        if facts.live(row["valid_from"], row["revoked_at"])
        and who.role in {"identity", row["role"].lower()}
    ]
    held = {row["scope_id"] for row in found["membership"]}
    scopes = [
        row
        for row in facts.tables["scope"]
        if row["id"] in held and facts.live(row["valid_from"], row["valid_to"])
    ]
    if who.role == "audit":
        found["audit_seal"] = facts.tables["audit_seal"]
        return found | {"membership": []}
    if who.role == "office":
        return _office(facts, who, found)
    if who.role == "identity":
        found["scope"] = scopes
        found["viewer_version"] = facts.tables["viewer_version"] if scopes else []
        found["partner"] = facts.of("partner", organisation_number=who.organisation)
        return found
    scopes = [
        row for row in scopes if (row["namespace"], row["kind"]) == (who.scope, HOLDS[who.role])
    ]
    for row in scopes:
        only = row["purposes"][0] if len(row["purposes"]) == 1 else ""
        if (purpose := who.purpose or only) in row["purposes"]:
            found["scope"] = scopes
            found["viewer_version"] = facts.tables["viewer_version"]
            found["opening"] = [
                row
                for row in facts.of("opening", scope_id=row["id"], purpose=who.purpose)
                if row["membership_id"] in {each["id"] for each in found["membership"]}
            ]
            _Sight(facts, who.role, row, purpose, found).fill()
    return found


def _office(facts: Facts, who: Who, found: Visible) -> Visible:
    """List what the login that writes reads, which is there while a steward asks."""
    steward = visible(facts, who.login("steward"))
    if not steward["scope"]:
        return found
    found.update({table: facts.tables[table] for table in OFFICE_READS})
    (scope,) = steward["scope"]
    found["pseudonym"] = facts.of("pseudonym", scope_id=scope["id"])
    return found


@dataclass(slots=True)
class _Sight:
    """Work out what one live scope shows."""

    facts: Facts
    role: str
    scope: Row
    purpose: str
    found: Visible
    codes: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))

    def fill(self) -> None:
        facts, found = self.facts, self.found
        found.update({table: facts.tables[table] for table in REFERENCE})
        self._contracts()
        embargo = self.scope["embargo_until"]
        if self.role == "authority" or (embargo is not None and embargo > facts.now):
            return
        treatments = [row for row in facts.tables["treatment"] if self._covers(row)]
        patients = self._patients({row["patient_id"] for row in treatments})
        found["patient"] = [row for row in facts.tables["patient"] if row["id"] in patients]
        for table in OF_PATIENT:
            self._hang(table, "patient_id", patients)
        for table in OF_COHORT:
            self._hang(table, "patient_id", patients)
            found[table] = [row for row in found[table] if self._covers(row)]
        options = {row["id"] for row in found["therapeutic_option"]}
        self._hang("therapeutic_option_drug", "option_id", options)
        found["treatment"] = [row for row in treatments if row["patient_id"] in patients]
        started = {row["id"] for row in found["treatment"]}
        for table in OF_TREATMENT:
            self._hang(table, "treatment_id", started)
        findings = {row["id"] for row in found["resistance_finding"]}
        for table in OF_FINDING:
            self._hang(table, "finding_id", findings)
        found["pseudonym"] = [
            row
            for row in facts.of("pseudonym", scope_id=self.scope["id"])
            if row["patient_id"] in patients
        ]
        if self.role in {"clinician", "steward"}:
            for table in IDENTITY:
                self._hang(table, "patient_id", patients)

    def _contracts(self) -> None:
        facts, found = self.facts, self.found
        open_ = {row["id"] for row in facts.of("data_release", published=True)}
        for table in PUBLISHED:
            found[table] = [row for row in facts.tables[table] if row["release_id"] in open_]
        found["stage_of_cohort"] = facts.of("stage_of_cohort", released=self.role != "steward")
        if self.role == "steward":
            found["membership"] = facts.tables["membership"]
            everything = OFFICE | OF_AGREEMENT | OF_PROJECT | TERMS | COUNTS | AUDIT | STORED
            found.update({table: facts.tables[table] for table in everything})
            return
        for table in COUNTS:
            found[table] = facts.of(table, published=True)
        found["stored_operation"] = [
            row
            for row in facts.of("stored_operation", ended_at=None)
            if self.role.upper() in row["roles"]
        ]
        if self.role == "partner":
            agreement = self.scope["agreement_id"]
            found["agreement"] = facts.of("agreement", id=agreement)
            found["scope_term"] = facts.of("scope_term", agreement_id=agreement)
            found["agreement_drug"] = facts.of("agreement_drug", agreement_id=agreement)
            found["stage_of_cohort"] = [
                row
                for row in facts.tables["stage_of_cohort"]
                if row["released"] is not self._covers(row)
            ]
        elif self.role == "researcher":
            project = self.scope["project_id"]
            found["project"] = facts.of("project", id=project)
            found["scope_term"] = facts.of("scope_term", project_id=project)
            for table in OF_PROJECT - {"project"}:
                found[table] = facts.of(table, project_id=project)

    def _hang(self, table: str, column: str, seen: set[int]) -> None:
        narrowed = self.role in {"partner", "researcher"} and table in DOMAINS
        if not narrowed or DOMAINS[table] in self.scope["data_domains"]:
            rows = self.facts.tables[table]
            self.found[table] = [row for row in rows if row[column] in seen]

    def _covers(self, row: Row) -> bool:
        """Tell whether the scope includes the cohort of a treatment or an offer."""
        cohort = row["cohort_id"]
        match self.role:
            case "partner":
                drugs = {row["drug_id"] for row in self.found["agreement_drug"]}
                return any(
                    row["drug_id"] in drugs
                    for row in self.facts.of("cohort_drug", cohort_id=cohort)
                )
            case "researcher":
                cohorts = {row["cohort_id"] for row in self.found["project_cohort"]}
                return self.found["project"][0]["all_cohorts"] or cohort in cohorts
        return True

    def _patients(self, treated: set[int]) -> set[int]:
        """List whom facts and consents show: what is stated asks for its own consent as well."""
        found = self._covered(treated)
        if self.purpose in {"RESEARCH", "COMMERCIAL"}:
            found = found & self._consenting(self.purpose)
        return found

    def _covered(self, treated: set[int]) -> set[int]:
        match self.role:
            case "partner":
                return self._consenting("COMMERCIAL") & treated
            case "researcher":
                consenting = self._consenting("RESEARCH")
                if not self.found["project"][0]["all_cohorts"]:
                    consenting &= treated
                return {patient for patient in consenting if self._has_tumour_type(patient)}
            case "clinician":
                own = self.facts.of("patient_identity", site_id=self.scope["site_id"])
                return {row["patient_id"] for row in own}
        return {row["id"] for row in self.facts.tables["patient"]}

    def _consenting(self, purpose: str) -> set[int]:
        return {
            row["patient_id"]
            for row in self.facts.of("consent", purpose=purpose)
            if self.facts.live(row["given_at"], row["withdrawn_at"])
        }

    def _has_tumour_type(self, patient: int) -> bool:
        if self.found["project"][0]["all_tumour_types"]:
            return True
        if not self.codes:
            tissue = {row["code"]: row["tissue_code"] for row in self.facts.tables["onco_tree"]}
            for row in self.facts.tables["diagnosis"]:
                if (code := row["onco_tree_code"]) is not None:
                    self.codes[row["patient_id"]] |= {code, tissue[code]}
        approved = {row["onco_tree_code"] for row in self.found["project_tumour_type"]}
        return bool(self.codes.get(patient, set()) & approved)
