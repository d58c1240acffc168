"""Operator actions on accounts, and on a restored database (`after_restore`).

No HTTP route calls them: only the command line and a host application's code do.
"""
