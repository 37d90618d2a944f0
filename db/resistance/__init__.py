"""Resistance findings proposed from data, and plasma beside tissue: pure rules, and their store.

The rules are numbered in docs/resistance.md; the numbers stand beside the code that keeps them.
"""
