"""A message as an Internet mail (RFC 5322): headers, a plain part and an HTML part."""

import re
import secrets
from dataclasses import dataclass
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from athena_auth.delivery.failure import DeliveryFailed
from athena_auth.delivery.model import Message
from athena_auth.delivery.render import render

# One mailbox without comments, quoting, lists or anything that could end a header line or an SMTP command.
# Quoted local parts ("a b"@example.com) are refused with them: legal, all but unused, and a way to smuggle.
_ATOM = r'[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff<>()\[\],;:"\\@.]+'
_DOT_ATOM = rf"{_ATOM}(?:\.{_ATOM})*"
_MAILBOX = re.compile(f"{_DOT_ATOM}@{_DOT_ATOM}")


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom mail comes from: the From header, and the bare address the envelope and Message-ID are made of."""

    header: str
    address: str

    @property
    def domain(self) -> str:
        """The part of the address after the @."""
        return self.address.rpartition("@")[2]


def is_mailbox(text: str) -> bool:
    """Tell whether `text` is one bare address that is safe in a header and in an SMTP command."""
    # `=?…?=` would be decoded to another address by whoever reads the header (RFC 2047).
    return _MAILBOX.fullmatch(text) is not None and "=?" not in text


def parse_sender(text: str) -> Sender:
    """Read a sender such as `Athena <no-reply@example.com>`.

    Raises:
        ValueError: `text` is not exactly one mailbox.
    """
    header = SMTP.header_factory("From", text) if text.isprintable() else None
    found = header.addresses if isinstance(header, AddressHeader) else ()
    if len(found) != 1 or not is_mailbox(found[0].addr_spec):
        raise ValueError(
            "The mail sender must be one address, such as no-reply@example.com or "
            '"Athena" <no-reply@example.com>; a name with a comma needs its quotes.'
        )
    return Sender(header=text, address=found[0].addr_spec)


def compose(message: Message, sender: Sender) -> EmailMessage:
    """Return the mail to send, complete with Date and a fresh Message-ID.

    Raises:
        DeliveryFailed: The recipient is not an address that can stand in a header; permanent.
    """
    if not is_mailbox(message.to):
        raise DeliveryFailed("the recipient is not one plain mail address", permanent=True)
    rendered = render(message)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender.header
    # The bare address: the person's name is untrusted text, and no header is the place to find out what it does.
    mail["To"] = message.to
    mail["Subject"] = rendered.subject
    mail["Date"] = formatdate()
    # Not email.utils.make_msgid, which publishes the process id.
    mail["Message-ID"] = f"<{secrets.token_hex(16)}@{sender.domain}>"
    # RFC 3834 section 5, and what Exchange reads instead: an out-of-office reply would quote the code.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(rendered.text, cte="quoted-printable")
    mail.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    return mail
