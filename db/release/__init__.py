"""Releases: the data as they were on a day, frozen, and proof that they still are."""
