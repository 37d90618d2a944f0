"""Aggregates that make nobody certain of anybody: docs/disclosure.md."""
