"""The exception for refusals in a host application."""

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.websockets import WebSocket

from athena_auth.kernel.errors import Refused
from athena_auth.languages import ENGLISH, Language
from athena_auth.server.response import refusal

_POLICY_VIOLATION = 1008
_DENIAL = "websocket.http.response"


class RefusedError(HTTPException):
    """An expected refusal: the caller may not do this, or it cannot be done.

    It is an `HTTPException`, so an application without a handler for it answers with the right status, the message and
    `Retry-After`. With `exception_handlers=athena.exception_handlers` the response has the form of this API's errors,
    `{"message": …, "code": …}`, which front ends expect.

    Attributes:
        code: Stable, `UPPER_SNAKE`; the reference lists all codes.
        message: A sentence for users. That of a guard is in the caller's language, others are in English.
        language: The language of the message.
        status: The HTTP status.
        retry_after: Seconds to wait before a retry; None if a retry makes no sense.
    """

    def __init__(self, refused: Refused, language: Language = ENGLISH) -> None:
        self.message = language.render(refused.text)
        retry_after = refused.retry_after
        headers = None if retry_after is None else {"Retry-After": str(retry_after)}
        super().__init__(refused.code.status, self.message, headers)
        self.refused = refused
        self.code: str = refused.code.value
        self.language = language
        self.status = int(refused.code.status)
        self.retry_after = retry_after

    def __str__(self) -> str:
        """Return the sentence alone: operator commands print it."""
        return self.message


async def answer_refusal(connection: HTTPConnection, error: Exception) -> Response | None:
    """Answer with this API's error response. A WebSocket gets it too if the server supports that, else it is closed."""
    if not isinstance(error, RefusedError):
        raise error
    if isinstance(connection, WebSocket) and _DENIAL not in (connection.scope.get("extensions") or {}):
        await connection.close(_POLICY_VIOLATION, error.code)
        return None
    answer = refusal(error.refused, language=error.language)
    response = Response(answer.body, answer.status, media_type=answer.content_type.decode())
    response.raw_headers += [*answer.headers, (b"cache-control", answer.cache_control)]
    return response
