"""The bodies that several endpoints share."""

import msgspec

from athena_auth.wire.fields import Done, Password


class PasswordBody(msgspec.Struct, frozen=True):
    """The account's password, again."""

    password: Password


class StatusAnswer(msgspec.Struct, frozen=True):
    """It is done."""

    status: Done = True
