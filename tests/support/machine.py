"""Users of a server, driven by a Hypothesis state machine."""

from typing import Any, TypeVar

import httpx
import pyotp

from support.account_model import Account, Challenge, Device, Phone, Session
from support.driver import Driver, expect

AnyBinding = Session | Challenge
B = TypeVar("B", bound=AnyBinding)

TRUST = "athena-auth.trust_device"
RECOGNIZED = "athena-auth.recognized_browser"


class Machine(Driver):
    """Sends requests, and chooses the account, session or challenge of each."""

    def __init__(self) -> None:
        super().__init__()
        self.accounts: list[Account] = []
        self.retired: list[str] = []
        """Session tokens that were replaced."""

    def ask(
        self,
        path: str,
        *,
        bearer: str | None = None,
        trust: str | None = None,
        browser: str | None = None,
        **body: Any,
    ) -> httpx.Response:
        return self.request(
            "POST", path, bearer=bearer, cookies={TRUST: trust, RECOGNIZED: browser}, body=body
        )

    def bindings(self) -> list[AnyBinding]:
        return [binding for account in self.accounts for binding in account.bindings]

    def binding(self, n: int) -> AnyBinding:
        return self._chosen(n, self.bindings())

    def session(self, n: int) -> Session:
        return self._chosen(n, [binding for binding in self.bindings() if isinstance(binding, Session)])

    def _chosen(self, n: int, bindings: list[B]) -> B:
        """Choose a live one in most cases, and the newest more often than the others."""
        live = [binding for binding in bindings if binding.is_live(self.now)]
        bindings = live if live and n % 4 else bindings
        return bindings[-1 - min(n % len(bindings), n // 7 % len(bindings))]

    def account(self, n: int) -> Account:
        return self.accounts[n % len(self.accounts)]

    def add_session(self, account: Account, token: str, *amr: str, device: Device | None = None) -> Session:
        level, now = 1 if amr == ("pwd",) else 2, self.now
        session = Session(
            owner=account, token=token, amr=amr, level=level, used_at=now, proven_at=now, device=device
        )
        account.bindings.append(session)
        return session

    def by_password(self, path: str, session: Session, *, right: bool, **body: Any) -> dict[str, Any] | None:
        """Call an endpoint that requires the password, in a session; return the response if it succeeded."""
        account, limit = session.owner, session.owner.limits["password"]
        field = "currentPassword" if path == "/change-password" else "password"
        password = account.password if right else "a wrong password"
        answer = self.ask(path, bearer=session.token, **{field: password, **body})
        refusal = self.step_up_refusal(session)
        if refusal is not None:
            pass
        elif not limit.is_open(self.now):
            refusal = "ACCOUNT_TEMPORARILY_LOCKED"
        elif not right:
            limit.failures += 1
            limit.wrong(self.now)
            refusal = "INVALID_PASSWORD"
        else:
            limit.reset()
            if path == "/two-factor/generate-backup-codes" and account.phone is None:
                refusal = "TWO_FACTOR_NOT_ENABLED"
        expect(answer, refusal)
        done: dict[str, Any] = answer.json()
        return done if refusal is None else None

    def step_up_refusal(self, session: Session) -> str | None:
        """Return the error code of the step-up policy, which is checked before anything else; None if it is met."""
        if not session.is_live(self.now):
            return "UNAUTHORIZED"
        if session.owner.phone is not None and not session.has_fresh_factor(self.now):
            return "STEP_UP_REQUIRED"
        return None

    def remember_browser(self, account: Account, answer: httpx.Response) -> None:
        """Keep the cookie that a completed sign-in sets."""
        shown = answer.cookies[RECOGNIZED]
        account.browsers.append(shown)
        account.recognized.add(shown.partition("~")[0])

    def begin_enrolment(self, session: Session, *, right: bool) -> None:
        shown = self.by_password("/two-factor/enable", session, right=right)
        if shown is not None:
            totp = pyotp.parse_uri(str(shown["totpURI"]))
            assert isinstance(totp, pyotp.TOTP)
            session.owner.pending = Phone(totp, self.now)
            session.owner.pending_codes = shown["backupCodes"]
