"""The database. The only room that knows a driver; everybody else sees `Store` and `Tx`."""
