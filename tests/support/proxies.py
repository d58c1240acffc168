"""Real proxies: nginx and Caddy, each with a configuration of a test."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.services import require, running

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


@contextmanager
def nginx(folder: Path, port: int, locations: str) -> Iterator[None]:
    # Its workers must be able to enter the folder of the test.
    user = "user root;" if os.geteuid() == 0 else ""
    settings = folder / "nginx.conf"
    settings.write_text(_NGINX.format(port=port, locations=locations, user=user))
    command = [require("nginx", "nginx-light"), "-p", str(folder), "-c", str(settings)]
    with running(command, folder, port):
        yield


@contextmanager
def caddy(folder: Path, port: int) -> Iterator[None]:
    """Run Caddy as in a terminal, with the Caddyfile of this folder."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    with running([require("caddy", "caddy"), "run"], folder, port, env=env):
        yield


@contextmanager
def nginx_as_configured(folder: Path, port: int) -> Iterator[None]:
    """Run nginx as in a terminal, with the nginx.conf of this folder."""
    user = ["-g", "user root;"] if os.geteuid() == 0 else []
    with running([require("nginx", "nginx-light"), "-p", ".", "-c", "nginx.conf", *user], folder, port):
        yield
