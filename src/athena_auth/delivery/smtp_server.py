"""A mail server, parsed from an `smtp:` or `smtps:` URL."""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from athena_auth.kernel.network import is_loopback

ACCEPTED = (
    "smtp://[user:password@]host[:port][?starttls=on|off][&ca=/path.pem] or "
    "smtps://[user:password@]host[:port][?ca=/path.pem], "
    "with reserved characters in user and password percent-encoded"
)

_SMTP_SUBMISSION_PORT = 587
_SMTPS_PORT = 465


class TlsMode(StrEnum):
    """How the connection to the mail server is protected."""

    IMPLICIT = "implicit TLS"
    STARTTLS = "STARTTLS"
    NONE = "no TLS"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server. `ca` is a PEM file of trusted authorities that replaces the system's."""

    host: str
    port: int
    tls: TlsMode
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: str | None = None


def parse_smtp_url(url: str) -> SmtpServer:
    """Parse a mail server's URL.

    Raises:
        ValueError: The URL does not have the accepted form. The text never quotes it: it contains a password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")  # as a connection will: an invalid name is found now, not at the first mail
    except ValueError:
        # The library quotes the part that it could not parse, and after an unescaped "/" that part is the password.
        raise _unreadable() from None
    # urlsplit silently drops line breaks and tabs, which would change the password.
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
    """Return how the connection is protected.

    STARTTLS is required, not merely used when offered: an attacker on the network can strip the offer from the
    server's greeting and then read every code. On a loopback host there is no such attacker. `starttls=off` is for
    an operator who trusts the network, for instance between two containers.

    Raises:
        ValueError: `starttls` is neither "on" nor "off", or is given with smtps.
    """
    if scheme == "smtps":
        if starttls is not None:
            raise ValueError("smtps:// is encrypted from the first byte; starttls belongs to smtp:// only.")
        return TlsMode.IMPLICIT
    if starttls not in {None, "on", "off"}:
        raise ValueError("starttls in the mail URL must be on or off.")
    required = starttls == "on" or (starttls is None and not is_loopback(host))
    return TlsMode.STARTTLS if required else TlsMode.NONE


def _options(parts: SplitResult) -> dict[str, str]:
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    options = dict(pairs)
    if len(options) != len(pairs) or not options.keys() <= {"starttls", "ca"}:
        raise ValueError("a mail server's URL accepts only the options starttls and ca, each once.")
    return options


def _unreadable() -> ValueError:
    return ValueError(f"the mail URL cannot be read; it must look like {ACCEPTED}.")
