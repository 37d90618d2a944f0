"""The rules that withhold, in words: each policy's, for each role that it narrows.

Which rule stands on which table is not written here: PostgreSQL tells it, by the names of policies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from db.catalog import Grants
from db.viewer import Role, Viewer


@dataclass(frozen=True, slots=True)
class Rule:
    """Say in one sentence what is answered under a rule."""

    name: str
    message: str
    lacking: bool = False
    """The field is not answered at all; otherwise its rows are narrowed."""
    data_domain: str | None = None
    """The kind of record that the scope does not include."""
    until: str | None = None
    """{ISO 8601} when the rule ends by itself."""

    @property
    def told(self) -> dict[str, str]:
        """Give what an answer tells of the rule itself."""
        found = {"rule": self.name, "message": self.message}
        if self.data_domain is not None:
            found["dataDomain"] = self.data_domain
        if self.until is not None:
            found["until"] = self.until
        return found


_SITE = Rule("SITE", "Only patients of your own site are told of.")
_IDENTITY = Rule(
    "IDENTITY",
    "What identifies is for the data office and the patient's own hospital.",
    lacking=True,
)
_ROLE = Rule("ROLE", "Your role has no right to this.", lacking=True)
_AGREED = Rule("COHORT", "Only what belongs to a cohort of your agreement's drugs is told.")
_APPROVED = Rule(
    "COHORT", "Only what belongs to a cohort that your project was approved for is told."
)
_PUBLISHED = Rule("PUBLISHED", "Only what is published is told.")

WORDS: Mapping[tuple[str, Role], Rule] = {
    ("record", Role.PARTNER): Rule(
        "CONSENT",
        "Only patients who consent to commercial sharing now, and were treated in a cohort of your "
        "agreement's drugs, are told of.",
    ),
    ("record", Role.RESEARCHER): Rule(
        "CONSENT",
        "Only patients who consent to research now, and whom your project was approved for, are "
        "told of.",
    ),
    ("record", Role.CLINICIAN): _SITE,
    ("identity", Role.CLINICIAN): _SITE,
    ("cohort_partner", Role.PARTNER): _AGREED,
    ("cohort_researcher", Role.RESEARCHER): _APPROVED,
    ("treated", Role.PARTNER): _AGREED,
    ("treated", Role.RESEARCHER): _APPROVED,
    ("treated", Role.CLINICIAN): _SITE,
    ("own", Role.PARTNER): Rule("OWN", "Only the agreement of your scope is told."),
    ("own_partner", Role.PARTNER): Rule("OWN", "Only the agreement of your scope is told."),
    ("own", Role.RESEARCHER): Rule("OWN", "Only the project of your scope is told."),
    ("own_researcher", Role.RESEARCHER): Rule("OWN", "Only the project of your scope is told."),
    ("agreed", Role.PARTNER): Rule(
        "PUBLISHED", "Of what is outside your agreement only what is published is told."
    ),
    **{("published", role): _PUBLISHED for role in Role if role is not Role.STEWARD},
}
"""By policy and role. The policy `domain` is told where the scope lacks its kind of record."""

DOMAIN = "domain"
ASKERS = frozenset({"scope", "membership", "opening", "stored_operation"})
"""Who asks, and what is theirs to ask: only stewards have fields that lead there."""
SILENT = frozenset({"reference", "office", "scoped"})
"""Policies that withhold nothing from whom they apply to."""
_RECORD = "record"
_RECORDS = frozenset({_RECORD, "treated"})
"""Policies of what a patient's pseudonym shows: all of it, or the treatments that it lists."""
_GUARD = "identity"
_DOMAINS = {"MOLECULAR": "Molecular records are", "RESISTANCE": "Resistance findings are"}
_CONSENTED = {
    "RESEARCH": Rule("PURPOSE", "Only patients who consent to research now are told of."),
    "COMMERCIAL": Rule("PURPOSE", "Only patients who consent to commercial sharing are told of."),
}
"""By the purpose of the request: what a patient must consent to for it, whatever the scope."""
_ASKS_ANYWAY = {Role.PARTNER: "COMMERCIAL", Role.RESEARCHER: "RESEARCH"}
_CONTRACTS = {Role.PARTNER: "agreement", Role.RESEARCHER: "project"}


def of_rows(table: str, grants: Grants, viewer: Viewer) -> tuple[Rule, ...]:
    """List the rules for a table's rows: its own, and those of the records that they hang on."""
    found: dict[Rule, None] = {}
    if table in ASKERS:
        return ()
    for each in _records(table, grants):
        for policy in grants.policies.get(each, ()):
            if not policy.applies:
                continue
            if policy.name in _RECORDS:
                found |= dict.fromkeys(_of_patients(viewer))
            if policy.name == DOMAIN:
                if policy.kind is not None and policy.kind not in (viewer.data_domains or ()):
                    found[_domain(policy.kind, viewer.role)] = None
            elif rule := WORDS.get((policy.name, viewer.role)):
                found[rule] = None
    return tuple(found)


def of_lack(table: str | None, grants: Grants) -> Rule:
    """Give the rule by which a role lacks a field of a table altogether."""
    policies = grants.policies.get(table or "", ())
    return _IDENTITY if any(policy.name == _GUARD for policy in policies) else _ROLE


def _records(table: str, grants: Grants) -> Iterator[str]:
    """List a table and the records that its own are seen with."""
    yield table
    for policy in grants.policies.get(table, ()):
        if policy.name == _RECORD:
            for other in sorted(policy.reads):
                if any(each.name in _RECORDS for each in grants.policies.get(other, ())):
                    yield from _records(other, grants)


def _of_patients(viewer: Viewer) -> Iterator[Rule]:
    """Give the rules by which a patient is there, whatever hangs on them."""
    if viewer.embargoed:
        yield _embargo(viewer)
    if (consented := _consented(viewer)) is not None:
        yield consented
    if (rule := WORDS.get((_RECORD, viewer.role))) is not None:
        yield rule


def _consented(viewer: Viewer) -> Rule | None:
    """Give the rule of the purpose that is stated, beyond what the scope asks for anyway."""
    asks = viewer.purpose is not None and viewer.purpose != _ASKS_ANYWAY.get(viewer.role)
    return _CONSENTED.get(viewer.purpose or "") if asks else None


def _embargo(viewer: Viewer) -> Rule:
    message = f"No record is told of before {viewer.embargo_until}."
    return Rule("EMBARGO", message, until=viewer.embargo_until)


def _domain(kind: str, role: Role) -> Rule:
    what = _DOMAINS.get(kind, f"Records of the kind {kind} are")
    message = f"{what} not part of your {_CONTRACTS.get(role, 'scope')}."
    return Rule("DATA_SCOPE", message, data_domain=kind)
