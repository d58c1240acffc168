"""I6: active factors stay active until their successor is verified."""

from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over


async def test_enabling_twice_keeps_the_old_phone_until_the_new_one_is_confirmed(ada: Person) -> None:
    """better-auth 10923: a user who opened the page again and closed it was locked out."""
    await ada.turn_on_totp()
    old_phone, old_codes = ada.phone, ada.backup_codes
    await ada.enable()
    new_phone = ada.phone

    ada.phone = new_phone
    refused = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())
    ada.phone = old_phone
    passed = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())
    by_old_code = await ada.answer(await ada.challenge(), "verify-backup-code", code=old_codes[0])
    by_new_code = await ada.answer(await ada.challenge(), "verify-backup-code", code=ada.backup_codes[0])

    assert (refused.status_code, passed.status_code) == (401, 200)
    assert (by_old_code.status_code, by_new_code.status_code) == (200, 401)


async def test_the_new_phone_replaces_the_old_one_when_it_is_confirmed(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    old_phone = ada.phone
    await ada.enable()
    new_phone = ada.phone
    assert (await ada.post("/two-factor/verify-totp", code=ada.code())).status_code == 200
    world.clock.advance(60)

    ada.phone = old_phone
    refused = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())
    ada.phone = new_phone
    passed = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())

    assert (refused.status_code, passed.status_code) == (401, 200)


async def test_only_the_last_of_two_pending_secrets_can_be_confirmed(ada: Person) -> None:
    """CVE-2022-42731: the confirmation of an enrolment could be replayed to add a second authenticator."""
    await ada.enable()
    first = ada.phone
    await ada.enable()
    second = ada.phone

    ada.phone = first
    assert (await ada.post("/two-factor/verify-totp", code=ada.code())).status_code == 401
    ada.phone = second
    assert (await ada.post("/two-factor/verify-totp", code=ada.code())).status_code == 200


async def test_a_pending_secret_signs_nobody_in(ada: Person) -> None:
    await ada.enable()

    assert "user" in (await ada.sign_in()).json()


async def test_an_enrolment_is_forgotten_after_twenty_minutes(world: World, ada: Person) -> None:
    """NIST SP 800-63B-4 section 4.1: after that the password is required again."""
    await ada.enable()
    world.clock.advance(20 * 60 + 1)

    late = await ada.post("/two-factor/verify-totp", code=ada.code())

    assert (late.status_code, late.json()["code"]) == (400, "TOTP_NOT_ENABLED")
    assert (await ada.session())["user"]["twoFactorEnabled"] is False


async def test_disable_also_drops_an_enrolment_under_way(ada: Person) -> None:
    await ada.enable()

    await ada.post("/two-factor/disable", password=PASSWORD)

    assert (await ada.post("/two-factor/verify-totp", code=ada.code())).json()["code"] == "TOTP_NOT_ENABLED"


async def test_a_code_sent_for_a_sign_in_confirms_no_enrolment(database_url: str) -> None:
    """Only the code that was sent for the enrolment, in the session that gave the password, turns the factor on."""
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        await ada.enable(method="otp")
        await world.mailbox.code_for(ada.email)
        challenge = await ada.challenge()
        await ada.answer(challenge, "send-otp")
        code = await world.mailbox.code_for(ada.email, nth=2)
        assert (await ada.answer(challenge, "verify-otp", code=code)).status_code == 200

    async with world_over(database_url, otp_fallback="off") as world:
        due = await (await world.client()).post(
            "/sign-in/email", json={"email": ada.email, "password": PASSWORD}
        )
    assert due.json()["twoFactorMethods"] == ["totp", "backup-code"]


async def test_with_the_fallback_off_codes_by_mail_need_an_enrolment(sqlite_url: str) -> None:
    async with world_over(sqlite_url, otp_fallback="off") as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        challenge = await ada.challenge()
        refused = await ada.answer(challenge, "send-otp")
        in_session = await ada.post("/two-factor/send-otp")

    assert refused.json()["code"] == in_session.json()["code"] == "OTP_NOT_CONFIGURED"
