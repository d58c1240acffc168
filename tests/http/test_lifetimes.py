"""Lifetimes at their limits."""

from datetime import datetime
from typing import Any

import httpx
from annotated_types import Ge, Le
from hypothesis import given
from hypothesis import strategies as st

from athena_auth.kernel.clock import Millis
from athena_auth.sessions import rules
from athena_auth.settings import Settings
from support.person import PASSWORD, sign_up
from support.world import World, world_over

TEN_YEARS = 315_360_000


async def test_the_longest_lifetimes_can_be_served(database_url: str) -> None:
    """With ATHENA_SESSION_TTL=999999999999 a session's end lay after the year 9999, which cannot be written.

    The server started. Each sign-in verified its code, used it up, and then failed with 500.
    """
    longest: dict[str, Any] = {"session_ttl": TEN_YEARS, "trust_ttl": TEN_YEARS, "audit_ttl": TEN_YEARS}
    async with world_over(database_url, **longest) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        browser = await world.browser()
        await ada.sign_in(browser)
        body = {"code": ada.backup_codes[0], "trustDevice": True}
        passed = await browser.post("/two-factor/verify-backup-code", json=body)
        await world.sweep()
        shown = [
            await browser.get(path)
            for path in (
                "/get-session",
                "/list-sessions",
                "/two-factor/trusted-devices",
                "/two-factor/status",
            )
        ]

    assert passed.status_code == 200, passed.text
    assert [answer.status_code for answer in shown] == [200] * 4
    assert passed.json()["session"]["expiresAt"].startswith("2036-")


def test_every_number_among_the_settings_has_a_smallest_and_a_largest_value() -> None:
    """A number without a largest value breaks later, where it is added to a time, and not at the start."""
    numbers = {
        name: field.metadata
        for name, field in Settings.model_fields.items()
        if field.annotation in (int, int | None)
    }
    unbounded = [
        name
        for name, metadata in numbers.items()
        if not {Ge, Le} <= {type(constraint) for constraint in metadata}
    ]

    assert len(numbers) > 10
    assert unbounded == []


async def seconds_left(world: World, client: httpx.AsyncClient) -> float | None:
    session = (await client.get("/get-session")).json()
    if session is None:
        return None
    ends = datetime.fromisoformat(session["session"]["expiresAt"]).timestamp()
    return ends - world.clock.now() / 1000


async def test_a_session_in_use_ends_at_its_largest_age(database_url: str) -> None:
    """SP 800-63B-4 section 2.2.3: sign in again after a day, and after an hour without use."""
    async with world_over(database_url, session_ttl=3600, session_max_age=86_400) as world:
        ada = await sign_up(world)
        unused = await world.bearer((await ada.sign_in()).json()["token"])
        assert await seconds_left(world, ada.client) == 3600
        for _ in range(47):
            world.clock.advance(1800)
            assert await seconds_left(world, ada.client) is not None
        assert await seconds_left(world, ada.client) == 1800

        world.clock.advance(1799)
        assert await seconds_left(world, ada.client) == 1
        world.clock.advance(1)

        assert await seconds_left(world, ada.client) is None
        assert await seconds_left(world, unused) is None


async def test_the_cookie_ends_with_the_session(database_url: str) -> None:
    async with world_over(database_url, session_ttl=604_800, session_max_age=86_400) as world:
        person = await sign_up(world)
        browser = await world.browser()

        signed_in = await person.sign_in(browser)

        assert "Max-Age=86400" in signed_in.headers["set-cookie"]
        assert await seconds_left(world, browser) == 86_400


async def test_a_verified_factor_does_not_prolong_a_session(database_url: str) -> None:
    """A stolen session could otherwise be kept for ever by someone with one of the factors."""
    async with world_over(database_url, session_max_age=3600) as world:
        person = await sign_up(world)
        await person.turn_on_totp()
        challenge = await person.challenge()
        signed_in = await person.answer(challenge, "verify-totp", code=person.code())
        client = await world.bearer(signed_in.json()["token"])
        assert await seconds_left(world, client) == 3600
        world.clock.advance(1800)

        raised = await client.post("/two-factor/verify-totp", json={"code": person.code()})

        assert raised.status_code == 200
        assert await seconds_left(world, client) == 1800


async def test_a_limit_holds_for_sessions_from_before_it(database_url: str) -> None:
    async with world_over(database_url) as world:
        person = await sign_up(world)
    async with world_over(database_url, session_max_age=3600) as world:
        client = await world.bearer(person.token)
        assert await seconds_left(world, client) is not None
        world.clock.advance(3600)

        assert await seconds_left(world, client) is None


async def test_a_limit_holds_for_a_session_that_begins_with_an_enrolment(database_url: str) -> None:
    required: dict[str, Any] = {"require_second_factor": "all", "require_grace": 0}
    async with world_over(database_url, session_max_age=3600, **required) as world:
        body = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}
        token = (await (await world.client()).post("/sign-up/email", json=body)).json()["enrolmentToken"]
        client = await world.bearer(token)
        await client.post("/two-factor/enable", json={"password": PASSWORD, "method": "otp"})
        code = await world.mailbox.code_for("ada@example.com")
        confirmed = await client.post("/two-factor/verify-otp", json={"code": code})

        assert await seconds_left(world, await world.bearer(confirmed.json()["token"])) == 3600


@given(
    created=st.integers(0, 10**13),
    used=st.integers(0, 10**10),
    lifetime=st.integers(1, 10**12),
    max_age=st.none() | st.integers(60, 10**9),
)
def test_no_use_extends_a_session_beyond_either_limit(
    created: int, used: int, lifetime: int, max_age: int | None
) -> None:
    now = Millis(created + used)

    ends = rules.expiry(Millis(created), lifetime, max_age, now)

    assert ends <= now + lifetime
    assert max_age is None or ends <= created + max_age * 1000
    assert ends in {now + lifetime, created + (max_age or 0) * 1000}
