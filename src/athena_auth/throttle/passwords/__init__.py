"""Limits on failed password attempts at sign-in."""
