"""Answers as bytes: one JSON shape for success, one for refusals, the same headers on all."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.types import Send

from athena_auth.kernel.outcome import Refused

_JSON = b"application/json"
_COMMON = (
    # No answer may be taken for something else than it is, nor tell another site the address it came from.
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_encoder = msgspec.json.Encoder()

Headers = list[tuple[bytes, bytes]]


class Response(msgspec.Struct, frozen=True):
    """An answer that is ready to be sent."""

    status: int
    body: bytes
    headers: Headers
    content_type: bytes = _JSON
    code: str | None = None
    """Why it was refused, for the log."""
    cache_control: bytes = b"no-store"
    """Answers hold tokens and codes, which belong in no cache."""

    async def send(self, send: Send, request_id: str, renewal: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Send it, with the headers every answer has, and those that renew a session's cookie."""
        headers = [
            (b"content-type", self.content_type),
            (b"cache-control", self.cache_control),
            (b"x-request-id", request_id.encode()),
            *_COMMON,
            *self.headers,
            *renewal,
        ]
        # The length in a 304 would be that of the document it does not bring (RFC 9110 section 8.6).
        if self.status != HTTPStatus.NOT_MODIFIED:
            headers.append((b"content-length", b"%d" % len(self.body)))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class ErrorAnswer(msgspec.Struct, frozen=True):
    """Every refusal: a sentence a person can act on, and a stable code for programs."""

    message: str
    code: str


class UnexpectedAnswer(ErrorAnswer, frozen=True, rename="camel"):
    """A failure of ours: no internals, only the id to find it by in the log."""

    request_id: str


def success(body: Any, headers: Headers) -> Response:
    """Return a 200 answer."""
    return Response(200, _encoder.encode(body), headers)


def redirect(location: str) -> Response:
    """Return an answer that leads a browser elsewhere."""
    return Response(302, b"", [(b"location", location.encode("ascii"))])


def refusal(
    refused: Refused,
    headers: Headers | None = None,
    *,
    request_id: str | None = None,
    status: HTTPStatus | None = None,
) -> Response:
    """Return a refusal in the one shape; with the request's id when the fault is ours."""
    all_headers = list(headers or [])
    if refused.retry_after is not None:
        all_headers.append((b"retry-after", b"%d" % refused.retry_after))
    code = refused.code
    answer = (
        ErrorAnswer(refused.message, code)
        if request_id is None
        else UnexpectedAnswer(refused.message, code, request_id)
    )
    return Response(status or code.status, _encoder.encode(answer), all_headers, code=code)
