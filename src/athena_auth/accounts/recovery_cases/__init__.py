"""Recovery cases: removing every second factor of an owner who has lost them all, after a waiting time."""
