"""Authenticator apps: time-based one-time passwords."""
