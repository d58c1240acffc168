"""The parts of what a kind of message says."""

from dataclasses import dataclass
from typing import NamedTuple


class Advice(NamedTuple):
    """A condition and what to do then. The two parts form one sentence."""

    case: str
    counsel: str
    help: str = ""
    """A sentence that follows."""


WAS_YOU = Advice("If this was you,", "there is nothing to do.")
CONTACT_SUPPORT = "If you can no longer sign in, contact {app_name} support."


def was_not_you(counsel: str, help_: str = "") -> Advice:
    """Return what to do if someone else did it."""
    return Advice("If this was not you,", counsel, help_)


@dataclass(frozen=True, slots=True)
class MessageText:
    """The sentences of one kind of message.

    Attributes:
        subject: The subject line.
        opening: What happened, or what the message is for.
        advice: What to do, in the order it is read.
        action: What the link is for, where there is one.
    """

    subject: str
    opening: str
    advice: tuple[Advice, ...]
    action: str = ""
