"""During a rotation of secrets a process may read values of a newer secret: that is an outage, not a wrong code."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from support.dump import fetch_all
from support.person import Person, sign_up
from support.world import World, world_over

ONE, TWO = "1:the-first-secret-of-more-than-thirty-two-bytes", "2:the-second-secret-of-more-than-32-bytes"
FAILURES = "SELECT count(*) FROM athena_guess_budget WHERE failures > 0"
OFTEN = 7
"""More often than an account is given before it waits."""


@pytest_asyncio.fixture
async def behind(database_url: str) -> AsyncIterator[World]:
    """Return a server that has not been told of the new secret."""
    async with world_over(database_url, secret=None, secrets=ONE) as running:
        yield running


@pytest_asyncio.fixture
async def ahead(behind: World) -> AsyncIterator[World]:
    """Return a server over the same database that makes new values with it."""
    async with world_over(behind.database_url, secret=None, secrets=f"{TWO},{ONE}") as running:
        yield running


@pytest_asyncio.fixture
async def ada(ahead: World, behind: World) -> Person:
    """Return a user who enrolled with the new secret."""
    person = await sign_up(ahead)
    await person.turn_on_totp()
    behind.clock.advance(60)
    return person


def assert_outage(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE"), answer.text
    assert set(answer.json()) == {"message", "code"}
    assert int(answer.headers["retry-after"]) >= 1


async def code_for(kind: str, challenge: str, ada: Person) -> str:
    if kind == "verify-totp":
        return ada.code()
    if kind == "verify-backup-code":
        return ada.backup_codes[0]
    await ada.answer(challenge, "send-otp")
    return await ada.world.mailbox.code_for(ada.email)


@pytest.mark.parametrize("kind", ["verify-totp", "verify-backup-code", "verify-otp"])
async def test_a_code_that_cannot_be_verified_is_not_counted(
    behind: World, ada: Person, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """TOTP was a 500. A right backup code and a right sent code were called wrong, and blocked the account after five."""
    challenge = await ada.challenge()
    code = await code_for(kind, challenge, ada)
    client = await behind.bearer(challenge)

    for _ in range(OFTEN):
        assert_outage(await client.post(f"/two-factor/{kind}", json={"code": code}))

    assert await fetch_all(behind.database_url, FAILURES) == [(0,)]
    assert caplog.text.count("event=secret.missing number=2") == OFTEN
    assert code not in caplog.text
    answer = await ada.answer(challenge, kind, code=code)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("kind", ["verify-totp", "verify-backup-code"])
async def test_nor_is_it_counted_in_a_session(behind: World, ada: Person, kind: str) -> None:
    client = await behind.bearer(ada.token)
    code = await code_for(kind, "", ada)

    for _ in range(OFTEN):
        assert_outage(await client.post(f"/two-factor/{kind}", json={"code": code}))

    assert await fetch_all(behind.database_url, FAILURES) == [(0,)]
    assert (await ada.post(f"/two-factor/{kind}", code=code)).status_code == 200


async def test_nor_is_the_right_password_that_asks_for_an_unreadable_secret(
    behind: World, ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    """The attempt is counted before the password is verified, in a transaction of its own that no rollback undoes."""
    client = await behind.bearer(ada.token)

    for _ in range(OFTEN):
        assert_outage(await client.post("/two-factor/get-totp-uri", json={"password": ada.password}))

    assert await fetch_all(behind.database_url, FAILURES) == [(0,)]
    assert caplog.text.count("event=secret.missing number=2") == OFTEN


async def test_what_was_made_with_a_known_secret_is_still_verified(behind: World, ahead: World) -> None:
    eve = await sign_up(behind, "eve@example.com", "Eve")
    await eve.turn_on_totp()
    challenge = await eve.challenge()

    wrong = await eve.answer(challenge, "verify-backup-code", code="abcd-efgh-jkmn-pqrs")
    right = await eve.answer(challenge, "verify-backup-code", code=eve.backup_codes[0])

    assert (wrong.status_code, wrong.json()["code"]) == (401, "INVALID_BACKUP_CODE")
    assert right.status_code == 200
