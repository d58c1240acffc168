"""The documents below `/.well-known` that browsers and password managers look for, at the root of the host."""

import msgspec
from starlette.types import Receive, Scope, Send

from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.server.request import read_headers, request_id_of
from athena_auth.server.response import Response, refusal
from athena_auth.settings import Settings

WELL_KNOWN = "/.well-known"
_ORIGINS, _ENDPOINTS = f"{WELL_KNOWN}/webauthn", f"{WELL_KNOWN}/passkey-endpoints"
_PAGE = "/security/passkeys"


class WellKnown:
    """Serves them. They are the same for every caller.

    Args:
        settings: The origins, and where the pages are.
        has_pages: Whether the server has pages on which users manage their passkeys.
    """

    def __init__(self, settings: Settings, *, has_pages: bool) -> None:
        # WebAuthn level 3 section 5.11: pages of these origins may use the passkeys of this host.
        origins = list(dict.fromkeys((settings.origin, *settings.trusted_origins)))
        self._documents = {_ORIGINS: msgspec.json.encode({"origins": origins})}
        if has_pages:
            page = f"{settings.origin}{settings.pages_prefix}{_PAGE}"
            # https://w3c.github.io/webappsec-passkey-endpoints/passkey-endpoints.html
            self._documents[_ENDPOINTS] = msgspec.json.encode({"enroll": page, "manage": page})

    @property
    def paths(self) -> frozenset[str]:
        """Their paths on the host."""
        return frozenset(self._documents)

    def admits(self, scope: Scope) -> bool:
        """Tell whether this is a request for one of the documents; other paths are left to the application around it."""
        path: str = scope.get("path", "")
        root: str = scope.get("root_path", "")
        return scope["type"] == "http" and path.removeprefix(root) in self._documents

    async def respond(self, scope: Scope, send: Send) -> None:
        """Answer a request that `admits` accepted."""
        document = self._documents[scope["path"].removeprefix(scope.get("root_path", ""))]
        if scope["method"] in {"GET", "HEAD"}:
            response = Response(200, document, [], b"application/json")
        else:
            response = refusal(Refused(ErrorCode.METHOD_NOT_ALLOWED), [(b"allow", b"GET")])
        await response.send(send, request_id_of(read_headers(scope)), [])

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer a request below the mount point `/.well-known` of a host application."""
        mounted = {
            **scope,
            "root_path": "",
            "path": WELL_KNOWN + scope["path"].removeprefix(scope["root_path"]),
        }
        if self.admits(mounted):
            await self.respond(mounted, send)
            return
        response = refusal(Refused(ErrorCode.NOT_FOUND))
        await response.send(send, request_id_of(read_headers(scope)), [])
