"""I8: users are emailed about suspicious activity, once per episode, and no request waits for it."""

import pytest

from athena_auth.delivery.model import MessageKind
from support.person import PASSWORD, Person
from support.world import ORIGIN, World


async def settled(world: World, ada: Person, kind: MessageKind, *, times: int) -> None:
    """Wait until so many have come; then let a later mail come too, so that one more would be here by now."""
    for nth in range(1, times + 1):
        await world.mailbox.message_for(ada.email, kind, nth=nth)
    stranger = await world.client()
    before = world.mailbox.kinds_for(ada.email).count(MessageKind.PASSWORD_RESET)
    await stranger.post("/request-password-reset", json={"email": ada.email})
    await world.mailbox.message_for(ada.email, MessageKind.PASSWORD_RESET, nth=before + 1)
    assert world.mailbox.kinds_for(ada.email).count(kind) == times


async def test_a_wrong_second_factor_after_a_right_password_notifies_the_owner(
    world: World, ada: Person
) -> None:
    await ada.turn_on_totp()
    thief = await world.client(origin=ORIGIN, **{"user-agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"})
    challenge = (await ada.sign_in(thief)).json()["token"]

    await thief.post("/two-factor/verify-totp", json={"code": "000000"})

    mail = await world.mailbox.message_for(ada.email, MessageKind.SECOND_FACTOR_REFUSED)
    assert mail.context is not None
    assert mail.context.at == world.clock.now()
    assert mail.context.address == "127.0.0.1"
    assert "Firefox" in mail.context.user_agent
    assert challenge not in str(mail)


async def test_the_owner_is_notified_once_per_episode(world: World, ada: Person) -> None:
    """An owner who gets an email for each of a hundred attempts reads none of them."""
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    for _ in range(3):
        await ada.answer(challenge, "verify-totp", code="000000")
    await settled(world, ada, MessageKind.SECOND_FACTOR_REFUSED, times=1)

    assert (await ada.answer(challenge, "verify-totp", code=ada.code())).status_code == 200
    await ada.answer(await ada.challenge(), "verify-totp", code="000000")

    await settled(world, ada, MessageKind.SECOND_FACTOR_REFUSED, times=2)


async def test_a_lock_is_notified_once(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    for _ in range(7):
        await ada.answer(challenge, "verify-totp", code="000000")

    await settled(world, ada, MessageKind.ACCOUNT_LOCKED, times=1)


async def test_what_a_wrong_code_in_a_session_is(world: World, ada: Person) -> None:
    """In a session it is a typing error or a stolen session: the lock causes a notification, a single failure does not."""
    await ada.turn_on_totp()
    for _ in range(5):
        await ada.post("/two-factor/verify-totp", code="000000")

    await settled(world, ada, MessageKind.ACCOUNT_LOCKED, times=1)
    assert MessageKind.SECOND_FACTOR_REFUSED not in world.mailbox.kinds_for(ada.email)


async def test_changes_of_factors_notify_the_owner(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    await world.mailbox.message_for(ada.email, MessageKind.FACTOR_ADDED)

    await ada.enable()
    await ada.post("/two-factor/verify-totp", code=ada.code())
    await world.mailbox.message_for(ada.email, MessageKind.FACTOR_REPLACED)

    await ada.post("/two-factor/generate-backup-codes", password=PASSWORD)
    await world.mailbox.message_for(ada.email, MessageKind.BACKUP_CODES_REPLACED)

    await ada.post("/two-factor/disable", password=PASSWORD)
    await world.mailbox.message_for(ada.email, MessageKind.FACTORS_REMOVED)


async def test_new_backup_codes_always_notify_the_owner(world: World, ada: Person) -> None:
    """Asking for codes by mail again, when they are on already, puts a new set into force at once."""
    await ada.post("/two-factor/enable", password=PASSWORD, method="otp")
    code = await world.mailbox.code_for(ada.email)
    await ada.post("/two-factor/verify-otp", code=code)

    again = await ada.post("/two-factor/enable", password=PASSWORD, method="otp")

    assert again.status_code == 200
    await world.mailbox.message_for(ada.email, MessageKind.BACKUP_CODES_REPLACED)


async def test_a_used_backup_code_notifies_with_the_number_left(world: World, ada: Person) -> None:
    await ada.turn_on_totp()

    answer = await ada.answer(await ada.challenge(), "verify-backup-code", code=ada.backup_codes[0])

    mail = await world.mailbox.message_for(ada.email, MessageKind.BACKUP_CODE_USED)
    assert mail.codes_left == answer.json()["backupCodesLeft"] == 9


async def test_the_last_backup_code_says_so(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    answers = [
        await ada.answer(await ada.challenge(), "verify-backup-code", code=code) for code in ada.backup_codes
    ]

    assert [answer.json()["backupCodesLeft"] for answer in answers] == list(range(9, -1, -1))
    assert ["message" in answer.json() for answer in answers] == [False] * 9 + [True]
    assert "generate-backup-codes" in answers[-1].json()["message"]


async def test_a_trusted_device_notifies_the_owner(world: World, ada: Person) -> None:
    await ada.turn_on_totp()

    await ada.answer(await ada.challenge(), "verify-totp", code=ada.code(), trustDevice=True)

    await world.mailbox.message_for(ada.email, MessageKind.DEVICE_TRUSTED)


async def test_a_changed_password_notifies_the_owner(world: World, ada: Person) -> None:
    changed = await ada.post("/change-password", currentPassword=PASSWORD, newPassword="a new long sentence")

    assert changed.status_code == 200
    await world.mailbox.message_for(ada.email, MessageKind.PASSWORD_CHANGED)


async def test_a_dead_mail_server_loses_no_request_and_no_notification(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    await world.delivered()
    before = world.mailbox.kinds_for(ada.email)
    world.mailbox.hold()

    refused = await ada.answer(await ada.challenge(), "verify-totp", code="000000")
    passed = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())

    assert (refused.status_code, passed.status_code) == (401, 200)
    assert world.mailbox.kinds_for(ada.email) == before
    world.mailbox.release()
    await world.mailbox.message_for(ada.email, MessageKind.SECOND_FACTOR_REFUSED)


@pytest.mark.parametrize("method", ["verify-totp", "verify-backup-code"])
async def test_a_right_factor_causes_no_notification(world: World, ada: Person, method: str) -> None:
    await ada.turn_on_totp()
    code = ada.code() if method == "verify-totp" else ada.backup_codes[0]

    await ada.answer(await ada.challenge(), method, code=code)

    assert MessageKind.SECOND_FACTOR_REFUSED not in world.mailbox.kinds_for(ada.email)
