"""How often somebody may guess. Counted in the database, so that all processes count together."""
