"""Outcomes of treatments, derived by the rule set in docs/outcomes.md."""
