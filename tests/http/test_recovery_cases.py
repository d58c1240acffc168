"""Recovery when every second factor is lost: password and mailbox, a waiting time, and everything that cancels it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from athena_auth.audit.model import EventName
from athena_auth.delivery.model import MessageKind
from support.dump import fetch_all
from support.links import reset_token
from support.passkey_user import code_of, sign_in, with_passkey
from support.person import Person
from support.recovery import (
    DAY,
    complete,
    due_case,
    factors_are_on,
    open_case,
    post,
    recovering_person,
    request_case,
    token_of,
    wait,
)
from support.world import World, world_over

NEW = "another long sentence of mine"


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with world_over(database_url, recovery="on", otp_fallback="off") as running:
        yield running


@pytest_asyncio.fixture
async def ada(world: World) -> Person:
    return await recovering_person(world)


async def events(world: World) -> list[str]:
    await world.delivered()
    rows = await fetch_all(
        world.database_url, "SELECT event FROM athena_audit WHERE event LIKE '%recovery%' ORDER BY id"
    )
    return [str(row[0]) for row in rows]


async def test_the_factors_are_removed_after_the_waiting_time(world: World, ada: Person) -> None:
    token = await due_case(ada)

    answer = await complete(ada, token)

    assert answer.json()["enrolmentRequired"] is True, answer.text
    assert not await factors_are_on(ada)
    assert await ada.session() is None, "every session ended"
    assert await events(world) == [
        EventName.RECOVERY_REQUESTED,
        EventName.RECOVERY_OPENED,
        EventName.FACTORS_RECOVERED,
    ]
    kinds = [kind for kind in world.mailbox.kinds_for(ada.email) if "recover" in kind]
    assert kinds == [
        MessageKind.RECOVERY_REQUESTED,
        MessageKind.RECOVERY_OPENED,
        MessageKind.RECOVERY_WAITING,
        MessageKind.RECOVERY_WAITING,
        MessageKind.RECOVERY_DUE,
        MessageKind.FACTORS_RECOVERED,
    ]


@pytest.mark.parametrize("policy", ["off", "all"])
async def test_after_a_recovery_every_sign_in_can_only_enrol(database_url: str, policy: str) -> None:
    async with world_over(database_url, recovery="on", require_second_factor=policy) as world:
        ada = await recovering_person(world)
        recovered = await complete(ada, await due_case(ada))
        again = await ada.sign_in()

        for answer in (recovered, again):
            assert answer.json()["enrolmentRequired"] is True
            assert answer.json()["token"] is None
            token = await world.bearer(answer.json()["enrolmentToken"])
            assert (await token.get("/get-session")).json() is None


async def test_enrolling_a_factor_completes_the_sign_in_and_the_recovery(world: World, ada: Person) -> None:
    recovered = await complete(ada, await due_case(ada))
    ada.client = await world.bearer(recovered.json()["enrolmentToken"])
    await ada.enable()

    confirmed = await ada.post("/two-factor/verify-totp", code=ada.code())

    assert confirmed.status_code == 200, confirmed.text
    ada.client = await world.bearer(confirmed.json()["token"])
    assert (await ada.session())["user"]["twoFactorEnabled"] is True
    assert await factors_are_on(ada)
    world.clock.advance(60)
    await ada.post("/two-factor/disable", password=ada.password, code=ada.code())
    assert (await ada.sign_in()).json()["token"], "an owner who has had a factor since may turn it off"


async def test_the_answer_and_the_mail_say_when_the_waiting_time_ends(world: World, ada: Person) -> None:
    now = world.clock.now()

    opened = await post(world, "open", token=await request_case(ada))

    assert opened.json()["status"] is True
    mail = await world.mailbox.message_for(ada.email, MessageKind.RECOVERY_OPENED)
    assert mail.due_at == now + 3 * DAY * 1000
    assert opened.json()["dueAt"].endswith("Z")


async def test_nothing_is_removed_before_the_waiting_time_is_over(world: World, ada: Person) -> None:
    await open_case(ada)
    await wait(world, 2)

    for kind in (MessageKind.RECOVERY_OPENED, MessageKind.RECOVERY_WAITING):
        refused = await complete(ada, await token_of(ada, kind))
        assert refused.json()["code"] == "INVALID_TOKEN", "a link that cancels does nothing else"
    assert MessageKind.RECOVERY_DUE not in world.mailbox.kinds_for(ada.email)
    assert await factors_are_on(ada)


@pytest.mark.parametrize("days", [1, 14])
async def test_the_waiting_time_is_a_setting(sqlite_url: str, days: int) -> None:
    async with world_over(sqlite_url, recovery="on", recovery_days=days) as world:
        ada = await recovering_person(world)
        await open_case(ada)
        await wait(world, days - 1)
        assert MessageKind.RECOVERY_DUE not in world.mailbox.kinds_for(ada.email)
        await wait(world, 1)

        answer = await complete(ada, await token_of(ada, MessageKind.RECOVERY_DUE))

        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "kind", [MessageKind.RECOVERY_OPENED, MessageKind.RECOVERY_WAITING, MessageKind.RECOVERY_DUE]
)
async def test_the_link_of_every_mail_cancels(world: World, ada: Person, kind: MessageKind) -> None:
    completes = await due_case(ada)

    cancelled = await post(world, "cancel", token=await token_of(ada, kind))

    assert cancelled.json() == {"status": True}
    assert (await complete(ada, completes)).json()["code"] == "RECOVERY_ENDED"
    again = await post(world, "cancel", token=completes)
    assert again.json()["code"] == "RECOVERY_ENDED"
    assert await factors_are_on(ada)
    assert await ada.session() is not None, "cancelling is all that the link does"
    await world.mailbox.message_for(ada.email, MessageKind.RECOVERY_ENDED)
    assert (await events(world)).count(EventName.RECOVERY_CANCELLED) == 1


async def test_a_sign_in_with_a_factor_cancels(world: World, ada: Person) -> None:
    token = await due_case(ada)

    signed_in = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())

    assert signed_in.status_code == 200
    assert (await complete(ada, token)).json()["code"] == "RECOVERY_ENDED"
    await world.mailbox.message_for(ada.email, MessageKind.RECOVERY_ENDED)


async def test_a_factor_that_is_verified_in_a_session_cancels(world: World, ada: Person) -> None:
    token = await due_case(ada)

    await ada.step_up()

    assert (await complete(ada, token)).json()["code"] == "RECOVERY_ENDED"


async def test_a_sign_in_with_a_passkey_alone_cancels(world: World, ada: Person) -> None:
    device = await with_passkey(ada, code=ada.code())
    world.clock.advance(60)
    token = await due_case(ada)

    signed_in = await sign_in(await world.browser(), device)

    assert signed_in.status_code == 200, signed_in.text
    assert (await complete(ada, token)).json()["code"] == "RECOVERY_ENDED"


async def test_a_recovery_removes_the_passkeys_too(world: World, ada: Person) -> None:
    device = await with_passkey(ada, code=ada.code())
    world.clock.advance(60)
    assert (await complete(ada, await due_case(ada))).status_code == 200

    refused = await sign_in(await world.browser(), device)

    assert code_of(refused) == "PASSKEY_NOT_FOUND"


async def test_a_wrong_code_cancels_nothing(world: World, ada: Person) -> None:
    token = await due_case(ada)

    await ada.answer(await ada.challenge(), "verify-totp", code="000000")

    assert (await complete(ada, token)).status_code == 200


async def test_a_change_of_password_cancels_and_a_new_case_has_to_wait(world: World, ada: Person) -> None:
    await open_case(ada)
    await ada.step_up()
    assert (await ada.change_password(NEW)).status_code == 200
    await wait(world, 3)

    assert MessageKind.RECOVERY_DUE not in world.mailbox.kinds_for(ada.email)
    refused = await post(world, "open", token=await request_case(ada, nth=2))
    assert refused.json()["code"] == "RECOVERY_TOO_SOON"


async def test_a_case_is_opened_once_in_thirty_days(world: World, ada: Person) -> None:
    await open_case(ada)
    await post(world, "cancel", token=await token_of(ada, MessageKind.RECOVERY_OPENED))
    world.clock.advance(30 * DAY - 120)
    token = await request_case(ada, nth=2)
    assert (await post(world, "open", token=token)).json()["code"] == "RECOVERY_TOO_SOON"

    world.clock.advance(180)

    assert (await post(world, "open", token=token)).status_code == 200, "a refusal does not use the link up"
    assert (await events(world)).count(EventName.RECOVERY_REFUSED) == 1


async def test_an_account_has_one_open_case(world: World, ada: Person) -> None:
    first, second = await request_case(ada), await request_case(ada, nth=2)
    assert (await post(world, "open", token=first)).status_code == 200

    assert (await post(world, "open", token=first)).json()["code"] == "INVALID_TOKEN"
    refused = await post(world, "open", token=second)

    assert (refused.status_code, refused.json()["code"]) == (409, "RECOVERY_ALREADY_OPEN")


async def test_a_case_that_is_not_completed_in_a_week_ends(world: World, ada: Person) -> None:
    token = await due_case(ada)
    await wait(world, 7)

    assert (await complete(ada, token)).json()["code"] == "INVALID_TOKEN"
    await world.mailbox.message_for(ada.email, MessageKind.RECOVERY_ENDED)
    assert (await events(world))[-1] == EventName.RECOVERY_EXPIRED
    assert await factors_are_on(ada)


async def test_a_link_completes_for_a_day_and_the_next_mail_has_another(world: World, ada: Person) -> None:
    first = await due_case(ada)
    await wait(world, 1)

    assert (await complete(ada, first)).json()["code"] == "INVALID_TOKEN"
    second = await token_of(ada, MessageKind.RECOVERY_DUE, nth=2)
    assert (await complete(ada, second)).status_code == 200


async def test_a_case_is_completed_once(world: World, ada: Person) -> None:
    token = await due_case(ada)
    assert (await complete(ada, token)).status_code == 200

    assert (await complete(ada, token)).json()["code"] == "INVALID_TOKEN"


async def test_completing_needs_the_password(world: World, ada: Person) -> None:
    token = await due_case(ada)

    refused = await post(world, "complete", token=token, password="not the password")

    assert (refused.status_code, refused.json()["code"]) == (401, "INVALID_EMAIL_OR_PASSWORD")
    assert await factors_are_on(ada)


async def test_a_session_or_a_dead_challenge_begins_nothing(world: World, ada: Person) -> None:
    by_session = await ada.post("/two-factor/recovery/begin")
    dead = await ada.answer("2fa_no-such-challenge", "recovery/begin")
    exhausted = await ada.challenge()
    for _ in range(5):
        await ada.answer(exhausted, "verify-totp", code="000000")
    used_up = await ada.answer(exhausted, "recovery/begin")

    assert [each.json()["code"] for each in (by_session, dead, used_up)] == [
        "INVALID_TWO_FACTOR_COOKIE",
        "INVALID_TWO_FACTOR_COOKIE",
        "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE",
    ]
    assert MessageKind.RECOVERY_REQUESTED not in world.mailbox.kinds_for(ada.email)


async def test_the_mails_with_the_link_are_limited(world: World, ada: Person) -> None:
    challenge = await ada.challenge()

    answers = [await ada.answer(challenge, "recovery/begin") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]


async def test_a_changed_password_ends_the_link_that_opens_a_case(world: World, ada: Person) -> None:
    token = await request_case(ada)
    await ada.step_up()
    await ada.change_password(NEW)

    assert (await post(world, "open", token=token)).json()["code"] == "INVALID_TOKEN"


async def test_a_link_that_opens_a_case_expires(world: World, ada: Person) -> None:
    token = await request_case(ada)
    world.clock.advance(1801)

    assert (await post(world, "open", token=token)).json()["code"] == "INVALID_TOKEN"


async def test_it_is_off_by_default(database_url: str) -> None:
    async with world_over(database_url) as world:
        ada = await recovering_person(world)

        asked = await ada.answer(await ada.challenge(), "recovery/begin")
        opened = await post(world, "open", token="any")
        completed = await post(world, "complete", token="any", password=ada.password)

        codes = {each.json()["code"] for each in (asked, opened, completed)}
        assert codes == {"RECOVERY_NOT_OFFERED"}
        assert asked.status_code == 403


async def test_turning_it_off_ends_the_cases_that_are_open(database_url: str) -> None:
    async with world_over(database_url, recovery="on") as world:
        ada = await recovering_person(world)
        token = await due_case(ada)
        await world.delivered()
        instant = world.clock.now()
    async with world_over(database_url) as world:
        world.clock.advance((instant - world.clock.now()) / 1000)
        refused = await post(world, "complete", token=token, password=ada.password)
        await wait(world, 1)
        await world.mailbox.message_for(ada.email, MessageKind.RECOVERY_ENDED)

        assert refused.json()["code"] == "RECOVERY_NOT_OFFERED"


async def test_a_case_does_not_outlive_a_reset_of_the_password(world: World, ada: Person) -> None:
    token = await due_case(ada)
    client = await world.client()
    body = {"token": await reset_token(world, ada.email), "newPassword": NEW}
    assert (await client.post("/reset-password", json=body)).status_code == 200
    ada.password = NEW

    assert (await complete(ada, token)).json()["code"] == "INVALID_TOKEN"
    assert await factors_are_on(ada)
