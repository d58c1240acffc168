"""Changing the email address of an account, and undoing that."""
