"""Accounts, passwords and profiles, the step-up policy, and security notifications to account owners."""
