"""Backup codes: the way in for somebody whose phone is lost."""
