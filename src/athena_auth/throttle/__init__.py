"""Limits on failed attempts. The counts are in the database, so all processes share them."""
