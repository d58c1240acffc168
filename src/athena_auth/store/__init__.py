"""The database. Only this package imports a database driver.

Other packages declare a `Statement`, run it with a `Tx`, a `Runner` or the `Store`, and read each `Row` of its result. A few
use more: `UniqueViolation`, the migrations, the `Sweeper`, backup and restore.
"""
