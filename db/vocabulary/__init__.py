"""The checked-in subsets of standard vocabularies, and their way into the database."""
