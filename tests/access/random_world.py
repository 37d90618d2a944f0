"""A random world: facts of every kind, and the writes by which they came to be what they are.

What is drawn is how the world is in the end. It begins with some of the facts missing, others
different, and some that are gone later; pseudonyms are made then, and everything after that comes
and goes in single statements, as it does in a year. Pseudonyms that are still missing are made at
the end, as after every import.
"""

from __future__ import annotations

import copy
import hashlib
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from db.pseudonym import fill
from tests.access.draw import EXACT, FUTURE, PAST, SOON, Draw, Row
from tests.access.history import FACTS, Move, history, insert
from tests.access.oracle import HOLDS
from tests.access.record import Records

KEY = b"k" * 32
_ROLES = [role.upper() for role in HOLDS]
ISSUERS = ("https://a.example", "https://b.example")
BOTH = ["MOLECULAR", "RESISTANCE"]
ORGANISATIONS = ("900000001", "900000002", "900000003")
_IN_ORDER = (
    "gene gene_former_symbol onco_tree drug drug_target partner site study cohort cohort_drug"
    " biomarker_definition cohort_design cohort_contribution agreement agreement_drug project"
    " project_cohort project_tumour_type scope membership import_batch quarantine patient"
    " patient_identity consent diagnosis specimen specimen_identity molecular_profile"
    " gene_assessed biomarker biomarker_evidence concordance prior_treatment"
    " prior_treatment_drug tumour_board_review tumour_board_review_identity therapeutic_option"
    " therapeutic_option_drug screening screening_identity offer treatment treatment_identity"
    " treatment_drug treatment_biomarker treatment_funding adverse_event response_assessment"
    " response_component lesion lesion_measurement outcome outcome_assessment"
    " resistance_finding finding_biomarker paired_evidence analysis_row screening_row"
    " data_release release_manifest published_grouping published_cell published_stage"
    " publication_report publication publication_draft stage_of_cohort stored_operation"
)
ORDER = _IN_ORDER.split()
"""What is written first stands first."""


@dataclass(frozen=True, slots=True)
class RandomWorld:
    """Hold how a world begins, and what is written afterwards."""

    seed: int
    begin: dict[str, list[Row]]
    moves: tuple[Move, ...]

    async def write(self, connection: asyncpg.Connection) -> None:
        """Write it as the loader, in the transaction of the connection."""
        await connection.execute("set local role connect_loader")
        for table in ORDER:
            await insert(connection, table, self.begin.get(table, []))
        await fill(connection, KEY)
        for move in self.moves:
            await move.write(connection)
        await fill(connection, KEY)
        await connection.execute("set constraints all immediate")
        await connection.execute("reset role")
        for table in AUDITED:  # as none of the logins may
            await insert(connection, table, _audit(table))


_CHAIN = {"chain_id": str(UUID(int=1)), "ordinal": 1, "at": "2024-01-01T00:00:00+00:00"}
_SEAL = _CHAIN | {"number": 1}
_ENTRY = _CHAIN | {
    "request_id": "0" * 32,
    "issuer": "secret",
    "organisation_number": "1",
    "subject": "secret",
    "door": "x",
    "rows_by_type": "{}",
    "patients": [1],
    "cells": 0,
    "decision": "ANSWERED",
    "codes": [],
    "duration_microseconds": 1,
}
AUDITED = ("audit_chain", "audit_document", "audit_entry", "audit_seal")


def _audit(table: str) -> list[Row]:
    """Give one row of the audit."""
    at, chain, digest = _CHAIN["at"], _CHAIN["chain_id"], "\\x" + "00" * 32
    empty = "\\x" + hashlib.sha256(b"").hexdigest()
    rows: dict[str, list[Row]] = {
        "audit_chain": [
            {"id": chain, "opened_at": at, "key_name": "\\x" + "00" * 8, "digest": digest}
        ],
        "audit_document": [{"digest": empty, "content": "\\x"}],
        "audit_entry": [_ENTRY | {"digest": digest, "previous": digest}],
        "audit_seal": [_SEAL | {"head": digest, "digest": digest, "previous": digest}],
    }
    return rows[table]


def draw_world(
    seed: int, now: datetime, soon: timedelta, *, rich: bool = False, last: str | None = None
) -> RandomWorld:
    """Draw the world of a seed, at a moment; a rich one has every kind of membership and scope.

    What is written last is of one table: nothing written after it mends what it left undone.
    """
    draw = Draw(random.Random(seed), now, soon, full=rich)
    _Consortium(draw, seed, rich).fill()
    begin = copy.deepcopy(dict(draw.rows))
    last = last or draw.one(*FACTS)
    moves = list(history(draw, begin, last))
    draw.rng.shuffle(moves)
    moves.sort(key=lambda move: move.table == last)
    return RandomWorld(seed, begin, tuple(moves))


@dataclass(slots=True)
class _Consortium:
    """Draw who takes part, what was agreed on, and everybody's records."""

    draw: Draw
    seed: int
    rich: bool
    codes: list[str] = field(default_factory=list)
    drugs: list[int] = field(default_factory=list)
    genes: list[int] = field(default_factory=list)
    cohorts: list[int] = field(default_factory=list)

    def fill(self) -> None:
        self._vocabulary()
        self._cohorts()
        for number, organisation in enumerate(ORGANISATIONS):
            self.draw.new(
                "partner",
                code=f"P-{number}",
                organisation_number=organisation,
                name=f"Organisation {number}",
                sector=self.draw.one("HOSPITAL", "INDUSTRY", "RESEARCH"),
            )
        self._scopes()
        self._memberships()
        self._releases()
        self._operations()
        batches = self._studies()
        for _ in range(self.draw.number(10, 20)):
            self._patient(batches)

    def _vocabulary(self) -> None:
        draw = self.draw
        for tissue, codes in {
            "LUNG": ("LUNG", "LUAD", "NSCLC"),
            "BOWEL": ("BOWEL", "COAD"),
        }.items():
            for code in codes:
                draw.add("onco_tree", code=code, name=code.lower(), tissue_code=tissue)
                self.codes.append(code)
        for n, symbol in enumerate(("BRAF", "TP53", "ERBB2", "KRAS")):
            row = draw.new("gene", symbol=symbol, hgnc_id=f"HGNC:{n}", name=draw.words("a gene"))
            self.genes.append(row["id"])
        draw.add("gene_former_symbol", former_symbol="OLD", gene_id=self.genes[0])
        for n in range(5):
            atc, route = draw.words("L01XK01"), draw.words("ORAL")
            self.drugs.append(draw.new("drug", inn=f"drug{n}", atc=atc, route=route)["id"])
            draw.add("drug_target", drug_id=self.drugs[-1], gene_id=draw.one(*self.genes))

    def _cohorts(self) -> None:
        draw = self.draw
        for n in range(5):
            row = draw.new(
                "cohort",
                code=f"COH-{n}",
                tumour_type="lung",
                onco_tree_code=draw.maybe(draw.one(*self.codes)),
                stage=draw.one("STAGE_1", "COMPLETED"),
                opened_on=draw.maybe(draw.day()),
                synthetic=draw.chance(0.5),
            )
            self.cohorts.append(row["id"])
            for drug in draw.some(self.drugs, 2, self.rich):
                draw.add("cohort_drug", cohort_id=row["id"], drug_id=drug)
            draw.new(
                "biomarker_definition",
                cohort_id=row["id"],
                version=1,
                text="BRAF V600",
                effective_from=draw.one("2020-01-01", "2190-01-01"),
            )
            draw.add("cohort_design", cohort_id=row["id"], n1=8, r1=0, n=24, r=4, p0=0.1, p1=0.3)
            draw.add("stage_of_cohort", cohort_id=row["id"], released=True, stage="EXPANSION")
            for trial, published in (("DRUP", True), ("ProTarget", False)):
                draw.new(
                    "cohort_contribution",
                    cohort_id=row["id"],
                    trial=trial,
                    patients_treated=draw.number(0, 9),
                    counted_on=draw.maybe(draw.day()),
                    published=published,
                    literature=["10.1/z"],
                )

    def _scopes(self) -> None:
        draw = self.draw
        for n in range(4):
            company = {"patients_agreed": draw.maybe(9), "weeks_company_pays": draw.maybe(16)}
            agreement = draw.new(
                "agreement", code=f"AGR-{n}", partner_id=1, model="DRUG_SUPPLY", **company
            )
            for drug in draw.some(self.drugs, 1 if n == 2 else 3, self.rich):
                draw.add("agreement_drug", agreement_id=agreement["id"], drug_id=drug)
            flags = {"all_cohorts": draw.chance(0.4), "all_tumour_types": draw.chance(0.4)}
            if self.rich:
                turn = (n + self.seed) % 3
                flags = {"all_cohorts": turn == 0, "all_tumour_types": turn == 1}
            project = draw.new("project", code=f"PRJ-{n}", title="A project", partner_id=2, **flags)
            for cohort in draw.some(self.cohorts, 2 if self.rich else 3, self.rich):
                draw.add("project_cohort", project_id=project["id"], cohort_id=cohort)
            codes = draw.some(self.codes, 2)
            if self.rich:
                codes = draw.one(["LUNG"], ["BOWEL"], ["LUAD", "COAD"], ["NSCLC"])
            for code in codes:
                draw.add("project_tumour_type", project_id=project["id"], onco_tree_code=code)
            draw.new(
                "site", code=f"S-{n}", name="A site", health_region="VEST", partner_id=draw.maybe(3)
            )
        for n in range(1, 5 if self.rich else 4):
            self._scope("AGREEMENT", f"AGR-{n}", "COMMERCIAL", agreement_id=n)
            self._scope("PROJECT", f"PRJ-{n}", "RESEARCH", project_id=n)
        for n in (1, 2, 4) if self.rich else (1, 2):
            self._scope("SITE", f"SITE-{n}", "CARE", site_id=n)
        for code in ("CONNECT", "CONNECT-4") if self.rich else ("CONNECT",):
            self._scope("CONSORTIUM", code, "ADMINISTRATION")

    def _scope(self, kind: str, code: str, purpose: str, **of: int) -> None:
        draw = self.draw
        domains = draw.one(*([BOTH] * 3), ["MOLECULAR"], ["RESISTANCE"], [])
        live = (draw.ago(900), draw.one(None, draw.at(FUTURE)), draw.one(None, draw.ago(2)))
        if self.rich and code[-1] in "123T":
            first, last, embargo = live
            narrow = {"1": BOTH, "2": ["RESISTANCE"], "3": ["MOLECULAR"], "T": []}
            domains = narrow[code[-1]] if kind in {"AGREEMENT", "PROJECT"} else []
        else:
            others = (
                (draw.at(draw.one(FUTURE, SOON)), None, None),
                (draw.ago(900), draw.at(EXACT), None),
                (draw.ago(900), None, draw.at(FUTURE)),
                (draw.at(EXACT), None, draw.at(EXACT)),
                (draw.ago(900), draw.at(SOON), None),
                (draw.ago(900), draw.ago(1), None),
                (draw.ago(900), None, draw.at(SOON)),
            )
            first, last, embargo = draw.one(*([live] * 10), *others)
            if self.rich:
                first, last, embargo = others[self.seed % 4]
        draw.new(
            "scope",
            kind=kind,
            code=code,
            agreement_id=of.get("agreement_id"),
            project_id=of.get("project_id"),
            site_id=of.get("site_id"),
            valid_from=first,
            valid_to=last,
            embargo_until=embargo,
            purposes=self._purposes(purpose, code[-1]),
            generation=draw.one(0, 0, 1),
            data_domains=domains,
        )

    def _purposes(self, own: str, place: str) -> list[str]:
        """Draw what a scope is for: mostly its own purpose, with others, or another alone."""
        draw = self.draw
        mixed = sorted({own, *draw.some(["RESEARCH", "COMMERCIAL", "STATISTICS"], 2, 1)})
        every = sorted({own, "RESEARCH", "COMMERCIAL"})
        if self.rich and place in "123T":
            return {"1": [own], "2": every, "3": ["STATISTICS"], "T": every}[place]
        return draw.one(*([[own]] * 3), mixed, mixed, ["RESEARCH"], ["COMMERCIAL"])

    def _memberships(self) -> None:
        draw = self.draw
        by_kind = {kind: role.upper() for role, kind in HOLDS.items() if role != "authority"}
        for scope in list(draw.rows["scope"]):
            self._join(by_kind[scope["kind"]], f"member-{scope['id']}", scope, PAST, None)
            if scope["kind"] == "CONSORTIUM":
                self._join("AUTHORITY", "agency", scope, PAST, None)
        if self.rich:
            self._every_membership(by_kind)
        for _ in range(
            6
        ):  # whatever a registry may hold: the right role in a scope, or a wrong one
            scope = draw.one(*draw.rows["scope"])
            role = by_kind[scope["kind"]] if draw.chance(0.5) else draw.one(*_ROLES)
            first, last = draw.one((PAST, None), (FUTURE, None), (SOON, None), (EXACT, None),
                                   (PAST, EXACT), (PAST, SOON), (PAST, FUTURE))  # fmt: skip
            subject = draw.one(*(f"member-{n}" for n in range(1, 5)), "agency", "somebody")
            self._join(role, subject, scope, first, last)

    def _every_membership(self, by_kind: dict[str, str]) -> None:
        """Let each role be held in each kind of scope, and end, and begin later, in its own."""
        scopes = {each["kind"]: each for each in reversed(self.draw.rows["scope"])}
        for role in _ROLES:
            for kind, scope in scopes.items():
                self._join(role, f"every-{role}", scope, PAST, None)
                if kind == HOLDS[role.lower()]:
                    self._join(role, f"former-{role}", scope, PAST, EXACT)
                    self._join(role, f"later-{role}", scope, FUTURE, None)
                    self._join(role, f"until-{role}", scope, PAST, FUTURE)
                else:
                    self._join(role, f"astray-{role}", scope, PAST, None)

    def _join(self, role: str, subject: str, scope: Row, first: str, last: str | None) -> None:
        draw = self.draw
        main = draw.chance(0.7)
        who = {
            "issuer": ISSUERS[0] if main else draw.one(*ISSUERS),
            "organisation_number": ORGANISATIONS[0] if main else draw.one(*ORGANISATIONS),
            "subject": subject,
            "scope_id": scope["id"],
        }
        if any(who.items() <= row.items() for row in draw.rows["membership"]):
            return
        draw.new(
            "membership",
            role=role,
            **who,
            valid_from=draw.at(first),
            revoked_at=last and draw.at(last),
        )

    def _releases(self) -> None:
        draw = self.draw
        for n in (1, 2):
            draw.add(
                "analysis_row", release_id=n, ordinal=1, subject=1, drugs=[], matched_genes=[],
                progressed=False, resistance_mechanisms=[], adverse_events=0, synthetic=True,
            )  # fmt: skip
            draw.add(
                "screening_row", release_id=n, subject=1, profiled=True, discussed=True,
                offered=True, treated=True, evaluable=False, synthetic=True,
            )  # fmt: skip
            draw.new(
                "data_release",
                version=f"R{n}",
                cut_off="2023-01-01",
                frozen_at="2023-02-01T00:00:00+00:00",
                manifest_digest=str(n) * 64,
                published=n == 1,
                rule_sets=["1"],
            )
            draw.add("release_manifest", release_id=n, manifest={"version": f"R{n}"})
            of_line = {"release_id": n, "grouping_name": "SEX", "place": 1}
            draw.add("published_grouping", release_id=n, name="SEX", dimensions=["SEX"])
            draw.add("published_cell", **of_line, dimension_values=["MALE"], patients=9)
            draw.add(
                "publication_draft",
                release_id=n,
                inputs="a" * 64,
                family="RESPONSE",
                step=0,
                line={},
            )
            draw.add("published_stage", release_id=n, cohort_code="COH-0", stage="STAGE_2")
            draw.add("publication_report", **of_line, measure="PATIENTS", verdict="EXACT")
            draw.add(
                "publication", release_id=n, published_at="2023-03-01T00:00:00+00:00",
                lattice=["SEX"], parameters={}, algorithm="drawn", digest="0" * 64,
                signature="drawn", key_id="drawn",
            )  # fmt: skip

    def _operations(self) -> None:
        """Store an operation of every role, and one of all; of each a version that has ended."""
        for name, roles in {**{role: [role] for role in _ROLES}, "ALL": _ROLES}.items():
            for version in (1, 2):
                self.draw.new(
                    "stored_operation", name=name, version=version, document="{ x }", roles=roles,
                    added_at="2023-01-01T00:00:00+00:00",
                    ended_at="2023-02-01T00:00:00+00:00" if version == 1 else None,
                )  # fmt: skip

    def _studies(self) -> list[int]:
        draw = self.draw
        for n in (1, 2):
            draw.new(
                "study",
                code=f"STUDY-{n}",
                title=draw.words("A study"),
                synthetic=True,
                data_cut_off=draw.maybe(draw.day()),
            )
            draw.new(
                "import_batch", study_id=n, format="csv", digest="0" * 64, imported_at=draw.ago(9),
                rows_read=1, rows_stored=0, rows_quarantined=1, report={},
            )  # fmt: skip
            draw.new(
                "quarantine", import_batch_id=n, file="x.csv", row_number=1, column_name=None,
                rule="BROKEN", value="secret", record={},
            )  # fmt: skip
        return [row["id"] for row in draw.rows["import_batch"]]

    def _patient(self, batches: list[int]) -> None:
        draw = self.draw
        batch = draw.one(*batches)
        patient = draw.new(
            "patient",
            key=draw.uuid(),
            study_id=batch,
            sex=draw.words("FEMALE", "MALE"),
            age_band=draw.words("60-64", "90+"),
            health_region=draw.words("VEST", "NORD"),
            vital_status=draw.words("ALIVE", "DEAD"),
            synthetic=True,
            import_batch_id=draw.maybe(batch),
        )["id"]
        if draw.chance(0.85):
            draw.record(
                "patient_identity",
                patient,
                study_id=batch,
                source_key=f"secret-{patient}",
                site_id=draw.one(1, 1, 2, 2, 3, 4, None),
                birth_year=draw.maybe(draw.number(1930, 1999)),
                age_at_enrolment_years=draw.maybe(draw.number(20, 90)),
                enrolled_on=draw.maybe(draw.day()),
            )
        for purpose in ("RESEARCH", "COMMERCIAL"):
            self._consents(patient, purpose)
        shared = (self.cohorts, self.drugs, self.genes, self.codes)
        Records(draw, patient, batch, draw.maybe(batch), *shared).fill()

    def _consents(self, patient: int, purpose: str) -> None:
        """Draw none, one, or several that follow each other or overlap."""
        draw = self.draw
        periods: list[tuple[str, str | None]] = []
        old = (draw.ago(1500), draw.ago(900))
        match draw.number(0, 20 if self.rich else 13):
            case 0 | 1:
                return
            case 2:
                periods = [(draw.at(draw.one(FUTURE, SOON, EXACT)), None)]
            case 3 | 4:
                periods = [(draw.ago(900), draw.at(draw.one(PAST, PAST, EXACT, SOON, FUTURE)))]
            case 5:
                periods = [old, (draw.at(draw.one(PAST, EXACT, SOON, FUTURE)), None)]
            case 6:  # a withdrawal of one that overlaps does not end the other
                periods = [
                    (draw.ago(1000), draw.at(draw.one(PAST, EXACT, SOON))),
                    (draw.ago(800), None),
                ]
            case 7:
                periods = [old, (draw.ago(1200), draw.ago(750))]
            case _:
                periods = [(draw.ago(800), None)]
        for given, withdrawn in periods:
            draw.new(
                "consent",
                patient_id=patient,
                purpose=purpose,
                given_at=given,
                withdrawn_at=withdrawn,
            )
