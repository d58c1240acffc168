"""From bytes to routes and back: the ASGI application and everything at its edge."""
