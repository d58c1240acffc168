"""Trusted devices: browsers that have verified a second factor and may skip it for some time."""
