"""Statistics of treatments in groups: what may be asked, what is read, and what follows from it."""
