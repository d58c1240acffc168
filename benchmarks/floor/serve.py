"""The floor: a bare ASGI callable that does a request's statements and cryptography under the same uvicorn.

It answers those requests of the server that have a floor, from the server's own database and with its secret,
so that accounts and challenges are made by the server and answered here. What the server costs above this is
what routing, validation, refusals, logging and its own structure cost; what this costs is what Python,
uvicorn, the drivers and the databases cost.
"""

import os
import socket
from pathlib import Path

import msgspec
import uvicorn
from floor.databases import Database, database_at
from floor.requests import Mail, Requests
from starlette.types import Receive, Scope, Send

from athena_auth.crypto.keys import Keyring

_encode = msgspec.json.encode


class Code(msgspec.Struct):
    """A body that holds a code."""

    code: str


_decode = msgspec.json.Decoder(Code).decode


class Floor:
    """The ASGI application."""

    def __init__(self, database: Database, keyring: Keyring, mail_file: Path) -> None:
        self._database = database
        self._mail_file = mail_file
        self._requests = requests = Requests(database, keyring)
        self._verify = {
            "/api/auth/two-factor/verify-totp": requests.verify_totp,
            "/api/auth/two-factor/verify-otp": requests.verify_otp,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        path = scope["path"]
        if path == "/api/auth/ok":
            await _answer(send, b'{"ok":true}')
        elif path == "/api/auth/get-session":
            await _answer(send, _encode(await self._requests.get_session(_token(scope))))
        elif path == "/api/auth/two-factor/send-otp":
            await self._send_otp(scope, send)
        elif path == "/api/auth/two-factor/verify-backup-code":
            await self._verify_backup_code(scope, receive, send)
        else:
            body = (await receive())["body"]
            await _answer(send, _encode(await self._verify[path](_token(scope), _decode(body).code)))

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._database.open()
        self._mail = os.open(self._mail_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _send_otp(self, scope: Scope, send: Send) -> None:
        mail = await self._requests.send_otp(_token(scope))
        await _answer(send, b'{"status":true}')
        await self._deliver(mail)

    async def _verify_backup_code(self, scope: Scope, receive: Receive, send: Send) -> None:
        code = _decode((await receive())["body"]).code
        answer, mail = await self._requests.verify_backup_code(_token(scope), code)
        await _answer(send, _encode(answer))
        await self._deliver(mail)

    async def _deliver(self, mail: Mail) -> None:
        os.write(self._mail, _encode(_line(mail)) + b"\n")
        await self._requests.forget_mail(mail)


def _line(mail: Mail) -> dict[str, object]:
    return {"to": mail.to, "kind": "two-factor-otp", "code": mail.code, "expiresAt": mail.expires_at}


def _token(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            token: str = value[7:].decode()
            return token
    raise ValueError("no bearer token")


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Serve on a port of the system's choice until terminated."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(f"API http://localhost:{listener.getsockname()[1]}/api/auth", flush=True)
    floor = Floor(
        database_at(os.environ["BENCH_DATABASE_URL"]),
        Keyring({1: os.environ["BENCH_SECRET"].encode()}),
        Path(os.environ["BENCH_MAIL_FILE"]),
    )
    # The settings are those of athena_auth.cli.serving.
    config = uvicorn.Config(
        floor, lifespan="on", log_config=None, access_log=False, proxy_headers=False, server_header=False
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
