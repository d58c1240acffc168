"""How a call fails. The classes differ where a caller acts differently; `code` tells the rest apart.

No error holds a request, an answer's body or a token, and none is chained to an exception that does. The one that is chained
at all is `TokenStoreError`, to what the caller's own store has raised.
"""

from http import HTTPStatus

import httpx
import msgspec

from athena_auth.client.retry_after import retry_after

UNEXPECTED_ANSWER = "UNEXPECTED_ANSWER"
"""What answered does not speak this protocol: a proxy's page, another server, another path."""
NETWORK_ERROR = "NETWORK_ERROR"
"""The connection failed before an answer came."""
TIMEOUT = "TIMEOUT"
"""No answer came in time."""
TOKEN_STORE_FAILED = "TOKEN_STORE_FAILED"
"""The token store raised."""


class AthenaError(Exception):
    """A call was refused or failed. `str(error)` is a sentence for a person, `code` is for programs."""

    def __init__(
        self,
        code: str,
        message: str,
        status: int | None = None,
        retry_after: int | None = None,
        request_id: str | None = None,
    ) -> None:
        """Hold what is known."""
        super().__init__(code, message, status, retry_after, request_id)
        self.code = code
        """A stable name, as `INVALID_PASSWORD`; a newer server may have some this version does not know."""
        self.message = message
        """A full sentence a person can act on."""
        self.status = status
        """The HTTP status; None when no answer came."""
        self.retry_after = retry_after
        """Seconds to wait before another try makes sense, when the server said so."""
        self.request_id = request_id
        """What to look for in the server's log."""

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.code}, status={self.status}, request_id={self.request_id!r})"


class UnauthorizedError(AthenaError):
    """There is no session, or it has ended: sign in."""


class StepUpRequiredError(AthenaError):
    """The second factor must be proven again in this session: verify a code, then repeat the call."""


class WrongCodeError(AthenaError):
    """The code is wrong or was used already: ask for another one. It has cost one of the tries."""


class ChallengeEndedError(AthenaError):
    """The sign-in under way is over, by time or by too many tries: begin again with the password."""


class RateLimitedError(AthenaError):
    """Too many requests, or too many wrong guesses: wait for `retry_after` seconds."""


class ServiceUnavailableError(AthenaError):
    """The server is too busy, or a proxy in front of it got no answer from it (HTTP status 502, 503 or 504): try again later.

    After 502 and 504 nobody knows whether it was done.
    """


class TokenStoreError(AthenaError):
    """The token store failed to load or to save; `code` is TOKEN_STORE_FAILED, and `__cause__` is what it raised."""


class NetworkError(AthenaError):
    """No answer came, so nobody knows whether it was done; `code` is NETWORK_ERROR or TIMEOUT."""


_BY_CODE: dict[str, type[AthenaError]] = {
    "UNAUTHORIZED": UnauthorizedError,
    "STEP_UP_REQUIRED": StepUpRequiredError,
    "INVALID_CODE": WrongCodeError,
    "INVALID_BACKUP_CODE": WrongCodeError,
    "INVALID_TWO_FACTOR_COOKIE": ChallengeEndedError,
    "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE": ChallengeEndedError,
}

_BY_STATUS: dict[int, type[AthenaError]] = {
    HTTPStatus.TOO_MANY_REQUESTS: RateLimitedError,
    HTTPStatus.BAD_GATEWAY: ServiceUnavailableError,
    HTTPStatus.SERVICE_UNAVAILABLE: ServiceUnavailableError,
    HTTPStatus.GATEWAY_TIMEOUT: ServiceUnavailableError,
}
# What proxies answer in words of their own, often as a page.
_OF_PROXIES: dict[int, tuple[str, str]] = {
    HTTPStatus.TOO_MANY_REQUESTS: ("TOO_MANY_REQUESTS", "Too many requests. Wait, then try again."),
    HTTPStatus.BAD_GATEWAY: ("BAD_GATEWAY", "A proxy could not reach the server. Try again later."),
    HTTPStatus.SERVICE_UNAVAILABLE: ("SERVICE_UNAVAILABLE", "The server is unavailable. Try again later."),
    HTTPStatus.GATEWAY_TIMEOUT: (
        "GATEWAY_TIMEOUT",
        "The server did not answer a proxy in time. Try again later.",
    ),
}


class _Refusal(msgspec.Struct, frozen=True):
    message: str
    code: str


_refusal = msgspec.json.Decoder(_Refusal)


def refused(response: httpx.Response) -> AthenaError:
    """Return the error that an answer of refusal stands for."""
    try:
        refusal = _refusal.decode(response.content)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return unexpected(response)
    kind = _BY_STATUS.get(response.status_code) or _BY_CODE.get(refusal.code, AthenaError)
    return kind(
        refusal.code, refusal.message, response.status_code, retry_after(response), _request_id(response)
    )


def unexpected(response: httpx.Response) -> AthenaError:
    """Return the error for an answer that no Athena server gives. Its text is not repeated: it is anybody's."""
    status = response.status_code
    unknown = (
        f"Something that is no Athena server answered with HTTP status {status}; "
        "check the base URL and what stands between."
    )
    code, message = _OF_PROXIES.get(status, (UNEXPECTED_ANSWER, unknown))
    kind = _BY_STATUS.get(status, AthenaError)
    return kind(code, message, status, retry_after(response), _request_id(response))


def unanswered(error: httpx.RequestError) -> NetworkError:
    """Return the error for a request without an answer. httpx's own holds the request, and so its secrets."""
    if isinstance(error, httpx.TimeoutException):
        return NetworkError(TIMEOUT, "The server did not answer in time.")
    # What a connection says is the system's; other failures may quote the header they choked on.
    reason = str(error) if isinstance(error, httpx.NetworkError) else ""
    return NetworkError(
        NETWORK_ERROR, f"The connection to the server failed: {reason or type(error).__name__}."
    )


def _request_id(response: httpx.Response) -> str | None:
    found: str | None = response.headers.get("x-request-id")
    return found
