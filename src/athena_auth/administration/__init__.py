"""Operator actions on accounts. No HTTP route calls them: only the command line and a host application's code do."""
