"""A model of an account: the rules of the second factor, written a second time and independently of the server.

Times are in milliseconds, like those of the clock.
"""

from dataclasses import dataclass, field

import pyotp

SECOND, DAY = 1000, 86_400_000
MOST_FAILURES = 100
BY_STRANGERS, BY_RECOGNIZED = 70, 30
FRESH, GRACE = 600 * SECOND, 10 * SECOND
FACTORS = frozenset({"otp", "email", "backup-code"})
MAX_ATTEMPTS = 5
STEP = 30
_DELAYS = (0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920)
_LONGEST_DELAY = 3600
_SESSION = 7 * DAY
_CHALLENGE = 600 * SECOND
_SENT_CODE = 180 * SECOND
_LINK = 1800 * SECOND
_TRUST = 30 * DAY
_ENROLMENT = 1200 * SECOND
_HOUR = 3600 * SECOND


@dataclass
class AttemptLimit:
    """Attempts that are counted together."""

    limit: int
    failures: int = 0
    blocked_until: int = 0

    def is_open(self, now: int) -> bool:
        return self.failures < self.limit and self.blocked_until <= now

    def wrong(self, now: int) -> None:
        delay = _DELAYS[self.failures - 1] if self.failures <= len(_DELAYS) else _LONGEST_DELAY
        self.blocked_until = now + delay * SECOND if delay else self.blocked_until

    def reset(self) -> None:
        self.failures = self.blocked_until = 0


@dataclass
class PasswordLimits:
    """What strangers' passwords at sign-in count against: the account from one network, and the account from anywhere."""

    here: AttemptLimit = field(default_factory=lambda: AttemptLimit(10**6))
    anywhere: AttemptLimit = field(default_factory=lambda: AttemptLimit(BY_STRANGERS))

    def consume(self, now: int) -> bool:
        if not (self.here.is_open(now) and self.anywhere.is_open(now)):
            return False
        self.here.failures += 1
        self.anywhere.failures += 1
        return True

    def reset(self) -> None:
        self.here.reset()
        self.anywhere.reset()


@dataclass
class Sends:
    """The number of mails sent, and when the next is allowed."""

    count: int = 0
    began_at: int = -_HOUR * 1000
    next_at: int = 0

    def consume(self, now: int) -> bool:
        if self.began_at <= now - _HOUR or self.began_at > now:
            self.count, self.began_at, self.next_at = 1, now, now
            return True
        if self.count >= 10 or self.next_at > now:
            return False
        self.count += 1
        self.next_at = now + 30 * SECOND if self.count >= 3 else now
        return True

    def consume_of_network(self, now: int) -> bool:
        """Count a send that one network requested. Its hour begins with its first send."""
        if self.began_at <= now - _HOUR or self.began_at > now:
            self.count, self.began_at = 1, now
            return True
        if self.count >= 5:
            return False
        self.count += 1
        return True


@dataclass
class SentCode:
    code: str
    sent_at: int
    used: bool = False

    def is_open(self, now: int) -> bool:
        return now < self.sent_at + _SENT_CODE


@dataclass(kw_only=True)
class Binding:
    """What a second factor is verified for: a pending sign-in, or a session."""

    owner: "Account"
    token: str
    ended: bool = False
    sent: SentCode | None = None

    def is_live(self, now: int) -> bool:
        raise NotImplementedError


@dataclass(kw_only=True)
class Challenge(Binding):
    began_at: int
    recognized: bool
    attempts: int = 0

    def is_live(self, now: int) -> bool:
        return not self.ended and now < self.began_at + _CHALLENGE


@dataclass(kw_only=True)
class Session(Binding):
    amr: tuple[str, ...]
    level: int
    used_at: int
    proven_at: int
    device: "Device | None" = None
    """The trusted device that signed in with it."""

    def has_fresh_factor(self, now: int) -> bool:
        return not FACTORS.isdisjoint(self.amr) and now - self.proven_at <= FRESH

    def is_live(self, now: int) -> bool:
        return not self.ended and now < self.used_at + _SESSION

    def use(self, now: int) -> None:
        if self.is_live(now) and now - self.used_at >= DAY:
            self.used_at = now


@dataclass
class Device:
    """A trusted device, and every token it has had; the last one is valid."""

    tokens: list[str]
    used_at: int
    ended: bool = False
    rotated_at: int | None = None

    @property
    def token(self) -> str:
        return self.tokens[-1]

    def is_live(self, now: int) -> bool:
        return not self.ended and now < self.used_at + _TRUST


@dataclass
class Link:
    token: str
    sent_at: int
    ended: bool = False

    def is_live(self, now: int) -> bool:
        return not self.ended and now < self.sent_at + _LINK


@dataclass
class Phone:
    totp: pyotp.TOTP
    begun_at: int
    last_step: int = -1

    def step_of(self, code: str, now: int) -> int | None:
        """Return which of the three current steps this code belongs to; None if it belongs to none."""
        present = now // SECOND // STEP
        return next((s for s in range(present - 1, present + 2) if self.totp.at(s * STEP) == code), None)

    def code(self, now: int, steps: int) -> str:
        return self.totp.at((now // SECOND // STEP + steps) * STEP)

    def is_confirmable(self, now: int) -> bool:
        return now - self.begun_at <= _ENROLMENT


@dataclass
class Account:
    """Everything that belongs to one user."""

    id: str
    email: str
    password: str
    verified: bool = False
    phone: Phone | None = None
    pending: Phone | None = None
    codes: list[str] = field(default_factory=list)
    used_codes: list[str] = field(default_factory=list)
    """Those of the current set."""
    browsers: list[str] = field(default_factory=list)
    """The cookies of the browsers that signed in to this account; some have signed in to others too."""
    recognized: set[str] = field(default_factory=set)
    """The cookies' entries for this account at its current password."""
    pending_codes: list[str] | None = None
    reset_by_mail: bool = False
    bindings: list[Session | Challenge] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    password_limits: PasswordLimits = field(default_factory=PasswordLimits)
    limits: dict[str, AttemptLimit] = field(
        default_factory=lambda: {
            "challenge": AttemptLimit(BY_STRANGERS),
            "session": AttemptLimit(BY_RECOGNIZED),
            "password": AttemptLimit(BY_RECOGNIZED),
        }
    )
    sends: dict[str, Sends] = field(
        default_factory=lambda: {name: Sends() for name in ("challenge", "recognized", "session", "reset")}
    )
    network_sends: Sends = field(default_factory=Sends)
    """Codes that strangers requested. All of them are in one network; links are counted separately."""
    network_resets: Sends = field(default_factory=Sends)
    mails: dict[str, int] = field(default_factory=lambda: {"code": 0, "link": 0})
    consumed: list[str] = field(default_factory=list)
    """Every code that was accepted once, to be submitted again."""

    @property
    def sessions(self) -> list[Session]:
        return [binding for binding in self.bindings if isinstance(binding, Session)]

    @property
    def challenges(self) -> list[Challenge]:
        return [binding for binding in self.bindings if isinstance(binding, Challenge)]

    def revoke_dependents(
        self, *, keep: Session | None, others: bool = True, below_two: bool = False
    ) -> None:
        """Revoke what every change of credentials revokes (I5)."""
        for challenge in self.challenges:
            challenge.ended = True
        for session in self.sessions:
            if others and session is not keep and (session.level == 1 or not below_two):
                session.ended = True
        self.revoke_devices_and_links()

    def revoke_devices_and_links(self) -> None:
        """Revoke sent codes, trusted devices and links, but no session or challenge."""
        for binding in self.bindings:
            binding.sent = None
        for device in self.devices:
            device.ended = True
        for link in self.links:
            link.ended = True

    def reset_limits(self) -> None:
        for limit in self.limits.values():
            limit.reset()

    def drop_pending(self) -> None:
        self.pending, self.pending_codes = None, None

    def confirm(self, session: Session, step: int) -> None:
        """Activate the pending phone."""
        replaced, self.phone, self.pending = self.phone, self.pending, None
        assert self.phone is not None
        self.phone.last_step = step
        if self.pending_codes is not None:
            self.codes, self.pending_codes, self.used_codes = self.pending_codes, None, []
        self.revoke_dependents(keep=session, below_two=replaced is None)
        self.reset_limits()

    def forget_browsers(self) -> None:
        """A browser is recognized by the password it signed in with."""
        self.recognized.clear()

    def change_password(self, password: str, session: Session, *, others: bool) -> None:
        """Failed attempts at the second factor are reset: it was verified, or there is none."""
        self.password = password
        self.forget_browsers()
        self.revoke_dependents(keep=session, others=others)
        self.drop_pending()
        self.reset_limits()
        self.password_limits.anywhere.reset()
        self.password_limits.here.reset()

    def reset_password(self, password: str) -> None:
        """Failed attempts at the second factor stay counted, because it is the same as before. Their delay ends.

        If the address was not verified, the factors are removed.
        """
        self.password, self.reset_by_mail = password, True
        self.forget_browsers()
        self.revoke_dependents(keep=None)
        self.drop_pending()
        self.limits["password"].reset()
        for limit in self.limits.values():
            limit.blocked_until = 0
        if self.phone is not None and not self.verified:
            self.phone, self.codes, self.used_codes = None, [], []
            self.reset_limits()
        self.verified = True
        self.password_limits.anywhere.reset()
        self.password_limits.here.reset()

    def remove_factors(self, session: Session) -> None:
        if self.phone is not None:
            self.revoke_dependents(keep=session)
            session.level, session.amr = 1, ("pwd",)
        else:
            self.revoke_devices_and_links()
        self.phone, self.codes, self.used_codes = None, [], []
        self.drop_pending()
        self.reset_limits()
