"""Forward authentication through Debian's Caddy and nginx: the examples, and the configurations of the how-to."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

import httpx
import pyotp
import pytest

from support.examples import EXAMPLES
from support.process import PATIENCE, Server, serving
from support.proxies import caddy, nginx, nginx_as_configured
from support.services import free_port

DOCUMENTED = (EXAMPLES.parent / "docs/how-to/protect-any-application.md").read_text()
PASSWORD = "correct horse battery"
ADA = {"name": "Ada Łöve", "email": "ada@example.com", "password": PASSWORD}
PAGE = {"accept": "text/html,*/*;q=0.8"}
WEB_SOCKET = {
    "connection": "upgrade",
    "upgrade": "websocket",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
}
FORGED = {
    "remote-user": "admin",
    "Remote_User": "admin",
    "REMOTE-EMAIL": "boss@example.com",
    "remote_email": "boss@example.com",
    "remote-name": "admin",
    "remote_name": "admin",
    "remote-level": "2",
    "remote_level": "2",
}


class Echo(BaseHTTPRequestHandler):
    """An application that answers with the headers it has received."""

    def do_GET(self) -> None:
        body = json.dumps([[name, value] for name, value in self.headers.items()]).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_message: object) -> None:
        pass


@contextmanager
def echoing() -> Iterator[int]:
    """Run the application; yield its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@contextmanager
def example(name: str, folder: Path) -> Iterator[tuple[Server, str]]:
    """Run an example as it is, but for its ports; yield the server and the address of the site."""
    front, own = free_port(), free_port()
    copy = shutil.copytree(EXAMPLES / name, folder / name)
    for configuration in (*copy.glob("Caddyfile"), *copy.glob("nginx.conf")):
        text = configuration.read_text()
        assert text.count("3001") == 2
        assert text.count("8080") == 1
        configuration.write_text(text.replace("3001", str(own)).replace("8080", str(front)))
    site = f"http://localhost:{front}"
    settings = {"port": str(own), "trusted_proxies": "127.0.0.1,::1", "trusted_origins": site}
    with (
        serving(folder, **settings) as server,
        (caddy if name == "caddy" else nginx_as_configured)(copy, front),
    ):
        yield server, site


def going_to(location: str, page: str, target: str) -> bool:
    """Tell whether this is the address of a page that returns to a target."""
    return location.partition(f"/{page}?next=")[2].partition("&")[0] == quote(target, safe="")


@pytest.mark.parametrize("name", ["caddy", "nginx"])
def test_an_example_protects_its_site(name: str, tmp_path: Path) -> None:
    with example(name, tmp_path) as (server, site), httpx.Client(headers=PAGE, timeout=PATIENCE) as browser:
        api = server.base_url
        wanted = f"{site}/?year=2026&b=%2Fx"

        stranger = browser.get(wanted)
        assert stranger.status_code == 302
        assert stranger.headers["location"].startswith(api.removesuffix("/api/auth"))
        assert going_to(stranger.headers["location"], "sign-in", wanted)
        refused = [
            browser.get(wanted, headers={"accept": "application/json"}),
            browser.get(wanted, headers={"accept": "*/*", **WEB_SOCKET}),
            browser.post(wanted, data={"a": "b"}),
        ]
        assert [answer.status_code for answer in refused] == [401, 401, 401]

        browser.headers["origin"] = api.removesuffix("/api/auth")
        browser.post(f"{api}/sign-up/email", json=ADA).raise_for_status()
        assert "You are signed in" in browser.get(wanted).text
        assert browser.get(wanted, headers={"accept": "*/*", **WEB_SOCKET}).status_code == 200

        for path in ("/members/", "/members/index.html", "/x/../members/", "/%6Dembers/"):
            needs_more = browser.get(f"{site}{path}")
            assert needs_more.status_code == 302, path
            assert needs_more.headers["location"].endswith("&level=2&fresh=600")
        assert going_to(browser.get(f"{site}/members/").headers["location"], "step-up", f"{site}/members/")
        turn_on_totp(browser, api)
        assert "verified a second factor" in browser.get(f"{site}/members/").text

        browser.post(f"{api}/sign-out").raise_for_status()
        assert browser.get(wanted).status_code == 302


def turn_on_totp(browser: httpx.Client, api: str) -> None:
    enabled = browser.post(f"{api}/two-factor/enable", json={"password": PASSWORD}).json()
    phone = pyotp.parse_uri(enabled["totpURI"])
    assert isinstance(phone, pyotp.TOTP)
    browser.post(f"{api}/two-factor/verify-totp", json={"code": phone.now()}).raise_for_status()


@pytest.mark.parametrize("name", ["caddy", "nginx"])
def test_a_browser_cannot_say_for_the_proxy_where_it_goes(name: str, tmp_path: Path) -> None:
    """An attacker's link cannot set these headers, but a cache or a page with scripts can."""
    forged = {
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "https",
        "x-forwarded-uri": "/evil",
        "x-forwarded-method": "GET",
    }
    with example(name, tmp_path) as (_, site), httpx.Client(headers=PAGE | forged) as browser:
        assert going_to(browser.get(f"{site}/page").headers["location"], "sign-in", f"{site}/page")
        assert browser.post(f"{site}/page").status_code == 401


@contextmanager
def documented(name: str, folder: Path, app: int, own: int, extra: str) -> Iterator[int]:
    """Run the configuration of the how-to for an application and a server at these ports; yield the proxy's port.

    `extra` is a line of Caddy's before that of the application.
    """
    front = free_port()
    shown = re.findall(rf"^```{name}\n(.*?)^```$", DOCUMENTED, re.DOTALL | re.MULTILINE)[0]
    assert "127.0.0.1:8000" in shown
    shown = shown.replace("reverse_proxy 127.0.0.1:8000", f"{extra}\n\t\treverse_proxy 127.0.0.1:8000")
    text = shown.replace("127.0.0.1:8000", f"127.0.0.1:{app}").replace("127.0.0.1:3001", f"127.0.0.1:{own}")
    if name == "nginx":
        inside = re.search(r"server_name app\.example\.com;\n(.*)\}\n\Z", text, re.DOTALL)
        assert inside
        with nginx(folder, front, inside[1]):
            yield front
        return
    sites = re.sub(r"^(\w+\.example\.com) \{", rf"http://\1:{front} {{", text, flags=re.MULTILINE)
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n}}\n{sites}")
    with caddy(folder, front):
        yield front


@contextmanager
def application(name: str, folder: Path, extra: str = "") -> Iterator[tuple[httpx.Client, Server]]:
    """Run the application behind a documented proxy; yield a browser that visits it, and the server."""
    own = free_port()
    settings = {
        "port": str(own),
        "host": "127.0.0.1",
        "base_url": "http://auth.example.com",
        "cookie_domain": "example.com",
        "trusted_proxies": "127.0.0.1",
        "trusted_origins": "http://app.example.com",
    }
    with (
        echoing() as app,
        serving(folder, **settings) as server,
        documented(name, folder, app, own, extra) as front,
        httpx.Client(
            base_url=f"http://127.0.0.1:{front}", headers={**PAGE, "host": "app.example.com"}
        ) as browser,
    ):
        yield browser, server


def told(answer: httpx.Response) -> dict[str, str]:
    """Return the headers that name the user, as an application reads them that knows no underscores from dashes."""
    assert answer.status_code == 200, answer.text
    received = [(name.lower().replace("_", "-"), value) for name, value in answer.json()]
    named = [(name, value) for name, value in received if name.startswith("remote") and value]
    assert len(dict(named)) == len(named), named
    return dict(named)


@pytest.mark.parametrize("name", ["caddy", "nginx"])
def test_the_application_learns_the_user_from_the_proxy_only(name: str, tmp_path: Path) -> None:
    with application(name, tmp_path) as (browser, server):
        assert browser.get("/report", headers=FORGED).status_code == 302
        signed_up = httpx.post(f"{server.base_url}/sign-up/email", json=ADA)
        user: dict[str, Any] = signed_up.json()["user"]
        browser.headers["cookie"] = signed_up.headers["set-cookie"].partition(";")[0]

        for headers in ({}, FORGED):
            assert told(browser.get("/report", headers=headers)) == {
                "remote-user": user["id"],
                "remote-name": ADA["name"].encode().decode("latin-1"),
                "remote-level": "1",
            }
        assert told(browser.post("/form", headers=FORGED, data={"a": "b"}))["remote-user"] == user["id"]


@pytest.mark.parametrize("name", ["caddy", "nginx"])
def test_the_documented_proxy_sends_browsers_to_sign_in_and_back(name: str, tmp_path: Path) -> None:
    with application(name, tmp_path) as (browser, _):
        page = browser.get("/report?year=2026&b=%2Fx")

        assert page.headers["location"].startswith("http://auth.example.com/sign-in?")
        assert going_to(page.headers["location"], "sign-in", "http://app.example.com/report?year=2026&b=%2Fx")
        assert browser.get("/report", headers={"accept": "application/json"}).status_code == 401
        assert browser.post("/report").status_code == 401


def test_caddy_can_keep_the_session_from_the_application(tmp_path: Path) -> None:
    line = re.findall(r"^request_header Cookie .*$", DOCUMENTED, re.MULTILINE)[0]
    with application("caddy", tmp_path, line) as (browser, server):
        signed_up = httpx.post(f"{server.base_url}/sign-up/email", json=ADA)
        session = signed_up.headers["set-cookie"].partition(";")[0]

        answer = browser.get("/report", headers={"cookie": f"theme=dark; {session}; last=1"})

        cookies = [value for name, value in answer.json() if name.lower() == "cookie"]
        assert cookies == ["theme=dark; removed=1; last=1"]
