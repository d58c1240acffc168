"""An entry of the trail."""

from enum import StrEnum

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.kernel.outcome import ErrorCode
from athena_auth.wire.caller import ClientInfo


class Event(StrEnum):
    """What can happen, as `source:subject:action`. Names are stable: people search for them."""

    SIGNED_UP = "sign-up:account:created"
    PASSWORD_ACCEPTED = "sign-in:password:accepted"  # noqa: S105
    PASSWORD_REFUSED = "sign-in:password:refused"  # noqa: S105
    CHALLENGE_ISSUED = "sign-in:challenge:issued"
    TRUST_ACCEPTED = "sign-in:trusted-device:accepted"

    TOTP_ACCEPTED = "second-step:totp:accepted"
    TOTP_REFUSED = "second-step:totp:refused"
    OTP_ACCEPTED = "second-step:otp:accepted"
    OTP_REFUSED = "second-step:otp:refused"
    BACKUP_CODE_ACCEPTED = "second-step:backup-code:accepted"
    BACKUP_CODE_REFUSED = "second-step:backup-code:refused"
    OTP_SENT = "second-step:otp:sent"
    SECOND_STEP_CLOSED = "second-step:guesses:used-up"

    STEP_UP_PASSWORD_ACCEPTED = "step-up:password:accepted"  # noqa: S105
    STEP_UP_PASSWORD_REFUSED = "step-up:password:refused"  # noqa: S105
    STEP_UP_TOTP_ACCEPTED = "step-up:totp:accepted"
    STEP_UP_TOTP_REFUSED = "step-up:totp:refused"
    STEP_UP_OTP_ACCEPTED = "step-up:otp:accepted"
    STEP_UP_OTP_REFUSED = "step-up:otp:refused"
    STEP_UP_BACKUP_CODE_ACCEPTED = "step-up:backup-code:accepted"
    STEP_UP_BACKUP_CODE_REFUSED = "step-up:backup-code:refused"

    ENROLMENT_BEGUN = "account:factor:staged"
    FACTOR_ADDED = "account:factor:added"
    FACTOR_REPLACED = "account:factor:replaced"
    FACTORS_REMOVED = "account:factors:removed"
    BACKUP_CODES_GENERATED = "account:backup-codes:generated"
    PASSWORD_CHANGED = "account:password:changed"  # noqa: S105
    PASSWORD_RESET_ASKED = "account:password:reset-asked"  # noqa: S105
    PASSWORD_RESET = "account:password:reset"  # noqa: S105
    EMAIL_VERIFIED = "account:email:verified"
    DELETED = "account:account:deleted"

    TRUST_GRANTED = "device:trust:granted"
    TRUST_REVOKED = "device:trust:revoked"
    SESSION_REVOKED = "session:session:revoked"
    SIGNED_OUT = "session:session:signed-out"
    UNLOCKED = "operator:guesses:restored"
    CREATED_BY_OPERATOR = "operator:account:created"
    DELETED_BY_OPERATOR = "operator:account:deleted"
    FACTORS_RESET = "operator:factors:removed"
    SESSIONS_ENDED_BY_OPERATOR = "operator:sessions:revoked"
    TRUST_ENDED_BY_OPERATOR = "operator:trust:revoked"


NOWHERE = ClientInfo("", "")
"""Where what an operator does comes from."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One event. It holds nothing that opens anything: no code, no token, no password, no address of mail."""

    event: Event
    user_id: UserId | None
    """None when somebody tried an address that has no account."""
    client: ClientInfo
    reason: ErrorCode | None = None
    """Why it was refused."""
    session_id: SessionId | None = None
    device_id: str | None = None
    """The trusted device that was granted, used or revoked."""


class Recorded(msgspec.Struct, frozen=True):
    """An entry as it stands in the trail."""

    at: Millis
    entry: Entry
