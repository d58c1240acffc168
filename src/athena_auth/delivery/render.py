"""The words of each message: a subject, a plain text and an HTML part that say the same."""

import re
from dataclasses import dataclass, field

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from athena_auth.delivery.model import Message, MessageKind
from athena_auth.delivery.one_line import one_line

# No subject holds a code: a locked screen shows the subject to whoever holds the phone, which may be the
# thief the second factor is there to stop. The templates put two sentences before the code for the same
# reason: previews show the first.
_SUBJECTS = {MessageKind.TWO_FACTOR_OTP: "Your {app_name} security code"}

_TEMPLATES = Environment(
    loader=PackageLoader("athena_auth.delivery"),
    autoescape=select_autoescape(enabled_extensions=("html",), default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

# What mail programs turn into a link or a mailbox by themselves.
_LINK = re.compile(r"[/\\@:]|www\.|\.\w{2,}", re.IGNORECASE)

_SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in words; the bodies carry the code, so no repr shows them."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


def render(message: Message) -> Rendered:
    """Return the message's subject, its plain text and its HTML document.

    The plain text holds the code unbroken on a line of its own, where mail programs and eyes find it.
    """
    app_name = one_line(message.app_name)
    values = {
        "subject": _SUBJECTS[message.kind].format(app_name=app_name),
        "name": _greeting_name(message.name),
        "app_name": app_name,
        "code": message.code,
        "lifetime": _lifetime(message.valid_for),
    }
    return Rendered(
        subject=values["subject"],
        text=_TEMPLATES.get_template(f"{message.kind}.txt").render(values),
        html=_TEMPLATES.get_template(f"{message.kind}.html").render(values),
    )


def _greeting_name(name: str) -> str:
    """Return the name to greet by, or an empty string when it could pass for a link.

    Anyone can sign up with a stranger's address and a name like "You won, see evil.example": the greeting
    would then carry their advertisement under our sender.
    """
    greeting = one_line(name, limit=60)
    return "" if _LINK.search(greeting) else greeting


def _lifetime(seconds: int) -> str:
    """Say how long a code lasts, in whole minutes so that the mail never promises more than there is."""
    minutes, rest = divmod(seconds, _SECONDS_PER_MINUTE)
    number, unit = (minutes, "minute") if minutes else (rest, "second")
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
