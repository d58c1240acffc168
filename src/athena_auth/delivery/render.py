"""Renders a message: a subject, a plain text and an HTML part with the same content."""

import ipaddress
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from athena_auth.delivery.message_texts import MESSAGES, SIGNATURE
from athena_auth.delivery.model import EventContext, Message
from athena_auth.delivery.one_line import one_line
from athena_auth.kernel.user_agent import browser_of, system_of


def device(user_agent: str) -> str:
    """Describe a `User-Agent` header, for instance as "Firefox on Windows".

    No text of the header is repeated. A spammer who signs up with a victim's address chooses the header, and our mail
    would carry their advertisement. Real headers contain addresses and dots too, so no filter can tell them apart.
    """
    browser, system = browser_of(user_agent), system_of(user_agent)
    if browser is None and system is None:
        return "not known"
    return " on ".join(filter(None, [browser or "a program", system]))


# Both templates lay out the same sentences. Neither adds any text but "Hello".
_TEMPLATES = Environment(
    loader=PackageLoader("athena_auth.delivery"),
    autoescape=select_autoescape(enabled_extensions=("html",), default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

# What mail programs turn into a link by themselves: addresses, host names and phone numbers.
_LINK = re.compile(r"[/\\@:\u3002\uff0e\uff61]|www\.|\.\w{2,}|\d[\d ().-]{5,}", re.IGNORECASE)

_MINUTES = {"day": 24 * 60, "hour": 60, "minute": 1}
_SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered message. The bodies contain the code or the link, so no repr shows them."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


def render(message: Message) -> Rendered:
    """Return the message's subject, its plain text and its HTML document.

    The plain text has the code or the link unbroken on a line of its own, so that programs and readers find it.
    """
    texts = MESSAGES[message.kind]
    facts = {
        "app_name": one_line(message.app_name),
        "lifetime": lifetime(message.valid_for),
        "codes_left": _codes_left(message.codes_left),
    }
    subject = subject_of(message)
    values = {
        "subject": subject,
        "name": _greeting_name(message.name),
        "opening": texts.opening.format_map(facts).rstrip(),
        "code": message.code,
        "url": message.url,
        "action": texts.action,
        "circumstances": _context_line(message.context),
        "advice": [(case, counsel.format_map(facts)) for case, counsel in texts.advice],
        "signature": SIGNATURE.format_map(facts),
    }
    return Rendered(
        subject=subject,
        text=_TEMPLATES.get_template("mail.txt").render(values),
        html=_TEMPLATES.get_template("mail.html").render(values),
    )


def subject_of(message: Message) -> str:
    """Return the subject: one line that says what the message is about and contains no secret."""
    return MESSAGES[message.kind].subject.format(app_name=one_line(message.app_name))


def _greeting_name(name: str) -> str:
    """Return the name to greet by, or an empty string when it could pass for a link.

    Anyone can sign up with a stranger's address and a name like "You won, see evil.example": the greeting
    would then carry their advertisement under our sender.
    """
    greeting = one_line(name, limit=60)
    return "" if _LINK.search(greeting) else greeting


def _context_line(context: EventContext | None) -> dict[str, str]:
    """Return the time and the origin of the event, by label."""
    if context is None:
        return {}
    moment = datetime.fromtimestamp(context.at / 1000, UTC)
    when = {"When": f"{moment:%Y-%m-%d %H:%M} UTC"}
    if not context.address and not context.user_agent:
        return when  # an operator did it, without a request
    return {
        **when,
        "IP address": _address(context.address),
        "Device": device(context.user_agent),
    }


def _address(text: str) -> str:
    """Return an IP address in its usual form. Anything else that a proxy sent is not repeated."""
    try:
        # A zone is any text at all: fe80::1%see-evil.example is a valid address.
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return "not known"
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def lifetime(seconds: int | None) -> str:
    """Return a lifetime in words, rounded down so that the message never promises too much."""
    minutes, rest = divmod(seconds or 0, _SECONDS_PER_MINUTE)
    if not minutes:
        return _counted(rest, "second")
    unit = next(unit for unit, length in _MINUTES.items() if minutes % length == 0)
    return _counted(minutes // _MINUTES[unit], unit)


def _codes_left(left: int | None) -> str:
    if left is None:
        return ""
    return (
        f"You have {_counted(left, 'code')} left." if left else "It was the last one. Generate new codes now."
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
