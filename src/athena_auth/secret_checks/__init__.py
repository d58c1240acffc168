"""Checks whether the configured secrets are those of the database, and counts the values that depend on each."""
