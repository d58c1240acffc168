"""Changing the password in a session."""
