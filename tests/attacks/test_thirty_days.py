"""Thirty days of attempts that obey every delay: a hundred are verified, and no more (I4).

NIST SP 800-63B-4 section 3.2.2. Nothing here waits: the clock is the test's.
"""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any

import httpx
import pytest

from athena_auth.administration.unlock import unlock
from athena_auth.store.address import store_at
from support.attacker import PROXY, ObservableResponse, network, observable, sign_in_from, wrong, wrong_totp
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

pytestmark = pytest.mark.slow
DAY = 86_400
MONTH = 30 * DAY
HALF_A_DAY = DAY // 2
"""Between attempts once all are used up; the response says to wait an hour."""
BETWEEN = 60
CLOSED = "ACCOUNT_TEMPORARILY_LOCKED"
LOOKED_AT = {"INVALID_CODE", "INVALID_BACKUP_CODE", "OTP_HAS_EXPIRED", "INVALID_EMAIL_OR_PASSWORD"}
"""Only a response after verification has these codes."""
MOST = 70
"""The strangers' share of the hundred."""
NEW_PASSWORD = "a wholly different password"


class Guesser:
    """An attacker with the password, who tries each second factor in turn, with a new challenge for each attempt."""

    def __init__(self, ada: Person) -> None:
        self._ada = ada
        self._world = ada.world
        self._turn = 0
        self._codes = 0
        self.looked_at = 0
        self.is_shut_out = False

    async def a_month(self) -> None:
        began = self._world.clock.now()
        while self._world.clock.now() - began < MONTH * 1000:
            wait = await self._guess()
            self._world.clock.advance(HALF_A_DAY if self.is_shut_out else wait)
            await self._world.sweep()
            assert await self._ada.session() is not None, "the owner uses her session, so that it lives"

    async def _guess(self) -> int:
        self._turn += 1
        answer = await self._tries[self._turn % 2](self, await self._ada.challenge())
        if answer.json()["code"] in LOOKED_AT:
            self.looked_at += 1
            return 0
        assert (answer.status_code, answer.json()["code"]) == (429, CLOSED), answer.text
        self.is_shut_out = "in a row" in answer.json()["message"]
        return int(answer.headers["retry-after"])

    async def _totp(self, challenge: str) -> httpx.Response:
        return await self._ada.answer(challenge, "verify-totp", code=wrong_totp(self._ada))

    async def _sent_code(self, challenge: str) -> httpx.Response:
        code = "123456"
        for _ in range(2):  # once more than he needs to
            sent = await self._ada.answer(challenge, "send-otp")
            if sent.status_code == 200:
                self._codes += 1
                code = wrong(await self._world.mailbox.code_for(self._ada.email, nth=self._codes))
        return await self._ada.answer(challenge, "verify-otp", code=code)

    _tries = (_totp, _sent_code)


def right_codes(ada: Person) -> dict[str, str]:
    """Return the right code for each factor that takes no mail."""
    return {"verify-totp": ada.code(), "verify-backup-code": ada.backup_codes[0]}


async def by_the_owner(ada: Person) -> None:
    """Change the password in the session that was live all the time."""
    changed = await ada.change_password(NEW_PASSWORD, code=ada.backup_codes.pop())
    assert changed.status_code == 200, changed.text


async def by_the_operator(ada: Person) -> None:
    """Do what `athena-auth unlock` does."""
    store = store_at(ada.world.database_url)
    await store.open()
    assert await unlock(store, ada.world.clock, ada.email)
    await store.close()


@pytest.mark.parametrize("opened", [by_the_owner, by_the_operator])
async def test_a_month_of_attempts_at_the_second_factor_is_seventy(
    sqlite_url: str, opened: Callable[[Person], Awaitable[None]]
) -> None:
    """better-auth PR 10240, GHSA-85v8-vx4w-q684: the lock ended with its count at zero, so patience had no limit."""
    async with world_over(sqlite_url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        guesser = Guesser(ada)

        await guesser.a_month()

        assert (guesser.looked_at, guesser.is_shut_out) == (MOST, True)
        refused = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())
        assert (refused.status_code, refused.json()["code"]) == (429, CLOSED)
        await opened(ada)
        for path, code in right_codes(ada).items():
            assert (await ada.answer(await ada.challenge(), path, code=code)).status_code == 200


@asynccontextmanager
async def behind_a_proxy(database_url: str, **settings: Any) -> AsyncIterator[World]:
    async with world_over(database_url, trusted_proxies=PROXY, **settings) as world:
        yield world


Responses = list[tuple[int, ObservableResponse]]


async def a_month_of_passwords(world: World, email: str) -> Responses:
    """Try passwords from one network after the other, each until it is blocked; return the responses and their times.

    It ends early if more attempts are verified than the limit allows.
    """
    began, number = world.clock.now(), 0
    responses: Responses = []
    while looked_at(responses) <= MOST and (at := world.clock.now() - began) < MONTH * 1000:
        answer = await sign_in_from(world, network(number), email, f"guess {number}")
        responses.append((at, observable(answer)))
        if answer.status_code == 429:
            closed = "in a row" in answer.json()["message"]
            number += 1
            world.clock.advance(HALF_A_DAY if closed else BETWEEN)
        await world.sweep()
    return responses


def looked_at(responses: Responses) -> int:
    return sum(each.code in LOOKED_AT for _, each in responses)


async def test_a_month_of_passwords_from_many_networks_is_seventy(sqlite_url: str) -> None:
    """GHSA-5mgh-chvj-hqf5, GHSA-c55g-q6f4-5qxr, CVE-2026-33640: attempts were counted by address, or not at all."""
    async with behind_a_proxy(sqlite_url) as world:
        ada = await sign_up(world)
        eve = await sign_up(world, "eve@example.com", "Eve")

        responses = await a_month_of_passwords(world, ada.email)

        assert looked_at(responses) == MOST
        right = await sign_in_from(world, network(9_999), ada.email, PASSWORD)
        assert (right.status_code, right.json()["code"]) == (429, CLOSED)
        assert (await sign_in_from(world, network(9_998), eve.email, PASSWORD)).status_code == 200


async def test_a_trusted_device_gets_in_while_passwords_are_closed(world: World, ada: Person) -> None:
    """OWASP's device cookie: a lock that any attacker can cause must leave the owner a way to sign in."""
    await ada.turn_on_totp()
    trusted = await world.browser()
    await ada.sign_in(trusted)
    await trusted.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
    while "in a row" not in (refused := await ada.sign_in(password="a guess")).text:
        world.clock.advance(int(refused.headers.get("retry-after", "0")))

    assert (await ada.sign_in()).status_code == 429
    assert "user" in (await ada.sign_in(trusted)).json()
    wrong_here = await ada.sign_in(trusted, password="a slip")
    assert (wrong_here.status_code, (await ada.sign_in(trusted)).status_code) == (401, 200)
    # That she got in does not give the others their guesses back.
    assert (await ada.sign_in()).status_code == 429


def copied(template: Path, path: Path) -> str:
    return f"sqlite:///{shutil.copy(template, path)}"


async def test_a_month_at_an_address_tells_nothing_of_whether_it_has_an_account(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """ASVS 6.3.8: the message, the start and the end of a lock must be the same for every address."""
    observed = {}
    for name, email in [("known", "ada@example.com"), ("unknown", "nobody@example.com")]:
        database_url = copied(sqlite_template, tmp_path / f"{name}.db")
        async with behind_a_proxy(database_url) as world:
            await sign_up(world)
            observed[name] = await a_month_of_passwords(world, email)

    pairs = zip_longest(observed["known"], observed["unknown"])
    assert [(known, unknown) for known, unknown in pairs if known != unknown] == []


async def test_a_network_of_ipv6_is_one_network_however_many_addresses_it_has(sqlite_url: str) -> None:
    """One rented machine has 2^64 addresses; a delay by single addresses would have no effect."""
    async with behind_a_proxy(sqlite_url) as world:
        ada = await sign_up(world)
        for host in range(5):
            guessed = await sign_in_from(world, f"2001:db8:0:7::{host + 1:x}", ada.email, "a guess")
            assert guessed.status_code == 401

        same_network = await sign_in_from(world, "2001:db8:0:7:ffff::1", ada.email, PASSWORD)
        another = await sign_in_from(world, "2001:db8:0:8::1", ada.email, PASSWORD)

    assert (same_network.status_code, same_network.headers["retry-after"]) == (429, "30")
    assert another.status_code == 200


async def test_one_network_tries_one_password_at_a_hundred_accounts_an_hour(sqlite_url: str) -> None:
    """Credential stuffing: one attempt at each account blocks no account, so the network is limited."""
    async with behind_a_proxy(sqlite_url, rate_limit="on") as world:
        ada = await sign_up(world)
        answers = []
        for number in range(110):
            answers.append(
                await sign_in_from(world, "203.0.113.9", f"nobody{number}@example.com", "qwerty & co")
            )
            world.clock.advance(1)
        elsewhere = await sign_in_from(world, "203.0.113.10", ada.email, PASSWORD)
        here = await sign_in_from(world, "203.0.113.9", ada.email, PASSWORD)
        world.clock.advance(3600)
        later = await sign_in_from(world, "203.0.113.9", ada.email, PASSWORD)

    assert [answer.status_code for answer in answers] == [401] * 100 + [429] * 10
    assert {answer.json()["code"] for answer in answers[100:]} == {CLOSED}
    assert (elsewhere.status_code, here.status_code, later.status_code) == (200, 429, 200)
