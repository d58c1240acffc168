"""Accounts, passwords, profiles, the endpoints of sessions, the step-up policy, and security notifications to account owners."""
