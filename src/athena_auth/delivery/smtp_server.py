"""Where mail is handed in, read from an `smtp:` or `smtps:` URL."""

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

ACCEPTED = (
    "smtp://[user:password@]host[:port][?starttls=on|off][&ca=/path.pem] or "
    "smtps://[user:password@]host[:port][?ca=/path.pem], "
    "with reserved characters in user and password percent-encoded"
)

_SMTP_SUBMISSION_PORT = 587
_SMTPS_PORT = 465


class TlsMode(StrEnum):
    """How a connection to the relay is protected."""

    IMPLICIT = "implicit TLS"
    STARTTLS = "STARTTLS"
    NONE = "no TLS"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server and how to talk to it; `ca` is a PEM file to trust in place of the system's."""

    host: str
    port: int
    tls: TlsMode
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: str | None = None


def parse_smtp_url(url: str) -> SmtpServer:
    """Read a relay from its URL.

    Raises:
        ValueError: The URL is not of the accepted form. The text never quotes it: it holds a password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")  # as a connection will: an impossible name is found now, not at the first mail
    except ValueError:
        # The library's own texts quote the part it stumbled on, and after an unescaped "/" that part is the
        # password.
        raise _unreadable() from None
    # urlsplit drops line breaks and tabs without a word; the password would be another one than was written.
    if not host or not url.isprintable() or parts.path not in {"", "/"} or parts.fragment:
        raise _unreadable()
    options = _options(parts)
    tls = tls_mode(parts.scheme, host, options.get("starttls"))
    return SmtpServer(
        host=host,
        port=port or (_SMTPS_PORT if tls is TlsMode.IMPLICIT else _SMTP_SUBMISSION_PORT),
        tls=tls,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        ca=options.get("ca"),
    )


def tls_mode(scheme: str, host: str, starttls: str | None) -> TlsMode:
    """Decide how the connection is protected.

    STARTTLS is required, not merely used when offered: whoever sits on the wire can strike the offer from the
    server's greeting, and would then read every code in the clear. A loopback host has no wire to sit on.
    `starttls=off` is for an operator who vouches for the network, say between two containers.

    Raises:
        ValueError: `starttls` is neither "on" nor "off", or is given with smtps.
    """
    if scheme == "smtps":
        if starttls is not None:
            raise ValueError("smtps:// is encrypted from the first byte; starttls belongs to smtp:// only.")
        return TlsMode.IMPLICIT
    if starttls not in {None, "on", "off"}:
        raise ValueError("starttls in the mail URL must be on or off.")
    required = starttls == "on" or (starttls is None and not _is_loopback(host))
    return TlsMode.STARTTLS if required else TlsMode.NONE


def _options(parts: SplitResult) -> dict[str, str]:
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    options = dict(pairs)
    if len(options) != len(pairs) or not options.keys() <= {"starttls", "ca"}:
        raise ValueError("a mail server's URL takes the options starttls and ca, each once.")
    return options


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # RFC 6761 section 6.3: localhost and every name under it mean this machine.
        return host == "localhost" or host.endswith(".localhost")


def _unreadable() -> ValueError:
    return ValueError(f"the mail URL cannot be read; it must look like {ACCEPTED}.")
