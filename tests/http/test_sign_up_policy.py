"""ATHENA_SIGN_UP: who may sign up, and invitations."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from athena_auth import RefusedError
from athena_auth.audit.model import EventName
from athena_auth.delivery.model import Message, MessageKind
from support.dump import dump, fetch_all
from support.person import PASSWORD
from support.world import ORIGIN, World, world_over

ADA = "ada@example.com"
DAY = 86_400


@pytest_asyncio.fixture
async def invited(database_url: str) -> AsyncIterator[World]:
    async with world_over(database_url, sign_up="invite") as world:
        yield world


async def register(world: World, email: str = ADA, **body: Any) -> httpx.Response:
    client = await world.client()
    return await client.post(
        "/sign-up/email", json={"name": "Ada", "email": email, "password": PASSWORD, **body}
    )


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def invitation(world: World, email: str = ADA, *, nth: int = 1, page: str | None = None) -> Message:
    await world.athena.users.invite(email, page=page)
    return await world.mailbox.message_for(email.lower(), MessageKind.INVITATION, nth=nth)


async def invite_for(world: World, email: str = ADA, *, nth: int = 1) -> str:
    return httpx.URL(str((await invitation(world, email, nth=nth)).url)).params["invite"]


@pytest.mark.parametrize(
    ("mode", "code"), [("closed", "EMAIL_PASSWORD_SIGN_UP_DISABLED"), ("invite", "INVITE_REQUIRED")]
)
@pytest.mark.parametrize("required", ["off", "on"])
async def test_nobody_signs_up_uninvited(database_url: str, mode: str, code: str, required: str) -> None:
    async with world_over(database_url, sign_up=mode, require_verified_email=required) as world:
        await world.athena.users.create(email="eve@example.com", name="Eve", password=PASSWORD)
        before = await dump(database_url)

        for email in (ADA, "eve@example.com"):
            assert code_of(await register(world, email)) == (403, code)

        assert await dump(database_url) == before


async def test_closed_is_closed_to_invitations_too(database_url: str) -> None:
    async with world_over(database_url, sign_up="invite") as world:
        invite = await invite_for(world)
    async with world_over(database_url, sign_up="closed") as world:
        assert code_of(await register(world, invite=invite)) == (403, "EMAIL_PASSWORD_SIGN_UP_DISABLED")
        with pytest.raises(RefusedError, match="Sign-up is closed"):
            await world.athena.users.invite(ADA)


@pytest.mark.parametrize("mode", ["invite", "open"])
@pytest.mark.parametrize("required", ["off", "on"])
async def test_an_invitation_signs_up_once_and_verifies_the_address(
    database_url: str, mode: str, required: str
) -> None:
    async with world_over(database_url, sign_up=mode, require_verified_email=required) as world:
        invite = await invite_for(world, "Ada@Example.com")

        answer = await register(world, "ADA@example.com", invite=invite)

        assert answer.json()["user"]["emailVerified"] is True
        client = await world.bearer(answer.json()["token"])
        assert (await client.get("/get-session")).json()["user"]["email"] == ADA
        deleted = await client.post("/delete-user", json={"password": PASSWORD})
        assert deleted.status_code == 200, deleted.text
        assert code_of(await register(world, invite=invite)) == (400, "INVALID_INVITE")
        await world.delivered()
        assert world.mailbox.kinds_for(ADA) == ["invitation", "account-deleted"]
    events = (
        f"SELECT count(*) FROM athena_audit WHERE event IN ('{EventName.INVITED}', '{EventName.INVITE_USED}')"
    )
    assert await fetch_all(database_url, events) == [(2,)]


async def test_an_invitation_is_for_its_address(invited: World) -> None:
    invite = await invite_for(invited)

    assert code_of(await register(invited, "eve@example.com", invite=invite)) == (400, "INVALID_INVITE")
    assert code_of(await register(invited, invite="another")) == (400, "INVALID_INVITE")

    assert (await register(invited, invite=invite)).status_code == 200


async def test_an_invitation_expires(database_url: str) -> None:
    async with world_over(database_url, sign_up="invite", invite_days=2) as world:
        invite = await invite_for(world)
        world.clock.advance(2 * DAY - 1)
        late = await invite_for(world, nth=2)
        world.clock.advance(1)

        assert code_of(await register(world, invite=invite)) == (400, "INVALID_INVITE")
        await world.sweep()
        assert await fetch_all(database_url, "SELECT count(*) FROM athena_invite") == [(1,)]
        assert (await register(world, invite=late)).status_code == 200


async def test_a_password_that_is_refused_does_not_use_the_invitation_up(invited: World) -> None:
    invite = await invite_for(invited)

    assert code_of(await register(invited, invite=invite, password="short")) == (400, "PASSWORD_TOO_SHORT")

    assert (await register(invited, invite=invite)).status_code == 200


async def test_one_sign_up_ends_the_other_invitations_of_the_address(invited: World) -> None:
    first, second = await invite_for(invited), await invite_for(invited, nth=2)
    other = await invite_for(invited, "eve@example.com")

    answer = await register(invited, invite=second)

    client = await invited.bearer(answer.json()["token"])
    await client.post("/delete-user", json={"password": PASSWORD})
    assert code_of(await register(invited, invite=first)) == (400, "INVALID_INVITE")
    assert (await register(invited, "eve@example.com", invite=other)).status_code == 200


async def test_an_invitation_for_an_address_that_meanwhile_has_an_account(invited: World) -> None:
    invite = await invite_for(invited)
    await invited.athena.users.create(email=ADA, name="Ada")

    taken = (422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
    assert code_of(await register(invited, invite=invite)) == taken
    with pytest.raises(RefusedError) as refused:
        await invited.athena.users.invite(ADA)
    assert refused.value.code == taken[1]


async def test_the_token_is_stored_as_a_digest_only(invited: World) -> None:
    invite = await invite_for(invited)

    assert invite not in await dump(invited.database_url)


async def test_the_link_leads_to_a_page_that_may_have_the_token(database_url: str) -> None:
    page = "https://app.example.com/join?from=mail"
    async with world_over(database_url, trusted_origins="https://app.example.com") as world:
        own = await invitation(world)
        theirs = await invitation(world, page=page, nth=2)
        with pytest.raises(RefusedError) as refused:
            await world.athena.users.invite(ADA, page="https://evil.example.com/join")

    assert str(own.url).startswith(f"{ORIGIN}/sign-up?invite=")
    assert str(theirs.url).startswith(f"{page}&invite=")
    assert refused.value.code == "INVALID_REDIRECT_URL"
    assert own.valid_for == 7 * DAY


async def test_an_address_that_is_none_is_not_invited(sqlite_world: World) -> None:
    with pytest.raises(RefusedError) as refused:
        await sqlite_world.athena.users.invite("ada")
    assert refused.value.code == "INVALID_EMAIL"
