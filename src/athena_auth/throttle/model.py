"""The budget of guesses and its lanes."""

from enum import StrEnum

import msgspec

from athena_auth.kernel.clock import Millis


class Lane(StrEnum):
    """Where guesses at an account's secrets come from.

    Each lane has a budget of its own: somebody who only knows the password guesses in `CHALLENGE`, and what
    he wastes there does not lock out the owner, who is signed in elsewhere.
    """

    CHALLENGE = "challenge"
    SESSION = "session"
    PASSWORD = "password"  # noqa: S105
    """Guesses at the password, in a live session."""


class Paid(msgspec.Struct, frozen=True):
    """A guess was paid for: it is the `failures`-th in a row until it proves right."""

    failures: int


class Blocked(msgspec.Struct, frozen=True):
    """No guess is looked at before `until`; or at all, when the budget is used up."""

    until: Millis
    used_up: bool = False
