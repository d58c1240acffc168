"""Trusted devices: browsers in which a second factor was verified and is not required again for a while."""
