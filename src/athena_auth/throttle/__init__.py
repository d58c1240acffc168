"""Limits on failed attempts and on sent messages. They are counted in the database, so that all processes share the counts."""
