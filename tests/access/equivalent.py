"""Mutants that no door can tell from the rules, each with the reason; `test_mutants` tests it.

A line is a regular expression of the whole name. One whose mutant is caught must go.
"""

from __future__ import annotations

import re

_SCOPES = "authority|clinician|partner|researcher|steward"
EQUIVALENT: dict[str, str] = {
    r"grant: scope_fact\.\w+ to (partner|researcher|authority|clinician|identity)": (
        "the view runs as its caller, who may not read consents, or sites, or contracts"
    ),
    r"policy: (own|own_partner|own_researcher|published) on (agreement|agreement_drug|project"
    r"|project_cohort|project_tumour_type|scope_term|cohort_contribution|data_release)"
    r" for steward too": "the policy `office` shows stewards every row already",
    rf"policy: own_({_SCOPES}) on (membership|scope) for identity too": (
        "`own_identity` shows as much: any role's membership, and the scope of any"
    ),
    r"policy: own_(authority on scope for steward|steward on scope for authority) too": (
        "both are written alike, and the membership that they look up is of the login's own role"
    ),
    r"policy: own_(partner on scope_term for researcher|researcher on scope_term for partner)"
    r" too": (
        "a project's scope has no agreement and an agreement's no project: null equals nothing"
    ),
    r"policy: .*domain on therapeutic_option_drug( without .*| not for \w+)?": (
        "`record` asks for the option, whose own `domain` withholds it: a second guard"
    ),
    r"row security: off on (analysis_row|screening_row|release_manifest)": (
        "no role is granted a column of what is frozen: there is nothing to decide"
    ),
    r"function: refresh_\w+ without y\.during is distinct from coalesce\(f\.during, '\{\}'\)": (
        "what is written again is the same: it saves the writing"
    ),
    r"function: refresh_patient without p\.id in \(select c\.patient_id from changed c\)": (
        "it locks more patients than change: writers wait for each other, nobody sees more"
    ),
    r"function: refresh_patient without o\.patient_id in \(select c\.patient_id from changed c\)": (
        "it keeps everybody's pseudonyms, from the same facts"
    ),
    r"function: refresh_scope without s\.kind in \('AGREEMENT', 'PROJECT'\)": (
        "it keeps those of sites and the consortium too, from the same facts"
    ),
    r"function: keep_term without num_nonnulls\(new\.agreement_id, new\.project_id\) = 0": (
        "it removes a copy that the next statement makes again"
    ),
}


def reason(name: str) -> str | None:
    """Say why no door can tell a mutant from the rules; None where one should."""
    for pattern, why in EQUIVALENT.items():
        if re.fullmatch(pattern, name):
            return why
    return None
