"""Checks that the configured secrets are those of the database, and counts what depends on each."""
