"""The development outbox: a page with the complete messages that the server has printed or written to a file.

It shows codes and links, so it exists only on a developer's machine: `shows_dev_outbox` looks at the settings, and
`DevOutbox.admits` at each request. To any other request the path is unknown.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.types import Scope, Send

from athena_auth.delivery.model import Channel, Message
from athena_auth.delivery.recent_messages import MOST, RecentMessages
from athena_auth.delivery.render import render
from athena_auth.delivery.text import render_text
from athena_auth.delivery.transport import is_delivered
from athena_auth.kernel.network import address_of, is_loopback
from athena_auth.languages import Languages
from athena_auth.server.request import read_headers, request_id_of
from athena_auth.server.response import Response
from athena_auth.settings import Settings

DEV_OUTBOX = "/dev/outbox"

_TEMPLATE = Environment(
    loader=PackageLoader("athena_auth.server", "."),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
).get_template("dev_outbox.html")

# A mail has styles in it, and its frame inherits this policy. The frame is a sandbox, and all text is escaped.
_POLICY = (
    b"default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    b"frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
]
_OF_PROXIES = frozenset({b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"})


class _RenderedMessage(NamedTuple):
    """A message as the page shows it. `lines` are those of its text, each with whether it is the message's link."""

    subject: str
    to: str
    channel: str
    until: str
    lines: list[tuple[str, bool]]
    html: str | None


def shows_dev_outbox(settings: Settings) -> bool:
    """Return whether a server with these settings is a developer's: no mail leaves the machine, and no proxy leads to it."""
    return (
        not is_delivered(settings.mail_url)
        and not settings.https
        and is_loopback(urlsplit(settings.origin).hostname or "")
        and is_loopback(settings.host)
        and not settings.trusted_proxies
    )


class DevOutbox:
    """Shows the latest messages.

    Args:
        recent: The messages.
        settings: The server's settings, for which `shows_dev_outbox` holds.
        languages: Those in which the messages are written.
        stylesheets: The paths of the stylesheets of the pages.
    """

    def __init__(
        self,
        recent: RecentMessages,
        settings: Settings,
        languages: Languages,
        stylesheets: tuple[str, ...],
    ) -> None:
        self._recent = recent
        self._languages = languages
        self._stylesheets = stylesheets
        self._app_name = settings.app_name
        self._workers = settings.workers
        self._host = urlsplit(settings.origin).hostname or ""

    def admits(self, scope: Scope, root: str) -> bool:
        """Return whether to answer this request: one for the page, from this machine, under a name of this machine.

        The name is checked because a website can point its own name at this machine (DNS rebinding), and its scripts
        could then read the page. A proxy on this machine would open the page to its clients.
        """
        if (
            scope["type"] != "http"
            or scope["path"] != root + DEV_OUTBOX
            or scope["method"] not in {"GET", "HEAD"}
        ):
            return False
        client = scope.get("client")
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        return (
            client is not None
            and address_of(client[0]) is not None
            and is_loopback(client[0])
            and len(hosts) == 1
            and is_loopback(_name_of(hosts[0]))
            and not any(name in _OF_PROXIES for name, _ in scope["headers"])
        )

    async def respond(self, scope: Scope, send: Send) -> None:
        """Send the page. The request must have been admitted."""
        sources = await asyncio.to_thread(self._recent.load)
        html = _TEMPLATE.render(
            app_name=self._app_name,
            stylesheets=self._stylesheets,
            most=MOST,
            workers=self._workers,
            sources=[
                (source.path, [self._render(message) for message in source.messages]) for source in sources
            ],
        )
        response = Response(200, html.encode(), _HEADERS, b"text/html; charset=utf-8")
        await response.send(send, request_id_of(read_headers(scope)))

    def _render(self, message: Message) -> _RenderedMessage:
        until = f"{datetime.fromtimestamp(message.expires_at / 1000, UTC):%Y-%m-%d %H:%M} UTC"
        language = self._languages.of(message.language)
        if message.channel is Channel.TEXT:
            lines = render_text(message, self._host, language).splitlines()
            return _RenderedMessage(
                "Text message", message.to, message.channel, until, [(line, False) for line in lines], None
            )
        rendered = render(message, language)
        text = list(_lines(rendered.text, message.url))
        # Its links open in another tab: the frame is a sandbox, in which no other page opens.
        html = rendered.html.replace("<head>", '<head><base target="_blank">', 1)
        return _RenderedMessage(rendered.subject, message.to, message.channel, until, text, html)


def _lines(text: str, url: str | None) -> Iterator[tuple[str, bool]]:
    """Return each line and whether it is the link; only the message's own URL becomes one."""
    for line in text.strip().splitlines():
        yield line, line.strip() == url


def _name_of(host: str) -> str:
    """Return the name or the address in a `Host` header; empty if it is malformed."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
