"""Backup codes: single-use codes for users who have lost their other factor."""
