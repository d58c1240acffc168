"""Links in emails: verifying an address, resetting a forgotten password, and recognizing a browser."""
