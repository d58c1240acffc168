"""The ASGI application: connections, requests, callers, request limits, responses, OpenAPI and the log."""
