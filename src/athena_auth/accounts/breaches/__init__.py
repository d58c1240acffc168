"""Passwords that have appeared in data breaches: refused when they are set, and notified of at sign-in (docs/adr/0025)."""
