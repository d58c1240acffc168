"""Tokens that were rotated or consumed a few seconds ago.

They grant no access. They are remembered for concurrent requests of the same browser: a form that was submitted twice
gets its first answer again, and a request with the old cookie does not make the browser drop the new one.
"""
