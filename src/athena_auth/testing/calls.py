"""Calls of the API by ASGI, in the event loop of the server: no port, and no HTTP client to install."""

from http.cookies import SimpleCookie
from typing import Any

import msgspec
from starlette.types import ASGIApp, Message

from athena_auth.settings import BASE_PATH

_OK = range(200, 300)
_HERE = ("127.0.0.1", 50_000)


class ApiResponse(msgspec.Struct, frozen=True):
    """What the server answered: its JSON, and the cookies it set; a cookie that it deleted has an empty value."""

    json: dict[str, Any]
    cookies: dict[str, str]


class Api:
    """The API of one server, called as an app calls it: with a bearer token, or none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def post(self, path: str, body: dict[str, Any], token: str | None = None) -> ApiResponse:
        """Call an endpoint.

        Raises:
            AssertionError: the server refused; the text has its answer.
        """
        headers = [(b"content-type", b"application/json"), (b"user-agent", b"athena_auth.testing")]
        if token is not None:
            headers.append((b"authorization", f"Bearer {token}".encode()))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "root_path": BASE_PATH,
            "path": BASE_PATH + path,
            "raw_path": (BASE_PATH + path).encode(),
            "query_string": b"",
            "headers": [(b"host", b"localhost"), *headers],
            "client": _HERE,
            "server": ("localhost", 80),
        }
        incoming = [{"type": "http.request", "body": msgspec.json.encode(body)}]
        sent: list[Message] = []

        async def receive() -> Message:
            return incoming.pop() if incoming else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        return _read(path, sent)


def _read(path: str, sent: list[Message]) -> ApiResponse:
    status = sent[0]["status"]
    body = b"".join(message.get("body", b"") for message in sent[1:])
    if status not in _OK:
        raise AssertionError(f"POST {path} was answered with {status}: {body.decode()}")
    cookies = SimpleCookie()
    for name, value in sent[0]["headers"]:
        if name.lower() == b"set-cookie":
            cookies.load(value.decode())
    return ApiResponse(msgspec.json.decode(body), {name: morsel.value for name, morsel in cookies.items()})
