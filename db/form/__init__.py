"""Forms: the files of a study as tables of text, for people, written and read alike."""
