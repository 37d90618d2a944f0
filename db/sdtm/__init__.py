"""CDISC SDTM: the domains of a study into records."""
