"""Signed assertions: short-lived JSON Web Tokens with which other services verify a session without a call."""
