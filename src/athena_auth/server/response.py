"""Responses as bytes: JSON bodies, one form for all refusals, and the headers that every response has."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.types import Send

from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.log import current_request
from athena_auth.languages import ENGLISH, Language

_JSON = b"application/json"
_NO_STORE = b"no-store"
_encoder = msgspec.json.Encoder()

Headers = list[tuple[bytes, bytes]]


class Response(msgspec.Struct, frozen=True):
    """A response that is ready to be sent."""

    status: int
    body: bytes
    headers: Headers
    content_type: bytes = _JSON
    code: str | None = None
    """The error code of a refusal, for the log."""
    cache_control: bytes = _NO_STORE
    """Responses contain tokens and codes, which must not be cached."""
    referrer_policy: bytes = b"no-referrer"
    """Browsers must not send the page's URL to other sites."""

    async def send(self, send: Send, request_id: str, renewal: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Send the response, with the common headers and those that renew a session's cookie."""
        headers = [
            (b"content-type", self.content_type),
            (b"cache-control", self.cache_control),
            (b"x-request-id", request_id.encode()),
            (b"x-content-type-options", b"nosniff"),  # browsers must not infer another content type
            (b"referrer-policy", self.referrer_policy),
            *self.headers,
            *renewal,
        ]
        # The length in a 304 would be that of the omitted document (RFC 9110 section 8.6).
        if self.status != HTTPStatus.NOT_MODIFIED:
            headers.append((b"content-length", b"%d" % len(self.body)))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class ErrorAnswer(msgspec.Struct, frozen=True):
    """The body of a refusal: a sentence for users, and a stable code for programs."""

    message: str
    code: str


class UnexpectedAnswer(ErrorAnswer, frozen=True, rename="camel"):
    """The body of a 500: no internals, only the request's id in the log."""

    request_id: str


def success(body: Any, headers: Headers, cache_control: bytes | None = None) -> Response:
    """Return a 200 response."""
    return Response(200, _encoder.encode(body), headers, cache_control=cache_control or _NO_STORE)


def redirect(location: str) -> Response:
    """Return a 302 response."""
    return Response(302, b"", [(b"location", location.encode("ascii"))])


def refusal(
    refused: Refused,
    headers: Headers | None = None,
    *,
    status: HTTPStatus | None = None,
    language: Language = ENGLISH,
) -> Response:
    """Return the response for a refusal. A 500 names the request, so that it can be found in the log."""
    message = language.render(refused.text)
    all_headers = [*(headers or ()), *_language_headers(refused, message, language)]
    if refused.retry_after is not None:
        all_headers.append((b"retry-after", b"%d" % refused.retry_after))
    if refused.location is not None:
        all_headers.append((b"location", refused.location.encode("ascii")))
    code = refused.code
    request_id = current_request.get() if code is ErrorCode.INTERNAL_SERVER_ERROR else None
    answer = ErrorAnswer(message, code) if request_id is None else UnexpectedAnswer(message, code, request_id)
    return Response(status or code.status, _encoder.encode(answer), all_headers, code=code)


def _language_headers(refused: Refused, message: str, language: Language) -> Headers:
    """Return the headers of a translated message. The sentences of a host's own factor have no translation."""
    if language.code == ENGLISH.code or message == refused.message:
        return []
    return [(b"content-language", language.code.encode()), (b"vary", b"Accept-Language")]
