"""`gossamer auto` beside what one would write or install instead, each with the same minutes."""
