"""A no, as a host's code meets it."""

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.websockets import WebSocket

from athena_auth.kernel.outcome import Refused
from athena_auth.server.response import refusal

_POLICY_VIOLATION = 1008
_DENIAL = "websocket.http.response"


class RefusedError(HTTPException):
    """An expected no: somebody may not do this, or it cannot be done.

    It is an `HTTPException`, so that a host that knows nothing of it answers with the right status, the sentence and
    `Retry-After`. With `exception_handlers=athena.exception_handlers` the answer has the one shape of this API,
    `{"message": …, "code": …}`, which front ends act on.

    Attributes:
        code: Stable, `UPPER_SNAKE`; the reference lists all of them.
        message: A sentence for a person.
        status: The HTTP status.
        retry_after: Seconds after which a retry makes sense, if one does.
    """

    def __init__(self, refused: Refused) -> None:
        """Raise what a use case returned."""
        again = refused.retry_after
        headers = None if again is None else {"Retry-After": str(again)}
        super().__init__(refused.code.status, refused.message, headers)
        self.refused = refused
        self.code: str = refused.code.value
        self.message = refused.message
        self.status = int(refused.code.status)
        self.retry_after = again


async def answer_refusal(connection: HTTPConnection, error: Exception) -> Response | None:
    """Answer in the one shape; a WebSocket that is not open yet is refused so too, where the server can do that."""
    if not isinstance(error, RefusedError):
        raise error
    if isinstance(connection, WebSocket) and _DENIAL not in (connection.scope.get("extensions") or {}):
        await connection.close(_POLICY_VIOLATION, error.code)
        return None
    answer = refusal(error.refused)
    response = Response(answer.body, answer.status, media_type=answer.content_type.decode())
    response.raw_headers += [*answer.headers, (b"cache-control", answer.cache_control)]
    return response
