"""Enrolled authenticators: one table and one life cycle for every factor."""
