"""A model of an account with passkeys under the enforcement policy: the rules, written a second time and independently.

Times are in milliseconds, like those of the clock.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import pyotp

from support.passkey import Authenticator

SECOND, DAY = 1000, 86_400_000
FRESH = 600 * SECOND
ENROLMENT = 1200 * SECOND
GRACE = 3 * DAY
MAX_ATTEMPTS = 5
_PROMPT = 300 * SECOND
_LIFETIMES = {"challenge": 600 * SECOND, "enrolment": ENROLMENT, "session": 7 * DAY}
_ENDED = {"challenge": "INVALID_TWO_FACTOR_COOKIE", "enrolment": "INVALID_TWO_FACTOR_COOKIE"}

Kind = Literal["session", "challenge", "enrolment"]


@dataclass(eq=False)
class Nonce:
    """Options that were shown, whose nonce a response must contain."""

    options: dict[str, Any]
    shown_at: int
    consumed: bool = False
    """Only for sign-ins without a password: other nonces are deleted when they are used."""

    def is_open(self, now: int) -> bool:
        return now < self.shown_at + _PROMPT


@dataclass(eq=False)
class Key:
    """A passkey of an account."""

    device: Authenticator
    id: str
    count: int
    is_suspended: bool = False

    @property
    def amr(self) -> str:
        return "swk" if self.device.is_synced else "hwk"


@dataclass(eq=False, kw_only=True)
class Token:
    """A session, a challenge or an enrolment token."""

    owner: "Owner"
    value: str
    kind: Kind
    used_at: int
    amr: tuple[str, ...] = ()
    level: int = 0
    verified_at: int = 0
    ended: bool = False
    attempts: int = 0
    prompt: Nonce | None = None
    """What `/two-factor/verify-passkey` must answer."""
    registration: Nonce | None = None
    """What `/passkey/verify-registration` must answer."""

    def is_live(self, now: int) -> bool:
        return not self.ended and now < self.used_at + _LIFETIMES[self.kind]

    def use(self, now: int) -> None:
        if self.is_live(now) and now - self.used_at >= DAY:
            self.used_at = now

    @property
    def refusal_when_ended(self) -> str:
        return _ENDED.get(self.kind, "UNAUTHORIZED")

    def verify(self, amr: str, now: int) -> None:
        self.level, self.amr = 2, (*(each for each in self.amr if each != amr), amr)
        self.verified_at = now

    def step_up_refusal(self, now: int) -> str | None:
        """Return the refusal of an action that needs a recent second factor, if the account has any."""
        if self.kind != "session" or not self.is_live(now):
            return "UNAUTHORIZED"
        is_fresh = now - self.verified_at <= FRESH and self.amr != ("pwd",)
        return "STEP_UP_REQUIRED" if self.owner.two_factor and not is_fresh else None

    def stale_refusal(self, now: int) -> str | None:
        """Return the refusal of an action that also needs a recent sign-in if the account has no second factor."""
        is_stale = now - self.verified_at > FRESH
        return self.step_up_refusal(now) or ("SESSION_EXPIRED" if is_stale else None)


@dataclass(eq=False)
class Enrolment:
    """A factor that is to be confirmed."""

    begun_at: int
    factor: pyotp.TOTP | Nonce

    def is_open(self, now: int) -> bool:
        return now - self.begun_at <= ENROLMENT


@dataclass(eq=False, kw_only=True)
class Owner:
    """Everything that belongs to one user."""

    id: str
    email: str
    password: str
    due_at: int
    two_factor: bool = False
    app: pyotp.TOTP | None = None
    keys: list[Key] = field(default_factory=list)
    pending: Enrolment | None = None
    tokens: list[Token] = field(default_factory=list)
    warnings: int = 0
    """Uses of a passkey whose count did not increase."""

    @property
    def usable_keys(self) -> list[Key]:
        return [key for key in self.keys if not key.is_suspended]

    def is_overdue(self, now: int) -> bool:
        return not self.two_factor and self.due_at <= now

    def is_needed(self, key: Key) -> bool:
        """Tell whether no usable second factor would be left without this passkey."""
        return self.two_factor and self.app is None and all(each is key for each in self.usable_keys)

    def change(self, keep: Token | None, *, below_two: bool = False) -> None:
        """End what a change of credentials ends (I5): all prompts and enrolments, challenges, and other sessions."""
        self.pending = None
        for token in self.tokens:
            token.prompt = token.registration = None
            is_other = token.kind != "session" or not (below_two and token.level == 2)
            token.ended = token.ended or (is_other and token is not keep)

    def add_factor(self, keep: Token | None) -> None:
        self.two_factor = True
        self.change(keep, below_two=True)

    def remove_factors(self, keep: Token) -> None:
        if self.two_factor:
            self.change(keep)
            keep.level, keep.amr = 1, ("pwd",)
            self.two_factor, self.app, self.keys = False, None, []
        else:
            self.pending = None

    def sweep(self, now: int) -> None:
        """End the sessions that were created with the password alone, once the deadline has passed."""
        for token in self.tokens:
            is_password_alone = token.kind == "session" and token.level == 1
            token.ended = token.ended or (is_password_alone and self.is_overdue(now))

    def record_use(self, key: Key) -> None:
        count = key.device.count or 0
        self.warnings += max(count, key.count) > 0 and count <= key.count
        key.count = count
