"""Turning two-factor authentication on and off: the only package that depends on all factors."""
