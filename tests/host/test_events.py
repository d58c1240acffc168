"""Events that the server delivers to a host application."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import ASGIApp

from athena_auth import Athena, AuthEvent
from athena_auth.host.events import Subscriber
from athena_auth.host.standalone import standalone
from support.dump import execute, fetch_all
from support.hosts import Host, athena_over, host_over
from support.links import reset_token
from support.person import PASSWORD, sign_up

PATIENCE = 10.0
QUEUE = 10_000
SIGNED_UP = "sign-up:account:created"
ENROLMENT = [
    SIGNED_UP,
    "sign-in:password:accepted",
    "step-up:password:accepted",
    "account:factor:staged",
    "account:factor:added",
    "step-up:totp:accepted",
]


class Ear:
    """Hears events, and lets a test wait for them."""

    def __init__(self) -> None:
        self.heard: list[AuthEvent] = []
        self._more = asyncio.Condition()

    async def hear(self, event: AuthEvent) -> None:
        async with self._more:
            self.heard.append(event)
            self._more.notify_all()

    async def events(self, count: int) -> list[AuthEvent]:
        """Wait for so many events; return all there are."""
        async with self._more:
            enough = self._more.wait_for(lambda: len(self.heard) >= count)
            await asyncio.wait_for(enough, PATIENCE)
        return self.heard

    async def names(self, count: int) -> list[str]:
        return [event.name for event in await self.events(count)]


@asynccontextmanager
async def told(database_url: str, *subscribers: Subscriber, pattern: str = "*") -> AsyncIterator[Host]:
    """Run a server that tells these what happens."""

    def build(athena: Athena) -> ASGIApp:
        for subscriber in subscribers:
            athena.on(pattern)(subscriber)
        return standalone(athena)

    async with host_over(database_url, build) as host:
        yield host


async def test_told_in_order_whether_a_subscriber_awaits_or_not(database_url: str) -> None:
    ear = Ear()
    plainly: list[str] = []

    def hear(event: AuthEvent) -> None:
        plainly.append(event.name)

    async with told(database_url, hear, ear.hear) as host:
        await (await sign_up(host)).turn_on_totp()
        names = await ear.names(len(ENROLMENT))

    assert names == plainly == ENROLMENT


async def test_told_after_the_commit(database_url: str) -> None:
    """Whoever is told of an account finds it, and whoever is told of a removal finds it gone."""
    seen: list[tuple[str, bool]] = []

    looked = asyncio.Event()

    async def look(event: AuthEvent) -> None:
        rows = await fetch_all(database_url, "SELECT id FROM athena_account")
        seen.append((event.name, (event.user_id,) in rows))
        looked.set()

    async with told(database_url, look, pattern="*:account:*") as host:
        ada = await sign_up(host)
        await asyncio.wait_for(looked.wait(), PATIENCE)
        (await ada.post("/delete-user", password=PASSWORD)).raise_for_status()

    assert seen == [(SIGNED_UP, True), ("account:account:deleted", False)]


async def test_an_event_says_who_where_and_why(database_url: str) -> None:
    ear = Ear()
    async with told(database_url, ear.hear, pattern="second-step:*") as host:
        ada = await sign_up(host)
        await ada.turn_on_totp()
        phone = await host.client(**{"user-agent": "A phone"})
        phone.headers["authorization"] = f"Bearer {await ada.challenge()}"
        await phone.post("/two-factor/verify-totp", json={"code": "000000"})
        await phone.post("/two-factor/verify-totp", json={"code": ada.code()})
        refused, accepted = await ear.events(2)
        owner = await host.athena.users.find(ada.email)
        assert owner is not None
        newest, *_ = await host.athena.users.sessions(owner.id)

    assert (refused.name, refused.reason) == ("second-step:totp:refused", "INVALID_CODE")
    assert (accepted.name, accepted.reason) == ("second-step:totp:accepted", None)
    assert refused.session_id is None
    assert accepted.session_id in {None, newest.id}
    for event in (refused, accepted):
        assert (event.user_id, event.address, event.user_agent) == (owner.id, "127.0.0.1", "A phone")
        assert event.at.timestamp() * 1000 == host.clock.now()


async def test_nobody_is_told_of_what_did_not_happen(database_url: str) -> None:
    ear = Ear()
    async with told(database_url, ear.hear, pattern="sign-up:*") as host:
        await execute(database_url, "ALTER TABLE athena_audit RENAME TO away")
        client = await host.client()
        body = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}
        failed = await client.post("/sign-up/email", json=body)
        await execute(database_url, "ALTER TABLE away RENAME TO athena_audit")
        assert await host.athena.users.find("ada@example.com") is None

        grace = await sign_up(host, "grace@example.com")
        owner = await host.athena.users.find(grace.email)

    assert failed.status_code in {500, 503}
    assert owner is not None
    assert [(event.name, event.user_id) for event in ear.heard] == [(SIGNED_UP, owner.id)]


async def test_what_a_subscriber_raises_is_logged_and_stops_nobody(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    ear = Ear()

    async def fails(event: AuthEvent) -> None:
        await ear.hear(event)
        raise LookupError("the customer's own secret")

    def fails_plainly(_event: AuthEvent) -> None:
        raise LookupError("the customer's own secret")

    async with told(sqlite_url, fails_plainly, fails) as host:
        ada = await sign_up(host)
        await ada.turn_on_totp()
        assert await ear.names(len(ENROLMENT)) == ENROLMENT
        assert (await ada.session())["user"]["twoFactorEnabled"] is True

    said = [record for record in caplog.records if "subscriber.failed" in record.message]
    assert len(said) == 2 * len(ENROLMENT)
    assert {record.levelno for record in said} == {logging.ERROR}
    assert all("LookupError" in record.message and "fails" in record.message for record in said)
    assert "secret" not in caplog.text


async def test_a_subscriber_whose_own_work_was_cancelled_is_told_the_next(sqlite_url: str) -> None:
    ear = Ear()

    async def gives_up(event: AuthEvent) -> None:
        await ear.hear(event)
        work = asyncio.ensure_future(asyncio.sleep(PATIENCE))
        work.cancel()
        await work

    async with told(sqlite_url, gives_up) as host:
        await (await sign_up(host)).turn_on_totp()
        assert await ear.names(len(ENROLMENT)) == ENROLMENT


async def test_a_subscriber_that_comes_late_is_told_from_then_on(database_url: str) -> None:
    ear = Ear()
    async with told(database_url) as host:
        await sign_up(host)
        host.athena.on("sign-up:*")(ear.hear)
        await sign_up(host, "grace@example.com")
        names = await ear.names(1)

    assert names == [SIGNED_UP]


def test_a_pattern_that_names_no_event_is_a_mistake(sqlite_url: str) -> None:
    athena = athena_over(sqlite_url)

    for pattern in ("sign-in", "signin:*", "ACCOUNT:*", ""):
        with pytest.raises(ValueError, match="no event matches"):
            athena.on(pattern)(print)


async def test_answers_do_not_wait_for_subscribers(database_url: str) -> None:
    released, ear = asyncio.Event(), Ear()

    async def waits(event: AuthEvent) -> None:
        await released.wait()
        await ear.hear(event)

    async with told(database_url, waits) as host:
        ada = await sign_up(host)
        await ada.turn_on_totp()
        assert (await ada.sign_in()).json()["twoFactorRedirect"] is True
        assert ear.heard == []

        released.set()
        assert await ear.names(len(ENROLMENT) + 1) == [*ENROLMENT, "sign-in:challenge:issued"]


async def test_a_stop_tells_what_is_waiting(database_url: str) -> None:
    """And what a subscriber uses of the server is still there."""
    names: list[str] = []

    def build(athena: Athena) -> ASGIApp:
        @athena.on("*")
        async def slowly(event: AuthEvent) -> None:
            await asyncio.sleep(0.01)
            owner = await athena.users.find("ada@example.com")
            names.append(f"{owner and owner.name} {event.name}")

        return standalone(athena)

    async with host_over(database_url, build) as host:
        await (await sign_up(host)).turn_on_totp()

    assert names == [f"Ada {name}" for name in ENROLMENT]


@pytest.mark.slow
async def test_a_stop_does_not_wait_for_ever(sqlite_url: str) -> None:
    async def never(_event: AuthEvent) -> None:
        await asyncio.Event().wait()

    async with asyncio.timeout(PATIENCE):
        async with told(sqlite_url, never) as host:
            await sign_up(host)


async def test_a_queue_that_is_full_drops_the_newest_and_says_so(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    released = asyncio.Event()
    heard: list[AuthEvent] = []

    async def waits(event: AuthEvent) -> None:
        await released.wait()
        heard.append(event)

    async with told(sqlite_url, waits, pattern="operator:guesses:*") as host:
        ada = await host.athena.users.create(email="ada@example.com", name="Ada")
        for _ in range(QUEUE // 500 + 1):
            await asyncio.gather(*(host.athena.users.unlock(ada.id) for _ in range(500)))
        released.set()

    # One is in the subscriber's hands, and the others wait.
    assert len(heard) == QUEUE + 1
    dropped = [record.message for record in caplog.records if "subscriber.overrun" in record.message]
    assert len(dropped) == 499
    assert "dropped=operator:guesses:restored" in dropped[0]


async def test_no_event_holds_what_opens_anything(sqlite_url: str) -> None:
    ear = Ear()
    async with told(sqlite_url, ear.hear) as host:
        ada = await sign_up(host)
        await ada.turn_on_totp()
        challenge, code = await ada.challenge(), ada.code()
        await ada.answer(challenge, "send-otp")
        sent = await host.mailbox.code_for(ada.email)
        await ada.answer(challenge, "verify-totp", code="123456")
        browser = await host.browser()
        browser.headers["authorization"] = f"Bearer {challenge}"
        passed = await browser.post("/two-factor/verify-totp", json={"code": code, "trustDevice": True})
        passed.raise_for_status()
        link = await reset_token(host, ada.email)
        new = {"newPassword": "a wholly different password", "token": link}
        (await (await host.client()).post("/reset-password", json=new)).raise_for_status()
        events = await ear.events(12)

    assert ada.phone is not None
    cookies = list(browser.cookies.values())
    secrets = [PASSWORD, ada.token, challenge, code, sent, passed.json()["token"], link, new["newPassword"]]
    secrets += [ada.phone.secret, ada.email, *ada.backup_codes, *cookies]
    written = "\n".join(map(repr, events))
    assert cookies
    assert "device:trust:granted" in written
    assert [secret for secret in secrets if secret in written] == []
