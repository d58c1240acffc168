"""The database. Only this package imports a database driver; other packages use `Store`, `Tx` and `Runner`."""
