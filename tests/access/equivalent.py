"""Mutants that no door can tell from the rules, each with the reason; `test_mutants` tests it.

A line is a regular expression of the whole name. One whose mutant is caught must go.
"""

from __future__ import annotations

import re

_SCOPES = "authority|clinician|partner|researcher|steward"
EQUIVALENT: dict[str, str] = {
    r"grant: scope_fact\.\w+ to (partner|researcher|authority|clinician|identity|office|audit)": (
        "the view runs as its caller, who may not read consents, or sites, or contracts"
    ),
    r"grant: scope_fact\.(research|commercial) to steward": (
        "they are made by connect.consented, which only the loader may execute"
    ),
    r"policy: (office|identity) on (agreement|agreement_drug|consent|membership|project"
    r"|project_cohort|project_tumour_type) for office too": (
        "`office_read` shows as much while a steward asks"
    ),
    r"policy: office_read on (agreement|agreement_drug|cohort|drug|membership|onco_tree|partner"
    r"|project|project_cohort|project_tumour_type|site) for steward too": (
        "it asks for the steward whom the settings name, who sees these rows already"
    ),
    r"policy: own_identity on scope for office too": (
        "it looks memberships up, which that login reads only while a steward asks, and then it "
        "reads every scope"
    ),
    r"policy: office on audit_seal for audit too": "`last` shows every seal's two columns already",
    r"policy: office_read on pseudonym without \( SELECT connect\.is_office\(\) AS is_office\)": (
        "the scope that it looks up is there only while a steward asks: a second guard"
    ),
    r"policy: (own|own_partner|own_researcher|published) on (agreement|agreement_drug|project"
    r"|project_cohort|project_tumour_type|scope_term|cohort_contribution|data_release)"
    r" for steward too": "the policy `office` shows stewards every row already",
    rf"policy: own_({_SCOPES}) on stored_operation for steward too": (
        "the policy `office` shows stewards every row already"
    ),
    rf"policy: own_({_SCOPES}) on membership for identity too": (
        "`own_identity` shows as much: any role's membership"
    ),
    r"policy: treated on \w+ without \(y\.patient_id = \w+\.patient_id\)": (
        "a treatment is of one patient, whose pseudonyms alone list it: it is for the index"
    ),
    r"function: keep_opening without s\.id = opened": (
        "it locks more scopes than change: writers wait for each other, nobody sees more"
    ),
    r"policy: own_(partner on scope_term for researcher|researcher on scope_term for partner)"
    r" too": (
        "a project's scope has no agreement and an agreement's no project: null equals nothing"
    ),
    r"policy: .*domain on therapeutic_option_drug( without .*| not for \w+)?": (
        "`record` asks for the option, whose own `domain` withholds it: a second guard"
    ),
    r"row security: off on (analysis_row|screening_row|release_manifest|publication_draft)": (
        "no role is granted a column of what is frozen: there is nothing to decide"
    ),
    r"function: refresh_\w+ without \(y\.during, y\.research, y\.commercial, y\.treatments\) .*": (
        "what is written again is the same: it saves the writing"
    ),
    r"view: connect\.scope_fact without t\.patient_id = p\.id( again)*": (
        "a treatment is looked up in its own patient's list, where it stands in any case"
    ),
    r"view: connect\.scope_fact without '(RESEARCH|COMMERCIAL)'::connect\.purpose = ANY"
    r" \(s\.purposes\)( again)*": (
        "it notes a consent that nobody can ask for: the scope is not for that purpose"
    ),
    r"function: refresh_patient without p\.id in \(select c\.patient_id from changed c\)": (
        "it locks more patients than change: writers wait for each other, nobody sees more"
    ),
    r"function: refresh_patient without o\.patient_id in \(select c\.patient_id from changed c\)": (
        "it keeps everybody's pseudonyms, from the same facts"
    ),
    r"function: refresh_scope without (s\.id = o\.scope_id|\(s\.kind in \('AGREEMENT', .*)": (
        "it keeps more pseudonyms than it must, from the same facts"
    ),
    r"function: refresh_scope without num_nonnulls\(o\.research, o\.commercial\) > 0": (
        "what stays is of a purpose that the scope is not for any more: nobody can ask for it"
    ),
}


def reason(name: str) -> str | None:
    """Say why no door can tell a mutant from the rules; None where one should."""
    for pattern, why in EQUIVALENT.items():
        if re.fullmatch(pattern, name):
            return why
    return None
