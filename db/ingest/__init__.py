"""Importing what others wrote down: each format read into records, all of it stored or nothing."""
