"""Benchmarks: each measures two things side by side in one run, and tells their ratio."""
