"""A browser with an account at either server: what it sends, and which parts of a response are compared."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pyotp

from athena_auth.kernel.clock import SystemClock
from support.passkey import Authenticator
from support.process import wait_for

BASE_PATH = "/api/auth"
PASSWORD = "correct horse battery staple"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_NEAR = 40
"""Steps around now in which no authenticator may show a code that is to be wrong."""
_PERIOD = 30


@dataclass(frozen=True)
class Site:
    """One of the two servers."""

    origin: str
    outbox: Path
    age_sessions: Callable[[str, int], None]
    http: httpx.Client


@dataclass(frozen=True)
class Request:
    """A request; in its strings, `{name}` stands for what the visitor knows by that name."""

    method: str
    path: str
    body: dict[str, Any] | str | None = None
    headers: dict[str, str | None] = field(default_factory=dict)

    def __call__(self, visitor: "Visitor") -> None:
        visitor.send(self)


@dataclass(frozen=True)
class Outcome:
    """What a program notices of an answer."""

    status: int
    code: str | None
    fields: dict[str, str]
    """The type of each field, or the value where programs act on it."""
    cookies: dict[str, str]
    location: str | None


@dataclass
class Visitor:
    """A person with a browser, and an account once they have signed up."""

    site: Site
    jar: dict[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    device: Authenticator = field(default_factory=Authenticator)
    """What makes and uses the visitor's passkey, in their browser."""
    responses: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What the device has answered, by the names that stand for it in a body."""

    def __post_init__(self) -> None:
        self.device.origin = self.site.origin
        self.known |= {
            "email": f"ada-{uuid4()}@example.com",
            "unknown_email": f"nobody-{uuid4()}@example.com",
            "password": PASSWORD,
            "origin": self.site.origin,
        }

    def send(self, request: Request) -> httpx.Response:
        """Send a request as a page of the server's own origin would, and keep the cookies of the answer."""
        # A browser names the page's origin in whatever may change something.
        own = {"origin": self.site.origin} if request.method != "GET" else {}
        body = self._fill(request.body)
        typed = {"content-type": "application/json"} if isinstance(body, dict) else {}
        jar = {"cookie": "; ".join(f"{name}={value}" for name, value in self.jar.items())} if self.jar else {}
        headers = typed | own | jar | request.headers
        response = self.site.http.request(
            request.method,
            self.site.origin + BASE_PATH + self._fill(request.path),
            content=json.dumps(body) if isinstance(body, dict) else body,
            headers={name: self._fill(value) for name, value in headers.items() if value is not None},
        )
        for name, value, attributes in _cookies(response):
            self.jar[name] = value
            if _is_removal(attributes):
                del self.jar[name]
        return response

    def succeed(self, request: Request) -> Any:
        """Send a request that must succeed; return the body of the answer."""
        response = self.send(request)
        assert response.is_success, f"{request}: {response.status_code} {response.text}"
        return response.json()

    def outcome(self, request: Request) -> Outcome:
        """Send a request; return what of the answer is compared."""
        had = set(self.jar)
        response = self.send(request)
        kind = response.headers.get("content-type", "").partition(";")[0]
        body = response.json() if kind == "application/json" and response.content else None
        code = body.get("code") if isinstance(body, dict) and not response.is_success else None
        fields = dict(_fields(body)) if kind == "application/json" else {"": kind}
        if not response.content:
            fields = {}
        # Programs do not follow the header of an answer that is no redirect.
        location = response.headers.get("location") if response.is_redirect else None
        return Outcome(
            response.status_code,
            code,
            {name: self._anonymous(value) for name, value in fields.items()},
            {
                name.partition(".")[2]: _action(attributes)
                for name, _, attributes in _cookies(response)
                # To remove what the browser does not have changes nothing.
                if name in had or not _is_removal(attributes)
            },
            location and self._anonymous(location),
        )

    def mailed(self, kind: str) -> dict[str, Any]:
        """Wait for a mail of this kind; return the last one."""

        def find() -> dict[str, Any] | None:
            # The last line may be half written.
            lines = self.site.outbox.read_text().rpartition("\n")[0].splitlines()
            mails: list[dict[str, Any]] = [json.loads(line) for line in lines if self.known["email"] in line]
            return next((mail for mail in reversed(mails) if mail["kind"] == kind), None)

        return wait_for(find, f"a mail of the kind {kind}")

    def _fill(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._fill(inner) for name, inner in value.items()}
        if isinstance(value, str) and value.strip("{}") in self.responses:
            return self.responses[value.strip("{}")]
        if isinstance(value, str):
            return _PLACEHOLDER.sub(lambda found: self._named(found[1]) or found[0], value)
        return value

    def _named(self, name: str) -> str | None:
        if name in {"code", "wrong_code"}:
            return self._code() if name == "code" else self._wrong_code()
        if name == "sent_code":
            return str(self.mailed("two-factor-otp")["code"])
        if name in {"reset_token", "verification_token"}:
            kind = "password-reset" if name == "reset_token" else "email-verification"
            return str(self.mailed(kind)["url"]).partition("token=")[2].partition("&")[0]
        return self.known.get(name)

    def _code(self) -> str:
        """Return a code that was not used: the first is of this step, the second of the next one."""
        app = pyotp.TOTP(self.known["secret"])
        used = self.known.get("used_code")
        now = SystemClock().now() // 1000
        code = next(shown for shown in (app.at(now), app.at(now + _PERIOD)) if shown != used)
        self.known["used_code"] = code
        return code

    def _wrong_code(self) -> str:
        app = pyotp.TOTP(self.known["secret"])
        now = SystemClock().now() // 1000
        near = {app.at(now + step * _PERIOD) for step in range(-_NEAR, _NEAR)}
        return next(code for code in map("{:06}".format, range(100)) if code not in near)

    def _anonymous(self, text: str) -> str:
        return re.sub(r"token=[\w.-]{16,}", "token=…", text.replace(self.site.origin, ""))


def _cookies(response: httpx.Response) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the value and the attributes of each cookie that an answer sets or removes."""
    for line in response.headers.get_list("set-cookie"):
        pair, _, attributes = line.partition(";")
        name, _, value = pair.partition("=")
        yield name, value, attributes.lower()


def _is_removal(attributes: str) -> bool:
    return "max-age=0" in attributes


def _action(attributes: str) -> str:
    if _is_removal(attributes):
        return "removes"
    return "sets" if "max-age" in attributes else "sets for this browser session"


def _fields(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name and the type of each field; of a list, those of its first element."""
    if isinstance(value, dict) and value:
        for inner, content in value.items():
            yield from _fields(content, f"{name}.{inner}" if name else inner)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield from _fields(value[0], f"{name}[]")
    elif isinstance(value, bool) or name in {"url", "twoFactorMethods"}:
        yield name, json.dumps(value)
    else:
        yield name, "null" if value is None else type(value).__name__
