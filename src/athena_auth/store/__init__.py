"""The database. The only package that knows a driver; all others use `Store` and `Tx`."""
