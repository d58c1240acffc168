"""The static documents below the base path, with the JavaScript client that browsers import from the server."""

import asyncio
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

import msgspec

from athena_auth.pages.assets import Asset, Assets
from athena_auth.server.openapi import openapi_document
from athena_auth.server.reference import reference_page
from athena_auth.server.route_table import StaticPage
from athena_auth.settings import BASE_PATH, Settings
from athena_auth.version import __version__
from athena_auth.wire.route import Route


@cache
def client_modules() -> dict[str, StaticPage]:
    """Return the modules of the client by their paths: those of `clients/javascript`, the same files as in the npm package."""
    folder = files("athena_auth.server")
    parts = (part for part in folder.joinpath("auth-client").iterdir() if part.name.endswith(".js"))
    return {
        "/client.js": _module(folder.joinpath("auth-client.js")),
        # Where the imports of the first one lead.
        **{f"/auth-client/{part.name}": _module(part) for part in parts},
    }


def _module(file: Traversable) -> StaticPage:
    source = file.read_bytes()
    return StaticPage(source, b"text/javascript; charset=utf-8", etag=f'"{sha256(source).hexdigest()[:32]}"')


_OPENAPI, _REFERENCE = "/openapi.json", "/reference"


class Documents:
    """Documents that are the same for every caller.

    Generating those that depend on the routes costs as much CPU as starting the rest of the server, so they are
    generated on the first request, in a thread.
    """

    def __init__(self, routes: tuple[Route, ...], settings: Settings, assets: Assets) -> None:
        self._routes, self._settings = routes, settings
        # The address that the server prints at its start leads browsers to the reference.
        location = (b"location", f"{settings.sub_path}{BASE_PATH}{_REFERENCE}".encode())
        to_reference = StaticPage(b"", b"text/plain", [location], status=302)
        self._pages = {
            "": to_reference,
            "/": to_reference,
            **client_modules(),
            **{f"/assets/{name}": _static(asset) for name, asset in assets.by_name.items()},
        }
        self._generating = asyncio.Lock()

    def __contains__(self, path: str) -> bool:
        return path in self._pages or path in {_OPENAPI, _REFERENCE}

    async def find(self, path: str) -> StaticPage | None:
        """Return the document at a path."""
        if path in {_OPENAPI, _REFERENCE}:
            async with self._generating:
                if path not in self._pages:
                    self._pages |= await asyncio.to_thread(self._generate)
        return self._pages.get(path)

    def _generate(self) -> dict[str, StaticPage]:
        document = openapi_document(
            self._routes,
            version=__version__,
            server_url=self._settings.url + BASE_PATH,
            cookie_prefix=self._settings.cookie_prefix,
            has_cookie_domain=self._settings.cookie_domain is not None,
        )
        reference = reference_page(document)
        policy = (b"content-security-policy", reference.content_security_policy.encode())
        return {
            _OPENAPI: StaticPage(msgspec.json.encode(document), b"application/json"),
            _REFERENCE: StaticPage(reference.html, b"text/html; charset=utf-8", [policy]),
        }


def _static(asset: Asset) -> StaticPage:
    # A logo may be an SVG document with scripts in it. Opened by itself, it would run them on this origin.
    policy = b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
    return StaticPage(
        asset.content,
        asset.content_type.encode(),
        [(b"content-security-policy", policy), (b"cross-origin-resource-policy", b"same-origin")],
        etag=f'"{asset.digest}"',
        cache_control=b"public, max-age=31536000, immutable",
    )
