"""The parts of what a kind of message says."""

from dataclasses import dataclass
from typing import NamedTuple


class Advice(NamedTuple):
    """A condition and what to do then. The two parts form one sentence."""

    case: str
    counsel: str
    help: str = ""
    """A sentence that follows."""


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
