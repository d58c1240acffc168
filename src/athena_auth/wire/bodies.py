"""Request and response bodies that several endpoints share."""

import msgspec

from athena_auth.wire.fields import Done, PasswordIfAny, StepUpCode


class PasswordBody(msgspec.Struct, frozen=True):
    """The account's password, and a code if the session needs a fresh second factor."""

    password: PasswordIfAny | None = None
    code: StepUpCode | None = None


class StepUpBody(msgspec.Struct, frozen=True):
    """A code, if the session needs a fresh second factor."""

    code: StepUpCode | None = None


class StatusAnswer(msgspec.Struct, frozen=True):
    """The action was performed."""

    status: Done = True
