"""Sends the same HTTP requests to Better Auth's own server and to this one, and compares the responses."""
