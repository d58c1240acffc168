"""Emailed links: verifying an address, resetting a password, and recognizing a browser."""
