"""A message as an Internet mail (RFC 5322): headers, a plain part and an HTML part."""

import re
import secrets
from dataclasses import dataclass
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

import idna

from athena_auth.delivery.model import DeliveryFailed, Message
from athena_auth.delivery.render import render
from athena_auth.languages import ENGLISH, Language

# One mailbox without comments, quoting, lists or anything that could end a header line or an SMTP command.
# Quoted local parts ("a b"@example.com) are refused too: they are legal, but rare and useful for smuggling.
_ATOM = r'[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff<>()\[\],;:"\\@.]+'
_DOT_ATOM = rf"{_ATOM}(?:\.{_ATOM})*"
_MAILBOX = re.compile(f"{_DOT_ATOM}@{_DOT_ATOM}")


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender of mail, in ASCII.

    Attributes:
        header: The value of the From header.
        address: The bare address, for the envelope and the Message-ID.
    """

    header: str
    address: str

    @property
    def domain(self) -> str:
        """The part of the address after the @."""
        return self.address.rpartition("@")[2]


class SenderError(ValueError):
    """The sender is missing or cannot be used."""


def is_mailbox(text: str) -> bool:
    """Return whether `text` is one bare address that is safe in a header and in an SMTP command."""
    # A reader of the header would decode `=?…?=` to a different address (RFC 2047).
    return _MAILBOX.fullmatch(text) is not None and "=?" not in text


def parse_sender(text: str) -> Sender:
    """Parse a sender such as `Athena <no-reply@example.com>`. An international domain becomes ASCII (IDNA).

    Raises:
        SenderError: `text` is not exactly one mailbox, or only servers with SMTPUTF8 would accept it.
    """
    found = _single_address(text)
    if found is None:
        raise SenderError(
            "the mail sender must be one address, such as no-reply@example.com or "
            '"Athena" <no-reply@example.com>; a name with a comma needs its quotes.'
        )
    if not found.username.isascii():
        # Otherwise all mail would need SMTPUTF8 (RFC 6531) on every server on its way.
        raise SenderError(
            "the mail sender may have only ASCII characters before the @, such as no-reply@example.com."
        )
    try:
        address = f"{found.username}@{_ascii_domain(found.domain)}"
    except idna.IDNAError:
        raise SenderError("the domain of the mail sender is not a domain name.") from None
    return Sender(str(Address(found.display_name, addr_spec=address)), address)


def _single_address(text: str) -> Address | None:
    if not text.isprintable():
        return None
    try:
        header = SMTP.header_factory("From", text)
        found = header.addresses if isinstance(header, AddressHeader) else ()
    except ValueError:  # a display name may be an encoded word, which may contain a line break
        return None
    if len(found) != 1 or not is_mailbox(found[0].addr_spec) or not found[0].display_name.isprintable():
        return None
    return found[0]


def compose(message: Message, sender: Sender, language: Language = ENGLISH) -> EmailMessage:
    """Return a complete mail, with Date and a fresh Message-ID.

    Raises:
        DeliveryFailed: The recipient is not an address that is safe in a header; permanent.
    """
    rendered = render(message, language)
    mail = compose_text(message.to, sender, rendered.subject, rendered.text)
    mail.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    # Added last (RFC 3282): until then the headers of the content are those of the plain part.
    mail["Content-Language"] = language.code
    return mail


def compose_text(to: str, sender: Sender, subject: str, text: str) -> EmailMessage:
    """Return a complete plain-text mail, with Date and a fresh Message-ID.

    Raises:
        DeliveryFailed: `to` is not an address that is safe in a header; permanent.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender.header
    # The bare address: the user's name is untrusted text and does not belong in a header.
    mail["To"] = _deliverable(to)
    mail["Subject"] = subject
    mail["Date"] = formatdate()
    # Not email.utils.make_msgid, which publishes the process id.
    mail["Message-ID"] = f"<{secrets.token_hex(16)}@{sender.domain}>"
    # RFC 3834 section 5, and Exchange's own header: an out-of-office reply would quote the code.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(text, cte="quoted-printable")
    return mail


def _deliverable(to: str) -> str:
    """Return a recipient's address, in ASCII if its local part is, so that it needs no SMTPUTF8."""
    if not is_mailbox(to):
        raise DeliveryFailed("the recipient is not one plain mail address", permanent=True)
    local, _, domain = to.rpartition("@")
    if not local.isascii():
        return to
    try:
        return f"{local}@{_ascii_domain(domain)}"
    except idna.IDNAError:
        raise DeliveryFailed("the recipient's domain is not a domain name", permanent=True) from None


def _ascii_domain(domain: str) -> str:
    # ASCII names are left alone: they may contain characters that IDNA does not allow, such as an underscore.
    return domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
