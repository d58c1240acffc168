"""Real proxies and application servers in front: nginx, HAProxy, gunicorn."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.process import PATIENCE, SECRET, Server, environment, run_athena, serving, wait_for
from support.services import free_port, require, running

ADA = {"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"}
_NGINX = """
daemon off;
pid nginx.pid;
error_log error.log;
{user}
events {{ }}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
    server {{
        listen 127.0.0.1:{port};
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        {locations}
    }}
}}
"""
# As the guide to operating shows it.
_GUARDED = """
        location /api/auth/ { proxy_pass SERVER; }
        location = /check {
            internal;
            proxy_pass SERVER/api/auth/check-session;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
        }
        location /private/ {
            auth_request /check;
            auth_request_set $user $upstream_http_x_athena_user_id;
            add_header X-User $user always;
            root FOLDER;
        }
"""
_HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend public
    bind 127.0.0.1:{port}
    option forwardfor
    default_backend athena
backend athena
    option httpchk GET /api/auth/ready
    default-server check inter 200ms fall 1 rise 1
    server one 127.0.0.1:{server}
"""


@contextmanager
def nginx(folder: Path, port: int, locations: str) -> Iterator[None]:
    # Its workers must be able to enter the folder of the test.
    user = "user root;" if os.geteuid() == 0 else ""
    settings = folder / "nginx.conf"
    settings.write_text(_NGINX.format(port=port, locations=locations, user=user))
    command = [require("nginx", "nginx-light"), "-p", str(folder), "-c", str(settings)]
    with running(command, folder, port):
        yield


def link_in_mail(server: Server, kind: str) -> str:
    def find() -> str | None:
        lines = server.outbox.read_text().splitlines() if server.outbox.exists() else []
        mails = [json.loads(line) for line in lines]
        return next((mail["url"] for mail in mails if mail["kind"] == kind), None)

    return wait_for(find, "a link in the outbox")


@pytest.mark.parametrize("passes_on", ["/", ""], ids=["the path is taken off", "the path is passed on"])
def test_the_server_lives_below_a_path(tmp_path: Path, passes_on: str) -> None:
    """Links in mails left the path out, and led to a page of the site above; some proxies take it off, some pass it on."""
    own, front = free_port(), free_port()
    url = f"http://127.0.0.1:{front}/sso"
    with serving(tmp_path, port=str(own), base_url=url, host="127.0.0.1") as server:
        locations = f"location /sso/ {{ proxy_pass http://127.0.0.1:{own}{passes_on}; }}"
        with (
            nginx(tmp_path, front, locations),
            httpx.Client(headers={"origin": f"http://127.0.0.1:{front}"}) as browser,
        ):
            api = f"{url}/api/auth"
            assert f"API         {api}" in server.announcement
            signed_up = browser.post(f"{api}/sign-up/email", json=ADA)
            assert signed_up.status_code == 200, signed_up.text
            assert "Path=/sso;" in signed_up.headers["set-cookie"]
            assert browser.get(f"{api}/get-session").json()["user"]["email"] == ADA["email"]
            document = browser.get(f"{api}/openapi.json").json()
            assert document["servers"][0]["url"] == api
            for path in ("/", ""):
                page = browser.get(url + path, follow_redirects=True)
                assert (page.status_code, str(page.url)) == (200, f"{url}/security")
            for path in ("/api/auth", "/api/auth/"):
                page = browser.get(url + path, follow_redirects=True)
                assert (page.status_code, str(page.url)) == (200, f"{api}/reference")
            browser.post(f"{api}/request-password-reset", json={"email": ADA["email"]})
            link = link_in_mail(server, "password-reset")
            assert link.startswith(f"{api}/reset-password?token=")
            assert browser.get(link).headers["content-type"].startswith("text/html")


def test_auth_request_lets_nobody_in_who_has_no_session(tmp_path: Path) -> None:
    """With `get-session`, which answers 200 to everybody, it let everybody in."""
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "page.txt").write_text("secret")
    front = free_port()
    with serving(tmp_path, base_url=f"http://127.0.0.1:{front}", port=str(free_port())) as server:
        upstream = server.base_url.removesuffix("/api/auth").replace("localhost", "127.0.0.1")
        locations = _GUARDED.replace("SERVER", upstream).replace("FOLDER", str(tmp_path))
        with nginx(tmp_path, front, locations), httpx.Client(base_url=f"http://127.0.0.1:{front}") as browser:
            assert browser.get("/private/page.txt").status_code == 401
            user = browser.post("/api/auth/sign-up/email", json=ADA).json()["user"]

            let_in = browser.get("/private/page.txt")

            assert (let_in.status_code, let_in.text) == (200, "secret")
            assert let_in.headers["x-user"] == user["id"]
            browser.post("/api/auth/sign-out", headers={"origin": f"http://127.0.0.1:{front}"})
            assert browser.get("/private/page.txt").status_code == 401


def test_haproxy_asks_whether_it_is_ready_and_tells_who_calls(tmp_path: Path) -> None:
    front, own = free_port(), free_port()
    (tmp_path / "haproxy.cfg").write_text(_HAPROXY.format(port=front, server=own))
    command = [require("haproxy", "haproxy"), "-db", "-f", str(tmp_path / "haproxy.cfg")]
    with (
        running(command, tmp_path, front),
        httpx.Client(base_url=f"http://127.0.0.1:{front}/api/auth") as client,
    ):
        with serving(tmp_path, port=str(own), host="127.0.0.1", trusted_proxies="127.0.0.1"):
            wait_for(lambda: client.get("/ok").status_code == 200 or None, "HAProxy to find it ready")
            token = client.post(
                "/sign-up/email", json=ADA, headers={"x-forwarded-for": "203.0.113.9"}
            ).json()["token"]
            session = client.get("/get-session", headers={"authorization": f"Bearer {token}"}).json()[
                "session"
            ]
            # HAProxy names this test, which is on a trusted address too, and so is believed about who comes before.
            assert session["ipAddress"] == "203.0.113.9"
        wait_for(lambda: client.get("/ok").status_code == 503 or None, "HAProxy to find it gone")


def test_gunicorn_serves_it(tmp_path: Path, postgres_url: str) -> None:
    settings: dict[str, Any] = {"database_url": postgres_url, "secret": SECRET}
    assert run_athena(tmp_path, "migrate", **settings).returncode == 0
    port = free_port()
    gunicorn = str(Path(sys.executable).with_name("gunicorn"))
    address = f"127.0.0.1:{port}"
    command = [
        gunicorn,
        "athena_auth:create_app()",
        "--worker-class",
        "asgi",
        "--workers",
        "2",
        "--bind",
        address,
    ]
    with (
        running(command, tmp_path, port, env=environment(**settings)),
        httpx.Client(base_url=f"http://{address}/api/auth", timeout=PATIENCE) as client,
    ):
        token = client.post("/sign-up/email", json=ADA).json()["token"]
        bearer = {"authorization": f"Bearer {token}"}
        assert client.get("/ready").json() == {"ok": True}
        assert client.get("/get-session", headers=bearer).json()["user"]["email"] == ADA["email"]
