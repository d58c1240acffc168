"""Signing up and signing in with a password: the first factor."""
