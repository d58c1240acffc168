"""Changing a password."""
