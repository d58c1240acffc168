"""What depends on a secret, and what the database records about it."""

import hmac
from enum import StrEnum

import msgspec

_GIVEN_UP = b"given up:"


class Dependents(msgspec.Struct, frozen=True, rename="camel"):
    """The numbers of unexpired values that were made with one secret."""

    totp_secrets: int = 0
    backup_codes: int = 0
    waiting_messages: int = 0
    sent_codes: int = 0
    signing_keys: int = 0

    @property
    def total(self) -> int:
        """The sum over all kinds."""
        return sum(msgspec.structs.astuple(self))

    def __str__(self) -> str:
        counts = msgspec.structs.asdict(self).items()
        parts = [f"{count} {_name(kind, count)}" for kind, count in counts if count]
        return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:]))) or "nothing"


def _name(kind: str, count: int) -> str:
    words = kind.replace("_", " ").replace("totp", "TOTP")
    return words.removesuffix("s") if count == 1 else words


class SecretRecord(msgspec.Struct, frozen=True):
    """What the database records about a secret, so that another secret under its number is detected."""

    check_value: bytes

    @property
    def is_given_up(self) -> bool:
        """Whether an operator has declared this secret lost, so that the server starts without it."""
        return self.check_value.startswith(_GIVEN_UP)

    @property
    def is_unknown(self) -> bool:
        """Whether it was lost before it was recorded."""
        return self.check_value == _GIVEN_UP

    def matches(self, check_value: bytes) -> bool:
        """Tell whether this is the check value of the secret; any value matches an unknown secret."""
        known = self.check_value.removeprefix(_GIVEN_UP)
        return self.is_unknown or hmac.compare_digest(known, check_value)

    def given_up(self) -> "SecretRecord":
        """Return the record of the same secret, marked as lost."""
        return self if self.is_given_up else SecretRecord(_GIVEN_UP + self.check_value)


class Status(StrEnum):
    """The status of a secret, which says what an operator can do about it."""

    CURRENT = "current"
    NEEDED = "needed"
    REMOVABLE = "removable"
    UNUSED = "unused"
    MISSING = "missing"
    WRONG = "wrong"
    GIVEN_UP = "given-up"

    @property
    def meaning(self) -> str:
        """A sentence for the operator."""
        return _MEANINGS[self]

    @property
    def can_be_removed(self) -> bool:
        """Whether the secret can be removed from the settings."""
        return self in {Status.REMOVABLE, Status.UNUSED}

    @property
    def breaks(self) -> bool:
        """Whether the server refuses to start, because it could not read values that are still needed."""
        return self in {Status.MISSING, Status.WRONG}


_MEANINGS = {
    Status.CURRENT: "New values are made with it.",
    Status.NEEDED: "It must stay configured: values still depend on it.",
    Status.REMOVABLE: "Nothing depends on it; remove it once no process makes new values with it.",
    Status.UNUSED: "It is not configured, and nothing depends on it.",
    Status.MISSING: "It is not configured, but values still depend on it: configure it again.",
    Status.WRONG: "The database was made with another secret of this number: configure that one.",
    Status.GIVEN_UP: "It was declared lost; the values that depend on it cannot be read.",
}


class SecretReport(msgspec.Struct, frozen=True):
    """One secret, as `athena-auth secrets check` shows it."""

    number: int
    status: Status
    dependents: Dependents
