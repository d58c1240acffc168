"""Requests at the same time for the authenticators of one account."""

import asyncio

import httpx
import pyotp
import pytest
import pytest_asyncio

from athena_auth.crypto import totp
from support.apps import add_app, begin_app, first_app, listed
from support.dump import fetch_all
from support.person import Person, sign_up
from support.world import World


@pytest_asyncio.fixture
async def ada(postgres_world: World) -> Person:
    person = await sign_up(postgres_world)
    await person.turn_on_totp()
    return person


async def second_session(ada: Person) -> Person:
    """Return the same owner in another session of level two."""
    passed = await ada.answer(await ada.challenge(), "verify-backup-code", code=ada.backup_codes.pop())
    token = passed.json()["token"]
    return Person(ada.world, ada.email, await ada.world.bearer(token), token)


async def test_one_code_that_two_apps_show_is_accepted_once(
    postgres_world: World, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both apps have one secret, so that they show the same codes; codes of others are equal by chance."""
    secret = (await first_app(ada)).secret.byte_secret()
    monkeypatch.setattr(totp, "new_secret", lambda _algorithm: secret)
    await add_app(ada)
    challenges = [await ada.challenge() for _ in range(8)]

    answers = await asyncio.gather(
        *(ada.answer(challenge, "verify-totp", code=ada.code()) for challenge in challenges)
    )

    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 7]


@pytest.mark.parametrize("what", ["remove", "suspend"])
async def test_of_the_last_two_one_stays(postgres_world: World, ada: Person, what: str) -> None:
    apps = [await first_app(ada), await add_app(ada)]
    owners = [ada, await second_session(ada)]

    async def change(owner: Person, authenticator_id: str) -> httpx.Response:
        return await owner.post(f"/two-factor/{what}-authenticator", id=authenticator_id)

    answers = await asyncio.gather(*(change(owner, app.id) for owner, app in zip(owners, apps, strict=True)))

    assert sum(answer.is_success for answer in answers) == 1, [answer.text for answer in answers]
    rows = await fetch_all(
        postgres_world.database_url, "SELECT id FROM athena_authenticator WHERE state = 'active'"
    )
    assert len(rows) == 1


async def test_there_is_no_eleventh(postgres_world: World, ada: Person) -> None:
    for _ in range(8):
        await add_app(ada)
    tenth = await begin_app(ada)

    eleventh, confirmed = await asyncio.gather(
        ada.post("/two-factor/add-authenticator", password=ada.password),
        ada.post("/two-factor/verify-totp", code=tenth.code()),
    )
    if eleventh.is_success and confirmed.is_success:
        app = pyotp.parse_uri(eleventh.json()["totpURI"])
        assert isinstance(app, pyotp.TOTP)
        late = await ada.post("/two-factor/verify-totp", code=app.at(postgres_world.clock.now() // 1000))
        assert late.json()["code"] == "TOO_MANY_AUTHENTICATORS"

    assert len(await listed(ada)) <= 10
