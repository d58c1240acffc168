"""The JavaScript client, which browsers import from the server."""

from functools import cache
from hashlib import sha256
from importlib.resources import files

from athena_auth.server.route_table import StaticPage


@cache
def client_module() -> StaticPage:
    """Return the module: `clients/javascript/auth-client.js`, the same file as in the npm package."""
    source = files("athena_auth.server").joinpath("auth-client.js").read_bytes()
    return StaticPage(source, b"text/javascript; charset=utf-8", etag=f'"{sha256(source).hexdigest()[:32]}"')
