"""Accounts and their passwords, as far as a second factor needs them to be real."""
