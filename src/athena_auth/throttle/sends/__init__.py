"""Limits on the messages that are sent to an account on request."""
