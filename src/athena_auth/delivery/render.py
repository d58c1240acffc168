"""Renders a message in the recipient's language: a subject, a plain text and an HTML part with the same content."""

import re
from dataclasses import dataclass, field

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from athena_auth.delivery.message_texts import MESSAGES, SIGNATURE
from athena_auth.delivery.model import EventContext, Message
from athena_auth.delivery.one_line import one_line
from athena_auth.delivery.sentences import Advice
from athena_auth.kernel.network import address_of
from athena_auth.kernel.texts import PluralText, Text
from athena_auth.kernel.user_agent import browser_of, system_of
from athena_auth.languages import ENGLISH, Language
from athena_auth.languages.formats import duration, moment

_NOT_KNOWN = Text("not known")


def device(user_agent: str) -> Text:
    """Describe a `User-Agent` header, for instance as "Firefox on Windows".

    No text of the header is repeated. A spammer who signs up with a victim's address chooses the header, and our mail
    would carry their advertisement. Real headers contain addresses and dots too, so no filter can tell them apart.
    """
    browser, system = browser_of(user_agent), system_of(user_agent)
    if system is None:
        return _NOT_KNOWN if browser is None else Text(browser)
    if browser is None:
        return Text("a program on {system}", system=system)
    return Text("{browser} on {system}", browser=browser, system=system)


# Both templates lay out the same sentences. Neither adds any text.
_TEMPLATES = Environment(
    loader=PackageLoader("athena_auth.delivery"),
    autoescape=select_autoescape(enabled_extensions=("html",), default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

# What mail programs turn into a link by themselves: addresses, host names and phone numbers.
_LINK = re.compile(r"[/\\@:\u3002\uff0e\uff61]|www\.|\.\w{2,}|\d[\d ().-]{5,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered message. The bodies contain the code or the link, so no repr shows them."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


def render(message: Message, language: Language = ENGLISH) -> Rendered:
    """Return the message's subject, its plain text and its HTML document.

    The plain text has the code or the link unbroken on a line of its own, so that programs and readers find it.
    """
    texts, gettext = MESSAGES[message.kind], language.gettext
    facts = {
        "app_name": one_line(message.app_name),
        "lifetime": duration(message.valid_for or 0, language),
        "codes_left": _codes_left(message.codes_left, language),
        "deadline": "" if message.due_at is None else moment(message.due_at, language),
    }
    subject = subject_of(message, language)
    name = _greeting_name(message.name)
    greeting = gettext("Hello {name},") if name else gettext("Hello,")
    values = {
        "language": language,
        "subject": subject,
        "greeting": greeting.format(name=name),
        "opening": gettext(texts.opening).format_map(facts).rstrip(),
        "code": message.code,
        "url": message.url,
        "action": gettext(texts.action),
        "circumstances": _context_line(message.context, language),
        "advice": [_advice(each, facts, language) for each in texts.advice],
        "signature": gettext(SIGNATURE).format_map(facts),
    }
    # The name has its own direction: it may be Arabic in an English mail. Markup escapes what is put into it.
    marked_up = escape(greeting).format(name=Markup("<bdi>{}</bdi>").format(name))
    return Rendered(
        subject=subject,
        text=_TEMPLATES.get_template("mail.txt").render(values),
        html=_TEMPLATES.get_template("mail.html").render(values, greeting=marked_up),
    )


def subject_of(message: Message, language: Language = ENGLISH) -> str:
    """Return the subject: one line that says what the message is about and contains no secret."""
    return language.gettext(MESSAGES[message.kind].subject).format(app_name=one_line(message.app_name))


def _advice(advice: Advice, facts: dict[str, str], language: Language) -> tuple[str, str]:
    """Return the condition and what to do then."""
    gettext = language.gettext
    counsel = " ".join(gettext(part) for part in (advice.counsel, advice.help) if part)
    return gettext(advice.case), counsel.format_map(facts)


def _greeting_name(name: str) -> str:
    """Return the name to greet by, or an empty string when it could pass for a link.

    Anyone can sign up with a stranger's address and a name like "You won, see evil.example": the greeting
    would then carry their advertisement under our sender.
    """
    greeting = one_line(name, limit=60)
    return "" if _LINK.search(greeting) else greeting


def _context_line(context: EventContext | None, language: Language) -> dict[str, str]:
    """Return the time and the origin of the event, by label."""
    if context is None:
        return {}
    when = {language.gettext("When"): moment(context.at, language)}
    if not context.address and not context.user_agent:
        return when  # an operator did it, without a request
    return {
        **when,
        language.gettext("IP address"): language.render(_address(context.address)),
        language.gettext("Device"): language.render(device(context.user_agent)),
    }


def _address(text: str) -> Text:
    """Return an IP address in its usual form. Anything else that a proxy sent is not repeated."""
    address = address_of(text)
    return _NOT_KNOWN if address is None else Text(str(address))


def _codes_left(left: int | None, language: Language) -> str:
    if left is None:
        return ""
    if not left:
        return language.gettext("It was the last one. Generate new codes now.")
    return language.render(PluralText("You have {n} code left.", "You have {n} codes left.", n=left))
