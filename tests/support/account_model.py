"""What must be true of an account whatever was done to it: the rules of the second factor, written a second time.

Nothing here asks the server. Times are in milliseconds, as the clock's are.
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

    def clear(self) -> None:
        self.failures = self.blocked_until = 0


@dataclass
class PasswordLimits:
    """What strangers' passwords at sign-in are charged to: an account from one place, and the account from anywhere."""

    here: AttemptLimit = field(default_factory=lambda: AttemptLimit(10**6))
    anywhere: AttemptLimit = field(default_factory=lambda: AttemptLimit(BY_STRANGERS))

    def consume(self, now: int) -> bool:
        if not (self.here.is_open(now) and self.anywhere.is_open(now)):
            return False
        self.here.failures += 1
        self.anywhere.failures += 1
        return True

    def clear(self) -> None:
        self.here.clear()
        self.anywhere.clear()


@dataclass
class Sends:
    """How many mails went out."""

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
        """Count a send at the request of a network, whose hour begins with the first."""
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
class Place:
    """Where a second factor can be proven: a sign-in under way, or a session."""

    owner: "Account"
    token: str
    ended: bool = False
    sent: SentCode | None = None

    def is_live(self, now: int) -> bool:
        raise NotImplementedError


@dataclass(kw_only=True)
class Challenge(Place):
    began_at: int
    recognized: bool
    attempts: int = 0

    def is_live(self, now: int) -> bool:
        return not self.ended and now < self.began_at + _CHALLENGE


@dataclass(kw_only=True)
class Session(Place):
    amr: tuple[str, ...]
    level: int
    used_at: int
    proven_at: int
    device: "Device | None" = None
    """The trusted device that opened it."""

    def has_fresh_factor(self, now: int) -> bool:
        return not FACTORS.isdisjoint(self.amr) and now - self.proven_at <= FRESH

    def is_live(self, now: int) -> bool:
        return not self.ended and now < self.used_at + _SESSION

    def use(self, now: int) -> None:
        if self.is_live(now) and now - self.used_at >= DAY:
            self.used_at = now


@dataclass
class Device:
    """A trusted device, and every token it has had; the last one is good."""

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
        """Return the step of the three around now that this code is of."""
        present = now // SECOND // STEP
        return next((s for s in range(present - 1, present + 2) if self.totp.at(s * STEP) == code), None)

    def code(self, now: int, steps: int) -> str:
        return self.totp.at((now // SECOND // STEP + steps) * STEP)

    def is_confirmable(self, now: int) -> bool:
        return now - self.begun_at <= _ENROLMENT


@dataclass
class Account:
    """Everything that belongs to one person."""

    id: str
    email: str
    password: str
    verified: bool = False
    phone: Phone | None = None
    pending: Phone | None = None
    codes: list[str] = field(default_factory=list)
    used_codes: list[str] = field(default_factory=list)
    """Of the present set."""
    browsers: list[str] = field(default_factory=list)
    """What browsers have shown since they signed in to this account; some to others too."""
    recognized: set[str] = field(default_factory=set)
    """The entries of those that stand for this account and its present password."""
    pending_codes: list[str] | None = None
    reset_by_mail: bool = False
    places: list[Session | Challenge] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    password_limits: PasswordLimits = field(default_factory=PasswordLimits)
    lanes: dict[str, AttemptLimit] = field(
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
    """Of codes and, apart, of links that strangers of the one network there is have asked for."""
    network_resets: Sends = field(default_factory=Sends)
    mails: dict[str, int] = field(default_factory=lambda: {"code": 0, "link": 0})
    spent: list[str] = field(default_factory=list)
    """Everything that ever proved something, to be offered again."""

    @property
    def sessions(self) -> list[Session]:
        return [place for place in self.places if isinstance(place, Session)]

    @property
    def challenges(self) -> list[Challenge]:
        return [place for place in self.places if isinstance(place, Challenge)]

    def end_what_hung(self, *, keep: Session | None, others: bool = True, below_two: bool = False) -> None:
        """Do what every change of credentials does (I5)."""
        for challenge in self.challenges:
            challenge.ended = True
        for session in self.sessions:
            if others and session is not keep and (session.level == 1 or not below_two):
                session.ended = True
        self.forget()

    def forget(self) -> None:
        """End what is neither a session nor a sign-in under way."""
        for place in self.places:
            place.sent = None
        for device in self.devices:
            device.ended = True
        for link in self.links:
            link.ended = True

    def clear_lanes(self) -> None:
        for lane in self.lanes.values():
            lane.clear()

    def drop_pending(self) -> None:
        self.pending, self.pending_codes = None, None

    def confirm(self, session: Session, step: int) -> None:
        """Put the pending phone into force."""
        replaced, self.phone, self.pending = self.phone, self.pending, None
        assert self.phone is not None
        self.phone.last_step = step
        if self.pending_codes is not None:
            self.codes, self.pending_codes, self.used_codes = self.pending_codes, None, []
        self.end_what_hung(keep=session, below_two=replaced is None)
        self.clear_lanes()

    def forget_browsers(self) -> None:
        """A browser is recognized by the password it signed in with."""
        self.recognized.clear()

    def change_password(self, password: str, session: Session, *, others: bool) -> None:
        """Attempts at the second factor are reset: it was verified, or there is none."""
        self.password = password
        self.forget_browsers()
        self.end_what_hung(keep=session, others=others)
        self.drop_pending()
        self.clear_lanes()
        self.password_limits.anywhere.clear()
        self.password_limits.here.clear()

    def reset_password(self, password: str) -> None:
        """The attempts at the second factor stay counted, since it is the same as before; nobody waits for them.

        Of an account whose address was not verified, the factors are removed.
        """
        self.password, self.reset_by_mail = password, True
        self.forget_browsers()
        self.end_what_hung(keep=None)
        self.drop_pending()
        self.lanes["password"].clear()
        for lane in self.lanes.values():
            lane.blocked_until = 0
        if self.phone is not None and not self.verified:
            self.phone, self.codes, self.used_codes = None, [], []
            self.clear_lanes()
        self.verified = True
        self.password_limits.anywhere.clear()
        self.password_limits.here.clear()

    def remove_factors(self, session: Session) -> None:
        if self.phone is not None:
            self.end_what_hung(keep=session)
            session.level, session.amr = 1, ("pwd",)
        else:
            self.forget()
        self.phone, self.codes, self.used_codes = None, [], []
        self.drop_pending()
        self.clear_lanes()
