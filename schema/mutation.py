"""The roots of changes: what stewards make otherwise. Nothing is ever removed."""

from __future__ import annotations

import strawberry

from schema.change.agreement import (
    AgreementPayload,
    CreateAgreementInput,
    EndInput,
    UpdateAgreementInput,
)
from schema.change.consent import ConsentPayload, GiveConsentInput, WithdrawConsentInput
from schema.change.membership import AddMembershipInput, MembershipPayload, RevokeMembershipInput
from schema.change.partner import CreatePartnerInput, PartnerPayload, UpdatePartnerInput
from schema.change.project import CreateProjectInput, ProjectPayload, UpdateProjectInput
from schema.mapping import change

_SAME = "The same again changes nothing and is no error."


@strawberry.type(description="What stewards change: in turn, each wholly or not at all.")
class Mutation:
    """The roots of changes."""

    create_partner = change(
        "create_partner",
        f"Adds an organisation. {_SAME}",
        CreatePartnerInput,
        PartnerPayload,
        weight=1_000,
    )
    update_partner = change(
        "update_partner",
        "Changes the name or the sector of an organisation.",
        UpdatePartnerInput,
        PartnerPayload,
        weight=1_000,
    )
    create_agreement = change(
        "create_agreement",
        f"Makes an agreement and opens its scope. {_SAME}",
        CreateAgreementInput,
        AgreementPayload,
        weight=10_000,
    )
    update_agreement = change(
        "update_agreement",
        "Changes an agreement or its terms, or adds drugs to it.",
        UpdateAgreementInput,
        AgreementPayload,
        weight=10_000,
    )
    end_agreement = change(
        "end_agreement", f"Ends an agreement. {_SAME}", EndInput, AgreementPayload, weight=10_000
    )
    create_project = change(
        "create_project",
        f"Makes a project and opens its scope. {_SAME}",
        CreateProjectInput,
        ProjectPayload,
        weight=10_000,
    )
    update_project = change(
        "update_project",
        "Changes a project or its terms, or adds to what it covers.",
        UpdateProjectInput,
        ProjectPayload,
        weight=10_000,
    )
    end_project = change(
        "end_project", f"Ends a project. {_SAME}", EndInput, ProjectPayload, weight=10_000
    )
    add_membership = change(
        "add_membership",
        f"Lets somebody act in a role and scope. {_SAME}",
        AddMembershipInput,
        MembershipPayload,
        weight=1_000,
    )
    revoke_membership = change(
        "revoke_membership",
        f"Ends a membership: its holder sees nothing from the next request on. {_SAME}",
        RevokeMembershipInput,
        MembershipPayload,
        weight=1_000,
    )
    give_consent = change(
        "give_consent",
        f"Notes that a patient consents to a purpose. {_SAME}",
        GiveConsentInput,
        ConsentPayload,
        weight=1_000,
    )
    withdraw_consent = change(
        "withdraw_consent",
        "Notes that a patient withdraws a consent: who sees by it sees nothing from the next "
        f"request on. The consent stays, with both its times. {_SAME}",
        WithdrawConsentInput, ConsentPayload, weight=1_000,
    )  # fmt: skip
