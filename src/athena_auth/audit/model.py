"""An entry of the trail."""

from enum import StrEnum
from typing import Self

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.kernel.outcome import ErrorCode
from athena_auth.wire.caller import ClientInfo


class EventName(StrEnum):
    """What can happen, as `source:subject:action`. Names are stable: people search for them."""

    meaning: str
    """What has happened, in a sentence for the reference."""

    def __new__(cls, name: str, meaning: str = "") -> Self:
        """Make a member: its name is its value."""
        event = str.__new__(cls, name)
        event._value_ = name
        event.meaning = meaning
        return event

    SIGNED_UP = "sign-up:account:created", "Somebody created an account."
    PASSWORD_ACCEPTED = (
        "sign-in:password:accepted",
        "A password signed somebody in to an account without a second factor.",
    )
    PASSWORD_REFUSED = "sign-in:password:refused", "A wrong password, or an address that has no account."
    CHALLENGE_ISSUED = "sign-in:challenge:issued", "A password was right, and a second factor is due."
    TRUST_ACCEPTED = (
        "sign-in:trusted-device:accepted",
        "A password was right, and a trusted device stood in for the second factor.",
    )

    OTP_SENT = "second-step:otp:sent", "A code was sent by mail or by text message."
    CODE_REUSED = (
        "second-step:code:reused",
        "A code that was right and had been used was entered again; it did not count as a failed attempt.",
    )
    SECOND_STEP_CLOSED = (
        "second-step:guesses:used-up",
        "The last wrong code in a row that is allowed: no more are verified.",
    )

    STEP_UP_PASSWORD_ACCEPTED = "step-up:password:accepted", "A password opened a change in a live session."
    STEP_UP_PASSWORD_REFUSED = "step-up:password:refused", "A wrong password in a live session."

    SECRET_REVEALED = "account:secret:revealed", "The secret of the active authenticator app was shown."
    ENROLMENT_BEGUN = "account:factor:staged", "A factor was staged; a code has to confirm it."
    FACTOR_ADDED = "account:factor:added", "A second factor was turned on."
    FACTOR_REPLACED = "account:factor:replaced", "A second factor took another's place."
    FACTORS_REMOVED = "account:factors:removed", "The owner turned two-factor authentication off."
    BACKUP_CODES_GENERATED = (
        "account:backup-codes:generated",
        "New backup codes took the place of the old ones.",
    )
    PASSWORD_CHANGED = "account:password:changed", "The owner changed the password."
    PASSWORD_RESET_ASKED = (
        "account:password:reset-asked",
        "Somebody asked for a link that sets a new password.",
    )
    PASSWORD_RESET = "account:password:reset", "A link from a mail set a new password."
    ACCOUNT_RECLAIMED = (
        "account:account:reclaimed",
        "A password reset removed the factors and devices that were set up before the address was verified.",
    )
    EMAIL_VERIFIED = "account:email:verified", "A link from a mail verified the address."
    BROWSER_RECOGNIZED = (
        "sign-in:browser:recognized",
        "A link from a mail and the password made a browser a recognized one.",
    )
    DELETED = "account:account:deleted", "The owner deleted the account."

    TRUST_GRANTED = "device:trust:granted", "A device was trusted."
    TRUST_REUSED = (
        "device:trust:reused",
        "A token of a trusted device was used after it had been replaced: the device and its sessions were ended.",
    )
    TRUST_REVOKED = "device:trust:revoked", "The owner ended the trust in a device, or in all."
    SESSION_REVOKED = "session:session:revoked", "The owner ended sessions from another one."
    SIGNED_OUT = "session:session:signed-out", "The owner signed out."
    UNLOCKED = "operator:guesses:restored", "An operator gave an account its guesses back."
    DATABASE_RESTORED = (
        "operator:database:restored",
        "An operator restored a backup: sessions, challenges, trusted devices, sent codes and links were ended.",
    )
    CREATED_BY_OPERATOR = "operator:account:created", "An operator created the account."
    DELETED_BY_OPERATOR = "operator:account:deleted", "An operator deleted the account."
    FACTORS_RESET = "operator:factors:removed", "An operator took the second factors off."
    SESSIONS_ENDED_BY_OPERATOR = "operator:sessions:revoked", "An operator ended one session, or all."
    TRUST_ENDED_BY_OPERATOR = "operator:trust:revoked", "An operator ended the trust in all devices."


class Stage(StrEnum):
    """Where a second factor is verified."""

    SIGN_IN = "second-step"
    STEP_UP = "step-up"


class Verdict(StrEnum):
    """How a verification ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


def verification_event(stage: Stage, factor: str, verdict: Verdict) -> str:
    """Return the name of the event that a factor was verified, `stage:factor:verdict`: factors are an open set."""
    return f"{stage}:{factor}:{verdict}"


NOWHERE = ClientInfo("", "")
"""Where what an operator does comes from."""


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event. It holds nothing that opens anything: no code, no token, no password, no address of mail."""

    name: str
    """An `EventName`, or a `verification_event`."""
    user_id: UserId | None
    """None when somebody tried an address that has no account."""
    client: ClientInfo
    reason: ErrorCode | None = None
    """Why it was refused."""
    session_id: SessionId | None = None
    device_id: str | None = None
    """The trusted device that was granted, used or revoked."""


class RecordedEvent(msgspec.Struct, frozen=True):
    """An entry as it stands in the trail."""

    at: Millis
    entry: AuditEvent


class ListedEvent(RecordedEvent, frozen=True):
    """An entry as an operator looks at it."""

    email: str | None
    """The present address of the account; None when there is none, or none any more."""
