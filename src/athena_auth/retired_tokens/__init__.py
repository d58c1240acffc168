"""Tokens that were replaced or used up a few seconds ago.

They open nothing. They are remembered for the browser's own concurrent requests: a form that was submitted twice gets
its first answer again, and a request that was under way with the old cookie does not make the browser drop the new one.
"""
