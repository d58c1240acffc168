"""The events of the audit log."""

from enum import StrEnum
from typing import Self

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.wire.caller import ClientInfo


class EventName(StrEnum):
    """The names of the events, as `source:subject:action`. Names are stable, because operators search for them."""

    meaning: str
    """What happened, in a sentence for the reference."""

    def __new__(cls, name: str, meaning: str = "") -> Self:
        """Create a member whose value is the name of the event."""
        event = str.__new__(cls, name)
        event._value_ = name
        event.meaning = meaning
        return event

    SIGNED_UP = "sign-up:account:created", "An account was created by signing up."
    SIGN_UP_REPEATED = (
        "sign-up:account:exists",
        "A sign-up with the address of an existing account. The account did not change, and its owner was notified.",
    )
    INVITE_USED = (
        "sign-up:invite:used",
        "An account was created with an invitation, which verified its address.",
    )
    PASSWORD_ACCEPTED = (
        "sign-in:password:accepted",
        "A sign-in with a correct password, to an account without a second factor.",
    )
    PASSWORD_REFUSED = (
        "sign-in:password:refused",
        "A sign-in with a wrong password, or with an address that has no account.",
    )
    ENROLMENT_DEMANDED = (
        "sign-in:enrolment:required",
        "The password was correct, but the deadline for a second factor has passed. The sign-in can only enrol one.",
    )
    UNVERIFIED_REFUSED = (
        "sign-in:email:refused",
        "A sign-in with a correct password or passkey was refused, because the email address is not verified.",
    )
    CHALLENGE_ISSUED = (
        "sign-in:challenge:issued",
        "The password was correct, and a second factor is required.",
    )
    TRUST_ACCEPTED = (
        "sign-in:trusted-device:accepted",
        "The password was correct, and a trusted device replaced the second factor.",
    )

    PASSKEY_ACCEPTED = (
        "sign-in:passkey:accepted",
        "A passkey with user verification completed a sign-in by itself.",
    )
    PASSKEY_REFUSED = (
        "sign-in:passkey:refused",
        "A sign-in with a passkey of the account was refused: the response was wrong, or the user was not verified.",
    )

    OTP_SENT = "second-step:otp:sent", "A code was sent by email or by text message."
    CODE_REUSED = (
        "second-step:code:reused",
        "A correct code was entered a second time. It was refused, but not counted as a failed attempt.",
    )
    SECOND_STEP_CLOSED = (
        "second-step:guesses:used-up",
        "The limit of consecutive wrong codes was reached; no further codes of this kind of client are verified.",
    )

    STEP_UP_PASSWORD_ACCEPTED = (
        "step-up:password:accepted",
        "A correct password authorised an action in a session.",
    )
    STEP_UP_PASSWORD_REFUSED = "step-up:password:refused", "A wrong password in a session."

    SECRET_REVEALED = "account:secret:revealed", "The secret of the active authenticator app was shown."
    ENROLMENT_BEGUN = (
        "account:factor:staged",
        "An enrolment was begun; a code must confirm it before the factor is active.",
    )
    FACTOR_REQUIRED = (
        "account:factor:required",
        "The enforcement policy began to apply to the account: its deadline was stored.",
    )
    FACTOR_ADDED = "account:factor:added", "A second factor was turned on."
    FACTOR_REPLACED = "account:factor:replaced", "A second factor replaced another one."
    PASSKEY_ADDED = "account:passkey:added", "The account owner added a passkey."
    PASSKEY_REMOVED = "account:passkey:removed", "The account owner removed a passkey."
    SIGN_COUNT_DECREASED = (
        "account:passkey:count-decreased",
        "The signature count of a passkey did not increase: there may be a copy of it. It was accepted.",
    )
    AUTHENTICATOR_REMOVED = (
        "account:authenticator:removed",
        "The account owner removed one of several authenticators.",
    )
    AUTHENTICATOR_SUSPENDED = (
        "account:authenticator:suspended",
        "The account owner suspended an authenticator: until it is resumed, it verifies nothing.",
    )
    AUTHENTICATOR_RESUMED = (
        "account:authenticator:resumed",
        "The account owner resumed a suspended authenticator.",
    )
    FACTORS_REMOVED = "account:factors:removed", "The account owner turned two-factor authentication off."
    BACKUP_CODES_GENERATED = (
        "account:backup-codes:generated",
        "New backup codes replaced the old ones.",
    )
    PASSWORD_CHANGED = "account:password:changed", "The account owner changed the password."
    PASSWORD_REMOVED = (
        "account:password:removed",
        "The account owner removed the password: they sign in with passkeys.",
    )
    PASSWORD_SET = "account:password:set", "The account owner set a password, where there was none."
    PASSWORD_BREACHED = (
        "account:password:breached",
        "A sign-in with a correct password that has appeared in a data breach. The owner was notified.",
    )
    PASSWORD_RESET_ASKED = (
        "account:password:reset-asked",
        "A password reset email was requested.",
    )
    PASSWORD_RESET = "account:password:reset", "A new password was set with a link from an email."
    ACCOUNT_RECLAIMED = (
        "account:account:reclaimed",
        "A password reset removed all second factors, because they were set up before the email address was verified.",
    )
    EMAIL_VERIFIED = "account:email:verified", "The email address was verified with a link from an email."
    EMAIL_CHANGE_ASKED = (
        "account:email:change-asked",
        "A change of the email address was requested. The owner of the new address was sent a mail.",
    )
    EMAIL_CHANGED = "account:email:changed", "The email address was changed, with a link to the new one."
    EMAIL_RESTORED = (
        "account:email:restored",
        "A change of the email address was undone, with a link to the old one. The account was signed out everywhere.",
    )
    BROWSER_RECOGNIZED = (
        "sign-in:browser:recognized",
        "A browser became recognized by a link from an email and the password.",
    )
    RECOVERY_REQUESTED = (
        "recovery:link:asked",
        "After a correct password, a link that opens a recovery case was requested.",
    )
    RECOVERY_OPENED = "recovery:case:opened", "A recovery case was opened with a link from an email."
    RECOVERY_REFUSED = (
        "recovery:case:refused",
        "A recovery case was not opened, although the link from an email was valid.",
    )
    RECOVERY_CANCELLED = (
        "recovery:case:cancelled",
        "A recovery case was cancelled: by a link from an email, a verified second factor or a change of credentials.",
    )
    RECOVERY_EXPIRED = "recovery:case:expired", "A recovery case was not completed in time, and ended."
    FACTORS_RECOVERED = (
        "recovery:factors:removed",
        "A recovery case was completed: the second factors were removed, and the account must enrol one.",
    )
    DELETED = "account:account:deleted", "The account owner deleted the account."

    TRUST_GRANTED = "device:trust:granted", "A device was trusted."
    TRUST_REUSED = (
        "device:trust:reused",
        "A token of a trusted device was used after it had been replaced. The device and its sessions were revoked.",
    )
    TRUST_REVOKED = "device:trust:revoked", "The account owner revoked one or all trusted devices."
    SESSION_REVOKED = "session:session:revoked", "The account owner revoked sessions from another session."
    SIGNED_OUT = "session:session:signed-out", "The account owner signed out."
    UNLOCKED = (
        "operator:guesses:restored",
        "An operator unlocked the account by resetting its failed attempts.",
    )
    DATABASE_RESTORED = (
        "operator:database:restored",
        "An operator restored a backup. Sessions, challenges, trusted devices, sent codes and links were revoked.",
    )
    CREATED_BY_OPERATOR = "operator:account:created", "An operator created the account."
    INVITED = "operator:invite:sent", "An operator invited someone to sign up."
    INVITES_REVOKED = "operator:invite:revoked", "An operator revoked the invitations of an address."
    DELETED_BY_OPERATOR = "operator:account:deleted", "An operator deleted the account."
    FACTORS_RESET = "operator:factors:removed", "An operator removed the second factors."
    RECOVERY_OPENED_BY_OPERATOR = "operator:recovery:opened", "An operator opened a recovery case."
    RECOVERY_SHORTENED = (
        "operator:recovery:shortened",
        "An operator shortened the waiting time of a recovery case.",
    )
    RECOVERY_CANCELLED_BY_OPERATOR = "operator:recovery:cancelled", "An operator cancelled a recovery case."
    FACTOR_REQUIRED_BY_OPERATOR = (
        "operator:factor:required",
        "An operator set the deadline by which the account needs a second factor.",
    )
    FACTOR_EXEMPTED_BY_OPERATOR = (
        "operator:factor:exempted",
        "An operator exempted the account from the enforcement policy.",
    )
    AUTHENTICATOR_REVOKED = (
        "operator:authenticator:removed",
        "An operator removed one of several authenticators; the note is their reason.",
    )
    SESSIONS_ENDED_BY_OPERATOR = "operator:sessions:revoked", "An operator revoked one or all sessions."
    TRUST_ENDED_BY_OPERATOR = "operator:trust:revoked", "An operator revoked all trusted devices."


class Stage(StrEnum):
    """What the verification of a second factor is part of."""

    SIGN_IN = "second-step"
    STEP_UP = "step-up"


class Verdict(StrEnum):
    """The result of a verification."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


def verification_event(stage: Stage, factor: str, verdict: Verdict) -> str:
    """Return the name of the event `stage:factor:verdict`. It is computed because the set of factors is open."""
    return f"{stage}:{factor}:{verdict}"


NO_CLIENT = ClientInfo("", "")
"""The client of an operator's actions, which have no request."""


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event. It contains no credentials and no email address: no code, token or password."""

    name: str
    """An `EventName`, or a `verification_event`."""
    user_id: UserId | None
    """None for an attempt at an address that has no account, and for events that concern no single account."""
    client: ClientInfo
    reason: ErrorCode | None = None
    """Why the request was refused."""
    session_id: SessionId | None = None
    device_id: str | None = None
    """The trusted device that was added, used or revoked."""
    authenticator_id: str | None = None
    """The authenticator that was verified or changed, where the event is about one."""
    note: str | None = None
    """An operator's reason, in their words."""


class RecordedEvent(msgspec.Struct, frozen=True):
    """An event with the time at which it was recorded."""

    at: Millis
    entry: AuditEvent


class ListedEvent(RecordedEvent, frozen=True):
    """A recorded event as shown to an operator."""

    email: str | None
    """The current email address of the account; None if there is no account, or it was deleted."""
