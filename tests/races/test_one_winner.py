"""Races over two servers and one PostgreSQL: what may happen only once happens once (I3).

Not on SQLite: it allows one writer at a time, which would hide a missing guard.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial

import httpx
import pytest
import pytest_asyncio

from support.hashing import HeldHasher
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

RACERS = 24


@pytest_asyncio.fixture
async def racer(worlds: tuple[World, World]) -> Person:
    person = await sign_up(worlds[0])
    await person.turn_on_totp()
    worlds[1].clock.advance((worlds[0].clock.now() - worlds[1].clock.now()) / 1000)
    return person


async def race(*racers: Callable[[], Awaitable[httpx.Response]]) -> list[httpx.Response]:
    """Start all at once and return their answers."""
    start = asyncio.Event()

    async def run(racer: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        await start.wait()
        return await racer()

    tasks = [asyncio.create_task(run(racer)) for racer in racers]
    await asyncio.sleep(0)
    start.set()
    return await asyncio.gather(*tasks)


async def posts(
    worlds: tuple[World, World], path: str, bodies: list[dict[str, str]], tokens: list[str]
) -> list[Callable[[], Awaitable[httpx.Response]]]:
    """Return one racer for each token, on the two servers in turn."""
    racers: list[Callable[[], Awaitable[httpx.Response]]] = []
    for number, (token, body) in enumerate(zip(tokens, bodies, strict=True)):
        client = await worlds[number % 2].bearer(token)
        racers.append(partial(client.post, path, json=body))
    return racers


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


async def test_one_totp_code_on_many_challenges_signs_in_once(
    worlds: tuple[World, World], racer: Person
) -> None:
    """A user and an attacker who has seen the code are never both signed in."""
    challenges = [await racer.challenge() for _ in range(RACERS)]
    body = {"code": racer.code()}

    answers = await race(*await posts(worlds, "/two-factor/verify-totp", [body] * RACERS, challenges))

    assert statuses(answers)[200] == 1, statuses(answers)
    assert set(statuses(answers)) <= {200, 401, 429}


async def test_one_challenge_mints_one_session(worlds: tuple[World, World], racer: Person) -> None:
    """better-auth PR 9993: two right codes at once on one challenge minted two sessions."""
    challenge = await racer.challenge()
    bodies = [{"code": code} for code in racer.backup_codes] + [{"code": racer.code()}] * 6
    paths = ["/two-factor/verify-backup-code"] * 10 + ["/two-factor/verify-totp"] * 6
    racers = [
        (await posts(worlds, path, [body], [challenge]))[0] for path, body in zip(paths, bodies, strict=True)
    ]

    answers = await race(*racers)

    assert statuses(answers) == {200: 1, 401: 15}


async def test_one_backup_code_on_many_challenges_signs_in_once(
    worlds: tuple[World, World], racer: Person
) -> None:
    challenges = [await racer.challenge() for _ in range(RACERS)]
    body = {"code": racer.backup_codes[0]}

    answers = await race(*await posts(worlds, "/two-factor/verify-backup-code", [body] * RACERS, challenges))

    assert statuses(answers)[200] == 1, statuses(answers)


async def test_concurrent_sign_ins_with_one_trust_token_all_pass_and_one_gets_its_successor(
    worlds: tuple[World, World], racer: Person
) -> None:
    """Two tabs, a restored browser: the loser of the rotation was challenged, and its answer ended the winner's session."""
    browser = await worlds[0].browser()
    await racer.sign_in(browser)
    await browser.post("/two-factor/verify-totp", json={"code": racer.code(), "trustDevice": True})
    trust = browser.cookies["athena-auth.trust_device"]
    racers: list[Callable[[], Awaitable[httpx.Response]]] = []
    for number in range(16):
        copy = await worlds[number % 2].browser()
        copy.cookies.set("athena-auth.trust_device", trust)
        racers.append(partial(racer.sign_in, copy))

    answers = await race(*racers)

    assert all("user" in answer.json() for answer in answers), [answer.text for answer in answers]
    assert sum("athena-auth.trust_device" in answer.cookies for answer in answers) == 1
    for answer in answers:
        survivor = await worlds[0].bearer(answer.json()["token"])
        assert (await survivor.get("/get-session")).json() is not None


async def test_one_sent_code_in_one_session_counts_once(worlds: tuple[World, World], racer: Person) -> None:
    await racer.post("/two-factor/send-otp")
    body = {"code": await worlds[0].mailbox.code_for(racer.email)}

    answers = await race(*await posts(worlds, "/two-factor/verify-otp", [body] * 4, [racer.token] * 4))

    assert statuses(answers)[200] == 1, [answer.text for answer in answers]


async def test_parallel_wrong_attempts_are_all_counted(worlds: tuple[World, World], racer: Person) -> None:
    """CVE-2025-64102, better-auth PR 8067: concurrent attempts were counted as one."""
    challenges = [await racer.challenge() for _ in range(RACERS)]

    answers = await race(
        *await posts(worlds, "/two-factor/verify-totp", [{"code": "000000"}] * RACERS, challenges)
    )

    assert statuses(answers) == {401: 5, 429: RACERS - 5}


async def test_one_address_makes_one_account(worlds: tuple[World, World]) -> None:
    body = {"email": "twin@example.com", "password": PASSWORD, "name": "Twin"}
    clients = [await worlds[number % 2].client() for number in range(16)]

    answers = await race(
        *[lambda client=client: client.post("/sign-up/email", json=body) for client in clients]
    )

    assert statuses(answers) == {200: 1, 422: 15}
    assert {answer.json()["code"] for answer in answers if answer.is_error} == {
        "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"
    }


@pytest.mark.parametrize("round_", range(3))
async def test_no_session_of_the_old_password_survives_its_change(
    worlds: tuple[World, World], round_: int
) -> None:
    """A sign-in that checked the old password just before the change must not mint just after it."""
    ada = await sign_up(worlds[0], f"ada{round_}@example.com")
    change = {"currentPassword": PASSWORD, "newPassword": "a wholly different password"}
    clients = [await worlds[number % 2].client() for number in range(12)]
    credentials = {"email": ada.email, "password": PASSWORD}
    signing_in: list[Callable[[], Awaitable[httpx.Response]]] = [
        partial(client.post, "/sign-in/email", json=credentials) for client in clients
    ]

    answers = await race(*signing_in[:6], lambda: ada.post("/change-password", **change), *signing_in[6:])

    assert answers[6].status_code == 200, answers[6].text
    for answer in answers[:6] + answers[7:]:
        if answer.status_code == 200:
            survivor = await worlds[0].bearer(answer.json()["token"])
            assert (await survivor.get("/get-session")).json() is None


async def test_an_enrolment_is_confirmed_once(worlds: tuple[World, World]) -> None:
    ada = await sign_up(worlds[0])
    await ada.enable()
    worlds[1].clock.advance((worlds[0].clock.now() - worlds[1].clock.now()) / 1000)
    body = {"code": ada.code()}

    answers = await race(*await posts(worlds, "/two-factor/verify-totp", [body] * 16, [ada.token] * 16))

    assert statuses(answers)[200] == 1, [answer.text for answer in answers]


async def test_the_old_password_turns_nothing_off_after_its_change(postgres_url: str) -> None:
    """A password is verified before the transaction that acts on it: it must still be current (ADR 4)."""
    hasher = HeldHasher()
    async with world_over(postgres_url) as world, world_over(postgres_url, hasher=hasher) as other:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        signed_in = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())
        other.clock.advance((world.clock.now() - other.clock.now()) / 1000)
        attacker = await other.bearer(signed_in.json()["token"])
        with hasher.held():
            disabling = asyncio.create_task(attacker.post("/two-factor/disable", json={"password": PASSWORD}))
            await hasher.has_verified()
            # The attacker's session lives on: nothing but the password stands in the way.
            changed = await ada.change_password("a wholly different password", revokeOtherSessions=False)

        assert changed.status_code == 200, changed.text
        assert (await disabling).status_code == 409
        assert (await ada.session())["user"]["twoFactorEnabled"] is True
