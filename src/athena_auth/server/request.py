"""Reads a request: its headers once, its body up to a limit."""

import re
import secrets
from urllib.parse import parse_qsl

import msgspec
from starlette.types import Receive, Scope

from athena_auth.crypto.tokens import CHALLENGE_PREFIX, ENROLMENT_PREFIX
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.texts import Text
from athena_auth.server.client_address import ClientAddressResolver
from athena_auth.server.cookies import CookieCodec, tokens_of
from athena_auth.server.invalid import explain
from athena_auth.wire.caller import Caller, ClientInfo, Tokens
from athena_auth.wire.reply import CookieName
from athena_auth.wire.route import ForwardedRequest

MAX_BODY = 65_536
"""The most bytes of a body."""
_MAX_LENGTH_DIGITS = 18
_MAX_USER_AGENT = 256
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_BEARER = "bearer "
_METHODS_OF_PAGES = frozenset({"GET", "HEAD"})
_WANTED = frozenset(
    {
        b"accept",
        b"accept-language",
        b"authorization",
        b"content-length",
        b"content-type",
        b"cookie",
        b"host",
        b"if-none-match",
        b"origin",
        b"referer",
        b"sec-fetch-dest",
        b"sec-fetch-site",
        b"user-agent",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-method",
        b"x-forwarded-proto",
        b"x-forwarded-uri",
        b"x-request-id",
        b"x-requested-with",
    }
)

RawHeaders = dict[bytes, str]


def read_headers(scope: Scope) -> RawHeaders:
    """Return the headers that the edge uses. The values of a repeated one are joined by commas."""
    found: RawHeaders = {}
    for name, value in scope["headers"]:
        if name in _WANTED:
            text = value.decode("latin-1")
            # HTTP/2 splits cookies over several fields (RFC 9113 section 8.2.3); they are joined by semicolons.
            found[name] = (
                f"{found[name]}{'; ' if name == b'cookie' else ','}{text}" if name in found else text
            )
    return found


def request_id_of(headers: RawHeaders) -> str:
    """Return the caller's id for the request if it is well formed (it is logged), otherwise a new one."""
    given = headers.get(b"x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def media_type(headers: RawHeaders) -> str:
    """Return the content type of the body in lower case (RFC 9110 section 8.3.1), without its parameters."""
    return headers.get(b"content-type", "").partition(";")[0].strip().lower()


def relative_path(scope: Scope) -> str:
    """Return the path relative to the application's mount point."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(root) else path


class CallerReader:
    """Reads the caller from the headers."""

    def __init__(self, addresses: ClientAddressResolver, cookies: CookieCodec) -> None:
        self._addresses = addresses
        self._cookies = cookies

    def read(self, scope: Scope, headers: RawHeaders) -> Caller:
        """Return the caller, with unverified tokens."""
        client = scope.get("client")
        peer = client[0] if client else ""
        user_agent = headers.get(b"user-agent", "")[:_MAX_USER_AGENT]
        if not user_agent.isprintable():
            user_agent = "".join(c if c.isprintable() else "?" for c in user_agent)
        address = self._addresses.client(peer, headers.get(b"x-forwarded-for", ""))
        accept_language = headers.get(b"accept-language", "")
        return Caller(ClientInfo(address, user_agent), self._tokens(headers), accept_language)

    def read_forwarded(self, scope: Scope, headers: RawHeaders) -> ForwardedRequest:
        """Return the request that a proxy asks about. What an untrusted peer says of it is ignored."""
        client = scope.get("client")
        if not self._addresses.trusts(client[0] if client else ""):
            return ForwardedRequest(is_for_a_page=_is_navigation("GET", headers))
        scheme, host = headers.get(b"x-forwarded-proto", ""), headers.get(b"x-forwarded-host", "")
        target = headers.get(b"x-forwarded-uri", "")
        url = f"{scheme}://{host}{target}" if scheme and host and target.startswith("/") else None
        return ForwardedRequest(url, _is_navigation(headers.get(b"x-forwarded-method", "GET"), headers))

    def _tokens(self, headers: RawHeaders) -> Tokens:
        cookie_header = headers.get(b"cookie")
        cookies = self._cookies.read(cookie_header) if cookie_header else {}
        authorization = headers.get(b"authorization")
        if authorization is None or not authorization.lower().startswith(_BEARER):
            # Another scheme is not ours: a proxy may ask for its own password, for instance.
            return tokens_of(cookies)
        # An explicit token is used alone: a cookie never replaces a wrong one.
        token = authorization[len(_BEARER) :].strip()
        is_challenge, is_enrolment = token.startswith(CHALLENGE_PREFIX), token.startswith(ENROLMENT_PREFIX)
        return Tokens(
            session=None if is_challenge or is_enrolment else token or None,
            challenge=token if is_challenge else None,
            trusted_device=cookies.get(CookieName.TRUSTED_DEVICE),
            recognized_browser=cookies.get(CookieName.RECOGNIZED_BROWSER),
            enrolment=token if is_enrolment else None,
            passkey=cookies.get(CookieName.PASSKEY),
        )


def _is_navigation(method: str, headers: RawHeaders) -> bool:
    return (
        method in _METHODS_OF_PAGES
        and "text/html" in headers.get(b"accept", "")
        # A frame or an image cannot show a sign-in page either. Older browsers do not send this header.
        and headers.get(b"sec-fetch-dest", "document") == "document"
        # Some browsers on phones send the name of their app here when they open a page.
        and headers.get(b"x-requested-with", "").lower() != "xmlhttprequest"
    )


async def read_body(receive: Receive, headers: RawHeaders) -> bytes | Refused:
    """Return the body, or a refusal as soon as it is known to be too large."""
    declared = headers.get(b"content-length", "0")
    if not declared.isdecimal() or len(declared) > _MAX_LENGTH_DIGITS or int(declared) > MAX_BODY:
        return Refused(ErrorCode.PAYLOAD_TOO_LARGE)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return Refused(
                ErrorCode.VALIDATION_ERROR, Text("The connection closed before the body was complete.")
            )
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > MAX_BODY:
            return Refused(ErrorCode.PAYLOAD_TOO_LARGE)
        if not message.get("more_body", False):
            return b"".join(chunks)


class BodyDecoder:
    """Decodes the bodies or queries of one route."""

    def __init__(self, body: type[msgspec.Struct]) -> None:
        self._body = body
        self._decoder = msgspec.json.Decoder(body)
        self._takes_nothing = not msgspec.structs.fields(body)
        # Most queries are empty: they need no parsing.
        self._empty = body() if not any(field.required for field in msgspec.structs.fields(body)) else None

    def decode(self, raw: bytes, headers: RawHeaders) -> msgspec.Struct | Refused:
        """Return the body. An empty one counts as an object without fields."""
        if raw and media_type(headers) != "application/json":
            return Refused(ErrorCode.UNSUPPORTED_MEDIA_TYPE)
        try:
            return self._decoder.decode(raw or b"{}")
        except msgspec.ValidationError as error:
            return Refused(ErrorCode.VALIDATION_ERROR, explain(error))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Refused(ErrorCode.VALIDATION_ERROR, Text("The request body is not valid JSON in UTF-8."))

    def decode_query(self, query: bytes) -> msgspec.Struct | Refused:
        """Return the query parameters. The last value of a repeated one counts."""
        if self._empty is not None and (self._takes_nothing or not query):
            return self._empty
        try:
            return msgspec.convert(
                dict(parse_qsl(query.decode("ascii", "replace"))), self._body, strict=False
            )
        except msgspec.ValidationError as error:
            return Refused(ErrorCode.VALIDATION_ERROR, explain(error, Text("query")))
        except ValueError:
            return Refused(ErrorCode.VALIDATION_ERROR, Text("The query of this address cannot be read."))
