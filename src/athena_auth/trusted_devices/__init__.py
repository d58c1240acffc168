"""Trusted devices: a browser that proved a second factor and need not do so again for a while."""
