"""The audit: who asked what, and what left; written before the answer, in chains that show cuts."""
