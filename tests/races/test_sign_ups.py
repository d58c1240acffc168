"""Races of sign-ups over two servers and one PostgreSQL."""

import asyncio
from collections import Counter
from typing import Any

import httpx

from athena_auth.delivery.model import MessageKind
from support.dump import fetch_all
from support.person import PASSWORD
from support.world import World, world_over

ADA = "ada@example.com"
RACERS = 16


async def sign_ups(worlds: tuple[World, World], **body: Any) -> list[httpx.Response]:
    full = {"name": "Ada", "email": ADA, "password": PASSWORD, **body}
    clients = [await worlds[number % 2].client() for number in range(RACERS)]
    return await asyncio.gather(*(client.post("/sign-up/email", json=full) for client in clients))


async def test_one_invitation_makes_one_account(worlds: tuple[World, World]) -> None:
    await worlds[0].athena.users.invite(ADA)
    mail = await worlds[0].mailbox.message_for(ADA, MessageKind.INVITATION)

    answers = await sign_ups(worlds, invite=httpx.URL(str(mail.url)).params["invite"])

    codes = Counter(answer.json().get("code") for answer in answers)
    # Not `USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL`: the invitation decides, not the account that the winner made.
    assert codes == {None: 1, "INVALID_INVITE": RACERS - 1}


async def test_concurrent_sign_ups_of_one_address_are_answered_alike_and_make_one_account(
    postgres_url: str,
) -> None:
    async with (
        world_over(postgres_url, require_verified_email="on") as one,
        world_over(postgres_url, require_verified_email="on") as other,
    ):
        answers = await sign_ups((one, other))

        assert {answer.status_code for answer in answers} == {200}
        assert {answer.json()["token"] for answer in answers} == {None}
        [(user_id,)] = await fetch_all(postgres_url, "SELECT id FROM athena_account")
        assert [answer.json()["user"]["id"] for answer in answers].count(user_id) == 1
        mails = "SELECT purpose, count(*) FROM athena_mail_token GROUP BY purpose"
        assert await fetch_all(postgres_url, mails) == [("verify-email", 1)]
