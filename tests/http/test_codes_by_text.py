"""Codes by text message: a phone number becomes a factor, is replaced and is forgotten."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from athena_auth.delivery.model import MessageKind
from support.links import reset_token, verify_address
from support.person import PASSWORD, Person, sign_up
from support.texts import NUMBER, OTHER_NUMBER, Phones, texting_world
from support.world import World, world_over

NEW_PASSWORD = "a wholly different password"


@pytest_asyncio.fixture
async def texting(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[World, Phones]]:
    async with texting_world(database_url, tmp_path) as running:
        yield running


@pytest.fixture
def world(texting: tuple[World, Phones]) -> World:
    return texting[0]


@pytest.fixture
def phones(texting: tuple[World, Phones]) -> Phones:
    return texting[1]


async def enable_number(who: Person, number: str = NUMBER) -> httpx.Response:
    return await who.enable(method="otp", phoneNumber=number)


async def turn_on_texts(who: Person, phones: Phones, number: str = NUMBER) -> None:
    assert (await enable_number(who, number)).status_code == 200
    confirmed = await who.post("/two-factor/verify-otp", code=await phones.code_on(number))
    assert confirmed.status_code == 200, confirmed.text


async def status(who: Person) -> Any:
    return (await who.client.get("/two-factor/status")).json()


def codes_by_mail(world: World, who: Person) -> int:
    return world.mailbox.kinds_for(who.email).count(MessageKind.TWO_FACTOR_OTP)


async def test_a_number_is_on_when_the_code_sent_there_confirms_it(
    world: World, ada: Person, phones: Phones
) -> None:
    begun = await enable_number(ada)
    waiting = await status(ada)
    code = await phones.code_on(NUMBER)
    confirmed = await ada.post("/two-factor/verify-otp", code=code)

    assert set(begun.json()) == {"backupCodes", "method", "confirmationPending"}
    assert (waiting["enabled"], waiting["pendingEnrolment"], waiting["phoneNumber"]) == (False, "otp", None)
    assert confirmed.json()["user"]["twoFactorEnabled"] is True
    found = await status(ada)
    assert (found["pendingEnrolment"], found["methods"]) == (None, ["otp", "backup-code"])
    assert found["phoneNumber"] == "+49*********78"
    [text] = phones.texts
    assert text.items() >= {"to": NUMBER, "kind": "two-factor-otp", "code": code}.items()
    assert (text["expiresAt"], text["validFor"], text["channel"]) == (_in_180_s(world), 180, "text")
    await world.mailbox.message_for(ada.email, MessageKind.FACTOR_ADDED)
    assert codes_by_mail(world, ada) == 0
    assert confirmed.json()["user"]["emailVerified"] is False, "a text says nothing about the mailbox"


def _in_180_s(world: World) -> int:
    return world.clock.now() + 180_000


async def test_from_then_on_codes_go_there_in_place_of_mail(
    world: World, ada: Person, phones: Phones
) -> None:
    await turn_on_texts(ada, phones)
    challenge = await ada.challenge()

    assert (await ada.answer(challenge, "send-otp")).json() == {"status": True}
    passed = await ada.answer(challenge, "verify-otp", code=await phones.code_on(NUMBER, nth=2))

    assert passed.status_code == 200
    assert codes_by_mail(world, ada) == 0
    signed_in = await world.bearer(passed.json()["token"])
    session = (await signed_in.get("/get-session")).json()["session"]
    assert (session["level"], session["amr"]) == (2, ["pwd", "sms"])


async def test_a_code_by_mail_is_not_called_a_text(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    await ada.answer(challenge, "send-otp")

    passed = await ada.answer(challenge, "verify-otp", code=await world.mailbox.code_for(ada.email))

    signed_in = await world.bearer(passed.json()["token"])
    assert (await signed_in.get("/get-session")).json()["session"]["amr"] == ["pwd", "email"]


async def test_a_verified_address_does_not_confirm_a_number(
    world: World, ada: Person, phones: Phones
) -> None:
    """For a verified address codes by mail are on at once; a number waits for its code all the same."""
    await ada.enable(method="otp")
    await ada.post("/two-factor/verify-otp", code=await world.mailbox.code_for(ada.email))
    await ada.post("/two-factor/disable", password=PASSWORD)

    await enable_number(ada)

    found = await status(ada)
    assert (found["enabled"], found["phoneNumber"]) == (False, None)


async def test_until_a_number_is_confirmed_codes_are_sent_by_email(
    world: World, ada: Person, phones: Phones
) -> None:
    await ada.turn_on_totp()
    await enable_number(ada)
    await phones.code_on(NUMBER)
    challenge = await ada.challenge()

    await ada.answer(challenge, "send-otp")
    code = await world.mailbox.code_for(ada.email)

    assert (await ada.answer(challenge, "verify-otp", code=code)).status_code == 200
    assert len(phones.texts) == 1


async def test_a_new_number_is_used_once_it_is_confirmed(world: World, ada: Person, phones: Phones) -> None:
    await turn_on_texts(ada, phones)
    await enable_number(ada, OTHER_NUMBER)
    challenge = await ada.challenge()
    await ada.answer(challenge, "send-otp")
    by_old = await ada.answer(challenge, "verify-otp", code=await phones.code_on(NUMBER, nth=2))
    waiting = await status(ada)

    confirmed = await ada.post("/two-factor/verify-otp", code=await phones.code_on(OTHER_NUMBER))
    world.clock.advance(31)
    challenge = await ada.challenge()
    await ada.answer(challenge, "send-otp")
    by_new = await ada.answer(challenge, "verify-otp", code=await phones.code_on(OTHER_NUMBER, nth=2))

    assert (by_old.status_code, confirmed.status_code, by_new.status_code) == (200, 200, 200)
    assert (waiting["phoneNumber"], waiting["pendingEnrolment"]) == ("+49*********78", "otp")
    assert (await status(ada))["phoneNumber"] == "+44********58"
    assert len(phones.codes_on(NUMBER)) == 2
    await world.mailbox.message_for(ada.email, MessageKind.FACTOR_REPLACED)


async def test_a_code_that_went_to_the_old_number_ends_with_it(ada: Person, phones: Phones) -> None:
    await turn_on_texts(ada, phones)
    challenge = await ada.challenge()
    await ada.answer(challenge, "send-otp")
    old = await phones.code_on(NUMBER, nth=2)
    await enable_number(ada, OTHER_NUMBER)
    await ada.post("/two-factor/verify-otp", code=await phones.code_on(OTHER_NUMBER))

    refused = await ada.answer(challenge, "verify-otp", code=old)

    assert refused.status_code == 401


async def test_a_wrong_code_confirms_no_number(ada: Person, phones: Phones) -> None:
    await enable_number(ada)
    code = await phones.code_on(NUMBER)

    refused = await ada.post("/two-factor/verify-otp", code=f"{(int(code) + 1) % 1_000_000:06d}")

    assert (refused.status_code, refused.json()["code"]) == (401, "INVALID_CODE")
    found = await status(ada)
    assert (found["enabled"], found["phoneNumber"]) == (False, None)


async def test_a_code_confirms_only_the_number_it_was_sent_to(
    world: World, ada: Person, phones: Phones
) -> None:
    """Two settings pages are open: the code that came on one phone must not put another one into force."""
    elsewhere = await world.bearer((await ada.sign_in()).json()["token"])
    await enable_number(ada)
    code = await phones.code_on(NUMBER)
    body = {"password": PASSWORD, "method": "otp", "phoneNumber": OTHER_NUMBER}
    assert (await elsewhere.post("/two-factor/enable", json=body)).status_code == 200

    refused = await ada.post("/two-factor/verify-otp", code=code)

    assert (refused.status_code, refused.json()["code"]) == (401, "INVALID_CODE")
    assert (await status(ada))["phoneNumber"] is None
    assert (await ada.session())["session"]["level"] == 1
    right = {"code": await phones.code_on(OTHER_NUMBER)}
    assert (await elsewhere.post("/two-factor/verify-otp", json=right)).status_code == 200
    assert (await status_of(elsewhere))["phoneNumber"] == "+44********58"


async def status_of(client: httpx.AsyncClient) -> Any:
    return (await client.get("/two-factor/status")).json()


async def test_a_code_that_came_by_mail_confirms_no_number(world: World, ada: Person, phones: Phones) -> None:
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    passed = await ada.answer(challenge, "verify-totp", code=ada.code())
    elsewhere = await world.bearer(passed.json()["token"])
    await elsewhere.post("/two-factor/send-otp")
    code = await world.mailbox.code_for(ada.email)
    await enable_number(ada)
    await phones.code_on(NUMBER)

    proven = await elsewhere.post("/two-factor/verify-otp", json={"code": code})

    assert proven.status_code == 200
    found = await status(ada)
    assert (found["phoneNumber"], found["pendingEnrolment"]) == (None, "otp")


async def test_a_code_by_mail_confirms_no_mailbox_that_was_given_up_for_a_number(
    world: World, ada: Person, phones: Phones
) -> None:
    elsewhere = await world.bearer((await ada.sign_in()).json()["token"])
    await ada.enable(method="otp")
    code = await world.mailbox.code_for(ada.email)
    body = {"password": PASSWORD, "method": "otp", "phoneNumber": NUMBER}
    assert (await elsewhere.post("/two-factor/enable", json=body)).status_code == 200

    await ada.post("/two-factor/verify-otp", code=code)

    found = await status(ada)
    assert (found["enabled"], found["pendingEnrolment"]) == (False, "otp")
    right = {"code": await phones.code_on(NUMBER)}
    assert (await elsewhere.post("/two-factor/verify-otp", json=right)).status_code == 200


async def test_a_text_confirms_no_enrolment_of_mail(world: World, ada: Person, phones: Phones) -> None:
    """The number is given up for mail before its code is typed in: it must not put the mailbox into force."""
    elsewhere = await world.bearer((await ada.sign_in()).json()["token"])
    await enable_number(ada)
    code = await phones.code_on(NUMBER)
    body = {"password": PASSWORD, "method": "otp"}
    assert (await elsewhere.post("/two-factor/enable", json=body)).status_code == 200

    refused = await ada.post("/two-factor/verify-otp", code=code)

    assert (refused.status_code, refused.json()["code"]) == (401, "INVALID_CODE")
    found = await status(ada)
    assert (found["enabled"], found["pendingEnrolment"]) == (False, "otp")


async def test_a_stolen_session_alone_sets_no_number(world: World, ada: Person, phones: Phones) -> None:
    """The attacker has the owner's session and their own phone, but not the password."""
    await turn_on_texts(ada, phones)
    thief = await world.bearer(ada.token)

    body = {"password": "a guess of his", "method": "otp", "phoneNumber": OTHER_NUMBER}
    begun = await thief.post("/two-factor/enable", json=body)
    sent = await thief.post("/two-factor/send-otp", json={"phoneNumber": OTHER_NUMBER})
    code = await phones.code_on(NUMBER, nth=2)
    await thief.post("/two-factor/verify-otp", json={"code": code, "phoneNumber": OTHER_NUMBER})

    assert (begun.status_code, begun.json()["code"]) == (400, "INVALID_PASSWORD")
    assert sent.status_code == 200
    assert phones.codes_on(OTHER_NUMBER) == []
    assert (await status(ada))["phoneNumber"] == "+49*********78"


async def test_a_number_that_waits_is_forgotten_after_twenty_minutes(
    world: World, ada: Person, phones: Phones
) -> None:
    await ada.turn_on_totp()
    await enable_number(ada)
    await phones.code_on(NUMBER)
    world.clock.advance(20 * 60 - 30)
    await ada.post("/two-factor/send-otp")
    code = await phones.code_on(NUMBER, nth=2)
    world.clock.advance(31)

    refused = await ada.post("/two-factor/verify-otp", code=code)

    assert (refused.status_code, refused.json()["code"]) == (401, "INVALID_CODE")
    found = await status(ada)
    assert (found["phoneNumber"], found["pendingEnrolment"]) == (None, None)


async def test_a_new_password_drops_the_number_that_waits_and_keeps_the_one_in_force(
    ada: Person, phones: Phones
) -> None:
    await turn_on_texts(ada, phones)
    await enable_number(ada, OTHER_NUMBER)
    code = await phones.code_on(OTHER_NUMBER)

    await ada.change_password(NEW_PASSWORD)
    refused = await ada.post("/two-factor/verify-otp", code=code)

    assert refused.json()["code"] == "OTP_HAS_EXPIRED"
    found = await status(ada)
    assert (found["phoneNumber"], found["pendingEnrolment"]) == ("+49*********78", None)


async def test_disable_forgets_the_number(world: World, ada: Person, phones: Phones) -> None:
    await turn_on_texts(ada, phones)

    await ada.post("/two-factor/disable", password=PASSWORD)
    assert (await status(ada))["phoneNumber"] is None
    await ada.turn_on_totp()
    await ada.answer(await ada.challenge(), "send-otp")

    assert await world.mailbox.code_for(ada.email)
    assert len(phones.texts) == 1


async def test_disable_forgets_a_number_that_waits(ada: Person, phones: Phones) -> None:
    await enable_number(ada)
    code = await phones.code_on(NUMBER)

    await ada.post("/two-factor/disable", password=PASSWORD)

    assert (await ada.post("/two-factor/verify-otp", code=code)).json()["code"] == "OTP_HAS_EXPIRED"
    assert (await status(ada))["pendingEnrolment"] is None


async def test_after_a_reset_by_mail_a_text_answers_the_challenge(
    world: World, ada: Person, phones: Phones
) -> None:
    """The mailbox set the password and must not be the second factor too; a phone is something else."""
    await verify_address(ada)
    await turn_on_texts(ada, phones)
    client = await world.client()
    body = {"token": await reset_token(world, ada.email), "newPassword": NEW_PASSWORD}
    due = (await client.post("/reset-password", json=body)).json()

    await ada.answer(due["token"], "send-otp")
    passed = await ada.answer(due["token"], "verify-otp", code=await phones.code_on(NUMBER, nth=2))

    assert due["twoFactorMethods"] == ["otp", "backup-code"]
    assert passed.status_code == 200
    assert codes_by_mail(world, ada) == 0


async def test_a_text_after_a_reset_brings_codes_by_mail_back(database_url: str, tmp_path: Path) -> None:
    """A factor other than the mailbox was verified: from then on codes by email are available again."""
    async with texting_world(database_url, tmp_path) as (world, phones):
        ada = await sign_up(world)
        await verify_address(ada)
        await turn_on_texts(ada, phones)
        client = await world.client()
        body = {"token": await reset_token(world, ada.email), "newPassword": NEW_PASSWORD}
        due = (await client.post("/reset-password", json=body)).json()
        await ada.answer(due["token"], "send-otp")
        await ada.answer(due["token"], "verify-otp", code=await phones.code_on(NUMBER, nth=2))
    async with world_over(database_url) as world:
        ada.world, ada.password = world, NEW_PASSWORD
        assert (await ada.sign_in()).json()["twoFactorMethods"] == ["otp", "backup-code"]


async def test_a_number_that_waits_is_no_answer_after_a_reset(
    world: World, ada: Person, phones: Phones
) -> None:
    await verify_address(ada)
    await ada.turn_on_totp()
    await enable_number(ada)
    client = await world.client()
    body = {"token": await reset_token(world, ada.email), "newPassword": NEW_PASSWORD}

    due = (await client.post("/reset-password", json=body)).json()

    assert due["twoFactorMethods"] == ["totp", "backup-code"]
    refused = await ada.answer(due["token"], "send-otp")
    assert refused.json()["code"] == "OTP_NOT_CONFIGURED"


async def test_with_the_fallback_off_a_number_is_a_method_of_its_own(
    database_url: str, tmp_path: Path
) -> None:
    async with texting_world(database_url, tmp_path, otp_fallback="off") as (world, phones):
        ada = await sign_up(world)
        await turn_on_texts(ada, phones)

        assert (await ada.sign_in()).json()["twoFactorMethods"] == ["otp", "backup-code"]


@pytest.mark.parametrize(("fallback", "methods"), [("on", ["otp", "backup-code"]), ("off", ["backup-code"])])
async def test_when_the_gateway_is_gone_a_number_is_no_method(
    sqlite_url: str, tmp_path: Path, fallback: str, methods: list[str]
) -> None:
    async with texting_world(sqlite_url, tmp_path) as (world, phones):
        ada = await sign_up(world)
        await turn_on_texts(ada, phones)
    async with world_over(sqlite_url, otp_fallback=fallback) as world:
        ada.world = world
        due = (await ada.sign_in()).json()
        await ada.answer(due["token"], "send-otp")

        assert due["twoFactorMethods"] == methods
        if fallback == "on":
            code = await world.mailbox.code_for(ada.email)
            assert (await ada.answer(due["token"], "verify-otp", code=code)).status_code == 200


async def test_when_the_gateway_is_gone_mail_can_be_turned_on(sqlite_url: str, tmp_path: Path) -> None:
    async with texting_world(sqlite_url, tmp_path) as (world, phones):
        ada = await sign_up(world)
        await turn_on_texts(ada, phones)
        token = ada.token
    async with world_over(sqlite_url, otp_fallback="off") as world:
        ada = Person(world, ada.email, await world.bearer(token), token)
        await ada.enable(method="otp")
        await ada.post("/two-factor/verify-otp", code=await world.mailbox.code_for(ada.email))

        assert (await ada.sign_in()).json()["twoFactorMethods"] == ["otp", "backup-code"]


async def test_texts_are_sent_as_seldom_as_mail(world: World, ada: Person, phones: Phones) -> None:
    """An attacker with the password must not run up a bill: three at once, one every 30 seconds, ten in an hour."""
    for number in (NUMBER, OTHER_NUMBER, NUMBER):
        assert (await enable_number(ada, number)).status_code == 200
    waits = await enable_number(ada)
    again = await ada.post("/two-factor/send-otp")
    sent = 3
    while (answer := await _later(world, ada)).status_code == 200:
        sent += 1

    assert (waits.status_code, waits.json()["code"]) == (429, "TOO_MANY_REQUESTS")
    assert again.status_code == 429
    assert sent == 10
    assert int(answer.headers["retry-after"]) > 3000
    await phones.code_on(NUMBER, nth=9)
    assert len(phones.texts) == 10


async def _later(world: World, who: Person) -> httpx.Response:
    world.clock.advance(31)
    return await enable_number(who)


async def test_typing_the_codes_in_brings_no_more_of_them(world: World, ada: Person, phones: Phones) -> None:
    """Toll fraud: the attacker's own premium-rate number, and an account in which they enter every code."""
    await turn_on_texts(ada, phones)
    sent = 1
    while (await ada.post("/two-factor/send-otp")).status_code == 200:
        sent += 1
        code = await phones.code_on(NUMBER, nth=sent)
        assert (await ada.post("/two-factor/verify-otp", code=code)).status_code == 200
        world.clock.advance(31)

    assert sent == 10


async def test_without_a_gateway_a_number_is_refused_in_plain_words(sqlite_url: str) -> None:
    async with world_over(sqlite_url) as world:
        ada = await sign_up(world)
        refused = await enable_number(ada)

        assert (refused.status_code, refused.json()["code"]) == (400, "VALIDATION_ERROR")
        assert "does not send text messages" in refused.json()["message"]
        assert (await status(ada))["pendingEnrolment"] is None


NO_NUMBERS = (
    "015112345678",
    "4915112345678",
    "+0915112345678",
    "+49 151 12345678",
    "+49151123456789012",
    "+12345",
    "+4915112345678\n",
    "+٤٩١٥١١٢٣٤٥٦٧٨",
    "+49151/../../12",
    "",
    4915112345678,
)


async def test_what_is_no_number_is_refused_and_begins_nothing(sqlite_url: str, tmp_path: Path) -> None:
    async with texting_world(sqlite_url, tmp_path) as (world, phones):
        ada = await sign_up(world)
        answers = [await ada.enable(method="otp", phoneNumber=number) for number in NO_NUMBERS]
        answers += [await ada.enable(phoneNumber=NUMBER), await ada.enable(method="totp", phoneNumber=NUMBER)]

        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {
            (400, "VALIDATION_ERROR")
        }
        assert (await status(ada))["pendingEnrolment"] is None
    assert phones.texts == []
