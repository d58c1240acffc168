"""Whether the configured secrets are those that the database was made with, and what still depends on each."""
