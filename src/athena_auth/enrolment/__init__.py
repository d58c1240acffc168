"""Turning two-factor authentication on and off, and its status: the slice that combines the factors."""
