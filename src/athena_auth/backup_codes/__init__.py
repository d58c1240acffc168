"""Backup codes, for users who have lost their phone."""
