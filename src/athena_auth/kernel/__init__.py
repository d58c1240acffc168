"""Shared by every package: identifiers, the clock, outcomes and error codes, logging, and small parsers. It imports no other package."""
