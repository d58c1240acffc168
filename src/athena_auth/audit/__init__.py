"""The audit log: events with time, account and origin. Rows are only added, and deleted by age (ATHENA_AUDIT_TTL)."""
