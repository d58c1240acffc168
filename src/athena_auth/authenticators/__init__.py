"""What accounts have enrolled: one table and one life cycle for the authenticators of every factor."""
