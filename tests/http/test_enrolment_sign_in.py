"""What continues of a sign-in that had to enrol a second factor first, and how its wrong codes are counted."""

import httpx
import pyotp
import pytest

from athena_auth.delivery.model import MessageKind
from support.attacker import wrong
from support.passkey_user import sign_in, with_passkey
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

DAY = 86_400


async def overdue(world: World) -> Person:
    person = await sign_up(world)
    world.clock.advance(15 * DAY)
    return person


async def begin(client: httpx.AsyncClient) -> pyotp.TOTP:
    answer = await client.post("/two-factor/enable", json={"password": PASSWORD})
    phone = pyotp.parse_uri(answer.json()["totpURI"])
    assert isinstance(phone, pyotp.TOTP)
    return phone


async def submit(client: httpx.AsyncClient, code: str) -> httpx.Response:
    return await client.post("/two-factor/verify-totp", json={"code": code})


@pytest.mark.parametrize(("remembers", "lasts"), [(True, True), (False, False)])
async def test_the_wishes_of_the_sign_in_are_kept(sqlite_url: str, *, remembers: bool, lasts: bool) -> None:
    async with world_over(sqlite_url, require_second_factor="all") as world:
        ada, browser = await overdue(world), await world.browser()
        await ada.sign_in(browser, rememberMe=remembers, callbackURL="/dashboard")
        phone = await begin(browser)

        answer = await submit(browser, phone.at(world.clock.now() // 1000))

        assert (answer.json()["redirect"], answer.json()["url"]) == (True, "/dashboard")
        cookies = [each for each in answer.headers.get_list("set-cookie") if "session_token" in each]
        assert ["Max-Age" in each for each in cookies] == [lasts]


async def test_a_wrong_code_does_not_mean_that_someone_else_knows_the_password(sqlite_url: str) -> None:
    """It is counted with those of live sessions: the code comes from a secret that was shown a moment ago."""
    async with world_over(sqlite_url, require_second_factor="all") as world:
        ada = await overdue(world)
        client = await world.bearer((await ada.sign_in()).json()["enrolmentToken"])
        phone = await begin(client)
        right = phone.at(world.clock.now() // 1000)

        refused = await submit(client, wrong(right))

        assert refused.status_code == 401
        assert (await submit(client, right)).status_code == 200
        await world.delivered()
        assert MessageKind.SECOND_FACTOR_REFUSED not in world.mailbox.kinds_for(ada.email)


async def test_a_bearer_gets_the_session_once(sqlite_url: str) -> None:
    """The first answer is repeated for a browser that sends a form twice, not for a token that someone has copied."""
    async with world_over(sqlite_url, require_second_factor="all") as world:
        ada = await overdue(world)
        client = await world.bearer((await ada.sign_in()).json()["enrolmentToken"])
        code = (await begin(client)).at(world.clock.now() // 1000)
        assert (await submit(client, code)).status_code == 200

        again = await submit(client, code)

        assert again.json()["code"] == "INVALID_TWO_FACTOR_COOKIE"


async def test_an_address_that_must_be_verified_by_now_is_refused(sqlite_url: str) -> None:
    """The token was issued before the setting was turned on."""
    async with world_over(sqlite_url, require_second_factor="all") as world:
        ada = await overdue(world)
        token, now = (await ada.sign_in()).json()["enrolmentToken"], world.clock.now()
    async with world_over(sqlite_url, require_second_factor="all", require_verified_email="on") as world:
        world.clock.advance((now - world.clock.now()) // 1000)
        client = await world.bearer(token)
        phone = await begin(client)

        refused = await submit(client, phone.at(world.clock.now() // 1000))

        assert (refused.status_code, refused.json()["code"]) == (403, "EMAIL_NOT_VERIFIED")


async def test_a_live_token_outlives_the_sweeper(sqlite_url: str) -> None:
    async with world_over(sqlite_url, require_second_factor="all") as world:
        ada = await overdue(world)
        client = await world.bearer((await ada.sign_in()).json()["enrolmentToken"])

        await world.sweep()

        assert (await client.get("/two-factor/status")).status_code == 200


async def test_wrong_passwords_of_strangers_do_not_keep_the_owner_from_enrolling(sqlite_url: str) -> None:
    """The bearer has shown the password before, so theirs count apart, and the right one resets them."""
    async with world_over(sqlite_url, require_second_factor="all") as world:
        ada = await overdue(world)
        client = await world.bearer((await ada.sign_in()).json()["enrolmentToken"])
        for _ in range(5):
            await ada.sign_in(password="a guess")
        assert (await ada.sign_in()).status_code == 429

        for _ in range(3):
            for _ in range(3):
                slip = await client.post("/two-factor/enable", json={"password": "a slip"})
                assert slip.json()["code"] == "INVALID_PASSWORD"
            await begin(client)


async def test_the_sweeper_ends_sessions_of_the_password_alone_once_the_deadline_has_passed(
    sqlite_url: str,
) -> None:
    async with world_over(sqlite_url, require_second_factor="all") as world:
        ada = await sign_up(world)
        device = await with_passkey(ada)
        await world.sweep()
        assert await ada.session() is not None, "the deadline is to come"
        world.clock.advance(15 * DAY)
        by_passkey = await world.browser()
        await sign_in(by_passkey, device)

        await world.sweep()

        assert await ada.session() is None
        assert (await by_passkey.get("/get-session")).json()["session"]["level"] == 2


async def test_nobody_is_reminded_of_a_deadline_that_has_passed(sqlite_url: str) -> None:
    """The server was stopped on the days on which the reminders were due."""
    async with world_over(sqlite_url, require_second_factor="all") as world:
        ada = await overdue(world)

        await world.sweep()

        await world.delivered()
        assert MessageKind.SECOND_FACTOR_DUE not in world.mailbox.kinds_for(ada.email)
