"""A server and some people, driven by a state machine of Hypothesis, which is synchronous: an event loop of its own."""

import asyncio
import contextlib
import functools
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pyotp
from hypothesis.stateful import RuleBasedStateMachine

from athena_auth.store.migrate import migrate
from support.account_model import Account, Challenge, Device, Phone, Session
from support.world import world_over

T = TypeVar("T")
Place = Session | Challenge
P = TypeVar("P", bound=Place)

TRUST = "athena-auth.trust_device"
RECOGNIZED = "athena-auth.recognized_browser"


@functools.cache
def _template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="athena-model-")) / "template.db"
    migrate(f"sqlite:///{path}")
    return path


def expect(answer: httpx.Response, refusal: str | None) -> None:
    """Check that the request was refused for this reason, or not at all."""
    assert answer.json().get("code") == refusal, answer.text
    assert answer.is_success is (refusal is None)


class Machine(RuleBasedStateMachine):
    """Sends requests, and chooses what they are about."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="athena-model-"))
        self.path = shutil.copy(_template(), self.folder / "athena.db")
        self._runner = asyncio.Runner()
        self._stack = contextlib.AsyncExitStack()
        self.world = self.run(self._stack.enter_async_context(world_over(f"sqlite:///{self.path}")))
        self.client = self.run(self.world.client())
        self._passwords = 0
        self.accounts: list[Account] = []
        self.retired: list[str] = []
        """Session tokens that were replaced."""

    def teardown(self) -> None:
        self.run(self._stack.aclose())
        self._runner.close()
        shutil.rmtree(self.folder)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def ask(
        self,
        path: str,
        *,
        bearer: str | None = None,
        trust: str | None = None,
        browser: str | None = None,
        **body: Any,
    ) -> httpx.Response:
        headers = {} if bearer is None else {"authorization": f"Bearer {bearer}"}
        shown = {TRUST: trust, RECOGNIZED: browser}
        cookies = "; ".join(f"{name}={value}" for name, value in shown.items() if value is not None)
        if cookies:
            headers["cookie"] = cookies
        answer = self.run(self.client.post(path, json=body, headers=headers))
        self.client.cookies.clear()
        return answer

    def session_of(self, token: str) -> Any:
        headers = {"authorization": f"Bearer {token}"}
        return self.run(self.client.get("/get-session", headers=headers)).json()

    @property
    def now(self) -> int:
        return self.world.clock.now()

    def new_password(self) -> str:
        self._passwords += 1
        return f"correct horse number {self._passwords}"

    def places(self) -> list[Place]:
        return [place for account in self.accounts for place in account.places]

    def place(self, n: int) -> Place:
        return self._chosen(n, self.places())

    def session(self, n: int) -> Session:
        return self._chosen(n, [place for place in self.places() if isinstance(place, Session)])

    def _chosen(self, n: int, places: list[P]) -> P:
        """Choose a live one mostly, and the newest more often than the others."""
        live = [place for place in places if place.is_live(self.now)]
        places = live if live and n % 4 else places
        return places[-1 - min(n % len(places), n // 7 % len(places))]

    def account(self, n: int) -> Account:
        return self.accounts[n % len(self.accounts)]

    def open_session(self, account: Account, token: str, *amr: str, device: Device | None = None) -> Session:
        level, now = 1 if amr == ("pwd",) else 2, self.now
        session = Session(
            owner=account, token=token, amr=amr, level=level, used_at=now, proven_at=now, device=device
        )
        account.places.append(session)
        return session

    def by_password(self, path: str, session: Session, *, right: bool, **body: Any) -> dict[str, Any] | None:
        """Prove the password of a session's owner and do something by it; return the answer if it was let."""
        account, lane = session.owner, session.owner.lanes["password"]
        field = "currentPassword" if path == "/change-password" else "password"
        password = account.password if right else "a wrong password"
        answer = self.ask(path, bearer=session.token, **{field: password, **body})
        refusal = self.lacking(session)
        if refusal is not None:
            pass
        elif not lane.is_open(self.now):
            refusal = "ACCOUNT_TEMPORARILY_LOCKED"
        elif not right:
            lane.failures += 1
            lane.wrong(self.now)
            refusal = "INVALID_PASSWORD"
        else:
            lane.clear()
            if path == "/two-factor/generate-backup-codes" and account.phone is None:
                refusal = "TWO_FACTOR_NOT_ENABLED"
        expect(answer, refusal)
        done: dict[str, Any] = answer.json()
        return done if refusal is None else None

    def lacking(self, session: Session) -> str | None:
        """Return what the step-up policy refuses a session for, before anything else is looked at."""
        if not session.is_live(self.now):
            return "UNAUTHORIZED"
        if session.owner.phone is not None and not session.has_fresh_factor(self.now):
            return "STEP_UP_REQUIRED"
        return None

    def remember_browser(self, account: Account, answer: httpx.Response) -> None:
        """Keep what a completed sign-in leaves in a browser."""
        shown = answer.cookies[RECOGNIZED]
        account.browsers.append(shown)
        account.recognized.add(shown.partition("~")[0])

    def begin_to_enrol(self, session: Session, *, right: bool) -> None:
        shown = self.by_password("/two-factor/enable", session, right=right)
        if shown is not None:
            totp = pyotp.parse_uri(str(shown["totpURI"]))
            assert isinstance(totp, pyotp.TOTP)
            session.owner.pending = Phone(totp, self.now)
            session.owner.pending_codes = shown["backupCodes"]
