"""The audit log: append-only records of what happened to which account, when and from where."""
