"""Turning the second factor on and off: the one place that knows the factors together."""
