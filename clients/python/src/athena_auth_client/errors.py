"""The errors of a call. There is a class wherever a caller acts differently; `code` distinguishes the rest.

No error holds a request, a response body or a token, or is chained to an exception that does. Only `TokenStoreError` is
chained at all: to the exception of the caller's own store.
"""

from http import HTTPStatus

import httpx
import msgspec

from athena_auth_client.retry_after import retry_after

REQUEST_ID_HEADER = "x-request-id"

UNEXPECTED_ANSWER = "UNEXPECTED_ANSWER"
"""The response is not an Athena server's: a proxy's page, another server, another path."""
NETWORK_ERROR = "NETWORK_ERROR"
"""The connection failed before a response was received."""
TIMEOUT = "TIMEOUT"
"""No response was received in time."""
TOKEN_STORE_FAILED = "TOKEN_STORE_FAILED"
"""The token store raised an exception."""


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
        super().__init__(code, message, status, retry_after, request_id)
        self.code = code
        """A stable name such as `INVALID_PASSWORD`. A newer server may have codes that this version does not know."""
        self.message = message
        """A sentence that a person can act on."""
        self.status = status
        """The HTTP status; None if there was no response."""
        self.retry_after = retry_after
        """Seconds to wait before another attempt, if the server sent a `Retry-After`."""
        self.request_id = request_id
        """The ID of the request in the server's log."""

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.code}, status={self.status}, request_id={self.request_id!r})"


class UnauthorizedError(AthenaError):
    """There is no session, or it has ended: sign in."""


class StepUpRequiredError(AthenaError):
    """The second factor must be verified again in this session: verify a code, then repeat the call."""


class WrongCodeError(AthenaError):
    """The code is wrong or was used already: ask for another one. The attempt counts."""


class ChallengeEndedError(AthenaError):
    """The sign-in has expired or had too many attempts: start again with the password."""


class RateLimitedError(AthenaError):
    """Too many requests or failed attempts: wait for `retry_after` seconds."""


class ServiceUnavailableError(AthenaError):
    """The server is overloaded, or a proxy got no response from it (HTTP status 502, 503 or 504): try again later.

    After 502 and 504 the call may have taken effect.
    """


class TokenStoreError(AthenaError):
    """The token store failed to load or to save; `code` is TOKEN_STORE_FAILED, and `__cause__` is its exception."""


class NetworkError(AthenaError):
    """There was no response, so the call may have taken effect; `code` is NETWORK_ERROR or TIMEOUT."""


CLASSES_BY_CODE: dict[str, type[AthenaError]] = {
    "UNAUTHORIZED": UnauthorizedError,
    "STEP_UP_REQUIRED": StepUpRequiredError,
    "INVALID_CODE": WrongCodeError,
    "INVALID_BACKUP_CODE": WrongCodeError,
    "AUTHENTICATION_FAILED": WrongCodeError,
    "INVALID_TWO_FACTOR_COOKIE": ChallengeEndedError,
    "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE": ChallengeEndedError,
}

CLASSES_BY_STATUS: dict[int, type[AthenaError]] = {
    HTTPStatus.TOO_MANY_REQUESTS: RateLimitedError,
    HTTPStatus.BAD_GATEWAY: ServiceUnavailableError,
    HTTPStatus.SERVICE_UNAVAILABLE: ServiceUnavailableError,
    HTTPStatus.GATEWAY_TIMEOUT: ServiceUnavailableError,
}
# The errors of proxies, which often answer with a page of their own.
PROXY_ERRORS: dict[int, tuple[str, str]] = {
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


def error_from(response: httpx.Response) -> AthenaError:
    """Return the error for a response with any other status than 200."""
    try:
        refusal = _refusal.decode(response.content)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return unexpected_response(response)
    error_class = CLASSES_BY_STATUS.get(response.status_code) or CLASSES_BY_CODE.get(
        refusal.code, AthenaError
    )
    return error_class(
        refusal.code, refusal.message, response.status_code, retry_after(response), _request_id(response)
    )


def unexpected_response(response: httpx.Response) -> AthenaError:
    """Return the error for a response that is not an Athena server's. Its text, which anyone may have written, is not quoted."""
    status = response.status_code
    unknown = (
        f"Something other than an Athena server answered, with HTTP status {status}. "
        "Check the base URL and any proxy in between."
    )
    code, message = PROXY_ERRORS.get(status, (UNEXPECTED_ANSWER, unknown))
    error_class = CLASSES_BY_STATUS.get(status, AthenaError)
    return error_class(code, message, status, retry_after(response), _request_id(response))


def network_error(error: httpx.RequestError) -> NetworkError:
    """Return the error for a request without a response. httpx's own holds the request, and with it secrets."""
    if isinstance(error, httpx.TimeoutException):
        return NetworkError(TIMEOUT, "The server did not answer in time.")
    # A connection error has the system's text; other errors may quote the header that caused them.
    reason = str(error) if isinstance(error, httpx.NetworkError) else ""
    return NetworkError(
        NETWORK_ERROR, f"The connection to the server failed: {reason or type(error).__name__}."
    )


def _request_id(response: httpx.Response) -> str | None:
    request_id: str | None = response.headers.get(REQUEST_ID_HEADER)
    return request_id
