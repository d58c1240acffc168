"""Classifies a mail server's refusal: whether it is final, and what an operator can do about it.

A refusal is final only if the enhanced status (RFC 3463) says that this recipient can never get the message. Every
other refusal is transient or can be fixed by an operator, here or on the mail server: the message is kept and retried
until it expires. That includes replies without an enhanced status, because "550" alone means "no such user" on one
server and "relaying denied" on the next (RFC 5321 section 4.2.3).
"""

import re
from enum import Enum, auto
from typing import NamedTuple

from athena_auth.delivery.model import DeliveryFailed

_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?!\S)")

# The recipient's address (5.1.x) and mailbox (5.2.x), with exceptions: 5.1.7 and 5.1.8 are about the sender, and 5.1.0
# may be: Postfix answers RCPT with it if it does not know the sender. 5.2.2 is a full mailbox, which RFC 3463 calls a
# transient failure: a link may still be valid once the recipient has made room.
_NEVER_REACHES_RECIPIENT = re.compile(r"5\.(?:1\.(?:[1-46]|10)|2\.(?!2$)[0-9]{1,3})")

_FIRST_REFUSAL = 500


class Step(Enum):
    """What the mail server refused."""

    SESSION = auto()
    """The connection itself: in the greeting or at STARTTLS."""
    EHLO = auto()
    LOGIN = auto()
    SENDER = auto()
    RECIPIENT = auto()
    MESSAGE = auto()


class _Cause(NamedTuple):
    steps: frozenset[Step]
    pattern: str
    """Matched against the reply code and the enhanced statuses, as in `554 5.7.1`."""
    what: str
    advice: str


_ANY = frozenset(Step)
_CAUSES = (
    _Cause(
        _ANY,
        r"-|[0-3]",
        "the mail server's answer is not SMTP",
        "check the host, the port, and smtp:// or smtps:// in ATHENA_MAIL_URL",
    ),
    _Cause(
        _ANY,
        r"4",
        "the mail server does not accept the message now",
        "if this continues, look into the mail server's log",
    ),
    _Cause(
        frozenset({Step.LOGIN}),
        r"",
        "the mail server refused the user name or the password",
        "check both in ATHENA_MAIL_URL",
    ),
    _Cause(
        _ANY,
        r"530",
        "the mail server requires a login or TLS first",
        "check the user name and the password in ATHENA_MAIL_URL, and whether it must be smtps://",
    ),
    _Cause(
        frozenset({Step.EHLO}),
        r"",
        "the mail server refused our EHLO name",
        "set ATHENA_MAIL_EHLO to the full domain name of this machine",
    ),
    _Cause(
        _ANY,
        r"504|.* 5\.5\.",
        "the mail server refused the EHLO name or an address as incomplete",
        "check ATHENA_MAIL_EHLO and ATHENA_MAIL_FROM",
    ),
    _Cause(
        _ANY,
        r"553 5\.7\.|.* 5\.1\.[78]\b",
        "the mail server refused the sender",
        "check ATHENA_MAIL_FROM, and that the user of ATHENA_MAIL_URL may send from it",
    ),
    _Cause(
        frozenset({Step.SENDER}),
        r"",
        "the mail server refused the sender",
        "check ATHENA_MAIL_FROM, and that the user of ATHENA_MAIL_URL may send from it",
    ),
    _Cause(
        frozenset({Step.RECIPIENT}),
        r".* 5\.7\.",
        "the mail server does not relay for us",
        "check the user name and the password in ATHENA_MAIL_URL, or the addresses that the mail server allows",
    ),
    _Cause(
        frozenset({Step.MESSAGE}),
        r".* 5\.7\.",
        "the mail server's policy refused the message",
        "check the login in ATHENA_MAIL_URL, and that SPF, DKIM and the mail server allow the sender",
    ),
    _Cause(
        _ANY,
        r".* 5\.2\.2\b",
        "the recipient's mailbox is full",
        "the account owner must make room",
    ),
    _Cause(
        frozenset({Step.RECIPIENT}),
        r"",
        "the mail server refused the recipient, perhaps not for good",
        "look into the mail server's log, and check that it relays for us",
    ),
    _Cause(
        _ANY,
        r"",
        "the mail server refused the message or the connection",
        "look into the mail server's log",
    ),
)
"""Why a message is kept: the first row applies whose steps and pattern match."""


def classify_refusal(step: Step, code: int, text: str) -> DeliveryFailed:
    """Return the failure for a reply. It repeats nothing of the reply's text, which contains addresses.

    Args:
        step: What was refused.
        code: The reply code.
        text: The lines of the reply, without their codes.
    """
    statuses = [found[0] for line in text.split("\n") if (found := _STATUS.match(line))]
    reply = " ".join([str(code), *dict.fromkeys(statuses)])
    if _is_for_good(step, code, statuses):
        return DeliveryFailed(
            f"the recipient's address is wrong, or its mailbox accepts no mail ({reply}): "
            "the account owner must change the address",
            permanent=True,
        )
    cause = next(row for row in _CAUSES if step in row.steps and re.match(row.pattern, reply))
    return DeliveryFailed(f"{cause.what} ({reply}): {cause.advice}", permanent=False)


def _is_for_good(step: Step, code: int, statuses: list[str]) -> bool:
    # A server cannot mean the recipient before RCPT. If the lines of a reply disagree, the message is kept.
    return (
        step in {Step.RECIPIENT, Step.MESSAGE}
        and code >= _FIRST_REFUSAL
        and bool(statuses)
        and all(_NEVER_REACHES_RECIPIENT.fullmatch(status) for status in statuses)
    )
