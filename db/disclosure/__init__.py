"""Aggregates of a release, decided so that nobody becomes certain of anybody: docs/disclosure.md."""
