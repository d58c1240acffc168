"""One code submitted several times: by an impatient owner, and by an attacker who has seen it."""

import asyncio
from functools import partial

import httpx
import pytest_asyncio

from athena_auth.delivery.model import MessageKind
from athena_auth.throttle.rules import MAX_BY_STRANGERS
from support.person import Person, sign_up
from support.world import ORIGIN, World

COPIES = 8
CHALLENGE, SESSION = "athena-auth.two_factor", "athena-auth.session_token"


@pytest_asyncio.fixture
async def ada(worlds: tuple[World, World]) -> Person:
    person = await sign_up(worlds[0])
    await person.turn_on_totp()
    worlds[1].clock.advance((worlds[0].clock.now() - worlds[1].clock.now()) / 1000)
    return person


async def copies_of(
    worlds: tuple[World, World], cookie: str, token: str, agent: str = "Browser"
) -> list[httpx.AsyncClient]:
    """Return as many requests of one browser as there are copies, on the two servers in turn."""
    headers = {"cookie": f"{cookie}={token}", "origin": ORIGIN, "user-agent": agent}
    return [await worlds[number % 2].client(**headers) for number in range(COPIES)]


async def submit(clients: list[httpx.AsyncClient], path: str, code: str) -> list[httpx.Response]:
    """Submit a code in all of them at once."""
    submissions = [partial(client.post, f"/two-factor/{path}", json={"code": code}) for client in clients]
    return await asyncio.gather(*(each() for each in submissions))


async def browser_challenge(worlds: tuple[World, World], ada: Person, agent: str = "Browser") -> str:
    browser = await worlds[0].client(**{"origin": ORIGIN, "user-agent": agent})
    token: str = (await ada.sign_in(browser)).json()["token"]
    return token


async def test_a_double_click_gets_the_first_answer_again(worlds: tuple[World, World], ada: Person) -> None:
    challenge = await browser_challenge(worlds, ada)

    answers = await submit(await copies_of(worlds, CHALLENGE, challenge), "verify-totp", ada.code())

    assert [answer.status_code for answer in answers] == [200] * COPIES, [each.text for each in answers]
    assert len({answer.json()["token"] for answer in answers}) == 1


async def test_so_does_one_in_a_session_whose_cookie_is_replaced(
    worlds: tuple[World, World], ada: Person
) -> None:
    clients = await copies_of(worlds, SESSION, ada.token)

    answers = await submit(clients, "verify-totp", ada.code())

    assert [answer.status_code for answer in answers] == [200] * COPIES, [each.text for each in answers]
    assert len({answer.headers["set-auth-token"] for answer in answers}) == 1


async def test_eight_copies_of_a_backup_code_use_one_up_and_lock_nobody(
    worlds: tuple[World, World], ada: Person
) -> None:
    """The seven losers were counted as failed attempts, and the account was locked for having signed in."""
    challenges = [await ada.challenge() for _ in range(COPIES)]
    clients = [await worlds[number % 2].bearer(token) for number, token in enumerate(challenges)]

    answers = await submit(clients, "verify-backup-code", ada.backup_codes[0])

    assert sorted(answer.status_code for answer in answers) == [200] + [401] * (COPIES - 1)
    status = (await ada.client.get("/two-factor/status")).json()
    assert status["backupCodesLeft"] == 9
    passed = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())
    assert passed.status_code == 200, passed.text


async def test_a_bearer_is_not_given_the_answer_again(worlds: tuple[World, World], ada: Person) -> None:
    """A request that was seen on its way, with its token, must not yield the session a second time."""
    challenge, code = await ada.challenge(), ada.code()

    first = await ada.answer(challenge, "verify-totp", code=code)
    second = await ada.answer(challenge, "verify-totp", code=code)

    assert (first.status_code, second.status_code) == (200, 401)


async def test_the_answer_is_not_given_again_to_another_code_nor_for_long(
    worlds: tuple[World, World], ada: Person
) -> None:
    challenge, code = await browser_challenge(worlds, ada), ada.code()
    one, *_ = await copies_of(worlds, CHALLENGE, challenge)
    assert (await submit([one], "verify-totp", code))[0].status_code == 200

    (other_code,) = await submit([one], "verify-totp", "000000")
    for world in worlds:
        world.clock.advance(11)
    (late,) = await submit([one], "verify-totp", code)

    assert (other_code.status_code, late.status_code) == (401, 401)


async def test_a_used_code_from_another_browser_warns_once(worlds: tuple[World, World], ada: Person) -> None:
    """An onlooker, or the operator of a phishing page, was faster or slower than the owner."""
    code = ada.code()
    own = await browser_challenge(worlds, ada, "Her phone")
    (mine, *_) = await copies_of(worlds, CHALLENGE, own, "Her phone")
    assert (await submit([mine], "verify-totp", code))[0].status_code == 200

    for _ in range(3):
        seen = await browser_challenge(worlds, ada, "Somebody else")
        (thief, *_) = await copies_of(worlds, CHALLENGE, seen, "Somebody else")
        (refused,) = await submit([thief], "verify-totp", code)
        assert (refused.status_code, refused.json()["code"]) == (401, "INVALID_CODE")

    await worlds[0].mailbox.message_for(ada.email, MessageKind.CODE_REUSED)
    kinds = [*worlds[0].mailbox.kinds_for(ada.email), *worlds[1].mailbox.kinds_for(ada.email)]
    assert kinds.count(MessageKind.CODE_REUSED) == 1


async def test_a_used_code_is_no_failed_attempt(worlds: tuple[World, World], ada: Person) -> None:
    code = ada.code()
    assert (await ada.answer(await ada.challenge(), "verify-totp", code=code)).status_code == 200
    for _ in range(MAX_BY_STRANGERS + 1):
        again = await ada.answer(await ada.challenge(), "verify-totp", code=code)
        assert again.status_code == 401, again.text
    worlds[0].clock.advance(60)

    assert (await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())).status_code == 200
