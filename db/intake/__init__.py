"""Intake: records of any source into the tables, in sets, once."""
