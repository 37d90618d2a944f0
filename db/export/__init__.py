"""Export: what a viewer may read of a study, as files."""
