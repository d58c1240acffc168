"""The JavaScript client, for browsers to import from the server it talks to."""

from functools import cache
from hashlib import sha256
from importlib.resources import files

from athena_auth.server.route_table import StaticPage


@cache
def client_module() -> StaticPage:
    """Return the module: `clients/javascript/auth-client.js`, the very file the npm package holds."""
    source = files("athena_auth.server").joinpath("auth-client.js").read_bytes()
    return StaticPage(source, b"text/javascript; charset=utf-8", etag=f'"{sha256(source).hexdigest()[:32]}"')
