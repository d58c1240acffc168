"""Services that verify tokens: the examples in Node and Go, and the one of the how-to with PyJWT."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import msgspec

from support.node import NODE, PATIENCE, ROOT, require

HOW_TO = ROOT / "docs" / "how-to" / "verify-a-token.md"
_MAIN = """
import os, sys
for token in sys.stdin.read().split("\\n")[:-1]:
    try:
        claims = verify(token)
    except jwt.PyJWTError as error:
        print("refused:", error)
    else:
        level = int(claims["acr"].removeprefix("level-"))
        enough = level >= int(os.environ["LEVEL"])
        print(f"accepted: {claims['sub']} {claims['acr']} {','.join(claims['amr'])}" if enough else "refused: level")
"""
VERIFIERS = ("node", "go", "python")


def verify(
    language: str, folder: Path, tokens: list[str], *, issuer: str, jwks: str, **demanded: int
) -> list[str]:
    """Return what a service in this language prints for each token; it may demand a `level`, or a `fresh` factor."""
    command, directory = _command(language, folder, issuer, jwks)
    ran = subprocess.run(
        command,
        cwd=directory,
        env={"JWKS": jwks, "ISSUER": issuer, "LEVEL": "1", **_environment(demanded)},
        input="".join(f"{token}\n" for token in tokens),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    printed = ran.stdout.splitlines()
    assert len(printed) == len(tokens), ran.stdout
    return printed


def _environment(demanded: dict[str, int]) -> dict[str, str]:
    return {name.upper(): str(value) for name, value in demanded.items()}


def _command(language: str, folder: Path, issuer: str, jwks: str) -> tuple[list[str | Path], Path]:
    example = ROOT / "examples" / f"verify-token-{language}"
    if language == "node":
        require(NODE)
        return [NODE, "main.mjs"], example
    if language == "go":
        return [_compiled(example, folder)], example
    (code,) = re.findall(r"^```python\n(.*?)^```$", HOW_TO.read_text(), re.DOTALL | re.MULTILINE)
    code = code.replace('"http://localhost:3001"', repr(issuer)).replace(
        'f"{ISSUER}/api/auth/jwks"', repr(jwks)
    )
    (folder / "service.py").write_text(code + _MAIN)
    return [sys.executable, "service.py"], folder


def _compiled(example: Path, folder: Path) -> Path:
    go = shutil.which("go")
    assert go, "the Go example needs Go 1.19 or newer; on Debian: apt-get install golang-go"
    program = folder / "verify-token"
    cache = {
        "HOME": str(folder),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "-mod=mod",
        "PATH": "/usr/bin:/bin",
    }
    subprocess.run(
        [go, "build", "-o", program, "."], cwd=example, env=cache, check=True, timeout=2 * PATIENCE
    )
    return program


@dataclass
class KeySet:
    """A key set that is served, and how often it was requested."""

    url: str
    requests: int = 0


@contextmanager
def key_set_server(keys: list[dict[str, str]], status: int = 200) -> Iterator[KeySet]:
    """Serve a key set on a port of its own."""
    body = msgspec.json.encode({"keys": keys})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.requests += 1
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = KeySet(f"http://127.0.0.1:{server.server_port}/jwks")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
