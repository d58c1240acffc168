"""The authenticators of all factors, with one table and one life cycle."""
