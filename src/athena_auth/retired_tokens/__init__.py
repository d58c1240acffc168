"""Tokens that were replaced or consumed a few seconds ago.

They authenticate nothing. They are kept for concurrent requests of one browser: a form that was submitted twice gets the
first response again, and a request that was sent with the old cookie does not make the browser drop the new one.
"""
