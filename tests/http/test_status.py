"""`/two-factor/status`, for settings pages."""

from typing import Any

from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

OFF: dict[str, Any] = {
    "enabled": False,
    "methods": [],
    "preferredMethod": None,
    "backupCodesLeft": 0,
    "trustedDevices": 0,
    "pendingEnrolment": None,
    "phoneNumber": None,
    "authenticatorApps": 0,
    "hasPassword": True,
}


async def status(person: Person) -> dict[str, Any]:
    answer = await person.client.get("/two-factor/status")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_nothing_is_on(ada: Person) -> None:
    assert await status(ada) == OFF


async def test_an_enrolment_waits_and_is_forgotten(world: World, ada: Person) -> None:
    await ada.enable()
    assert await status(ada) == {**OFF, "pendingEnrolment": "totp"}

    world.clock.advance(20 * 60 + 1)

    assert await status(ada) == OFF


async def test_an_enrolment_for_codes_by_mail_waits(ada: Person) -> None:
    await ada.enable(method="otp")

    assert await status(ada) == {**OFF, "pendingEnrolment": "otp"}


async def test_an_authenticator_app_is_preferred(ada: Person) -> None:
    await ada.turn_on_totp()

    assert await status(ada) == {
        "enabled": True,
        "methods": ["totp", "otp", "backup-code"],
        "preferredMethod": "totp",
        "backupCodesLeft": 10,
        "trustedDevices": 0,
        "pendingEnrolment": None,
        "phoneNumber": None,
        "authenticatorApps": 1,
        "hasPassword": True,
    }


async def test_codes_by_mail_alone_are_preferred(world: World, ada: Person) -> None:
    await ada.enable(method="otp")
    await ada.post("/two-factor/verify-otp", code=await world.mailbox.code_for(ada.email))

    found = await status(ada)

    assert (found["methods"], found["preferredMethod"]) == (["otp", "backup-code"], "otp")


async def test_it_offers_what_a_challenge_offers(sqlite_url: str) -> None:
    async with world_over(sqlite_url, otp_fallback="off") as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()

        found = await status(ada)

        assert found["methods"] == ["totp", "backup-code"]
        assert found["methods"] == (await ada.sign_in()).json()["twoFactorMethods"]


async def test_codes_and_devices_are_counted(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    body = {"code": ada.backup_codes[0], "trustDevice": True}
    await browser.post("/two-factor/verify-backup-code", json=body)

    found = await status(ada)

    assert (found["backupCodesLeft"], found["trustedDevices"]) == (9, 1)
    for code in ada.backup_codes[1:]:
        assert (await ada.answer(await ada.challenge(), "verify-backup-code", code=code)).status_code == 200
    spent = await status(ada)
    assert (spent["backupCodesLeft"], spent["methods"]) == (0, ["totp", "otp"])


async def test_a_device_whose_trust_has_run_out_is_not_counted(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
    for _ in range(5):
        assert (await status(ada))["trustedDevices"] == 1
        world.clock.advance(6 * 86_400)

    assert (await status(ada))["trustedDevices"] == 0


async def test_a_new_phone_waits_while_the_old_one_is_on(ada: Person) -> None:
    await ada.turn_on_totp()
    await ada.enable()

    found = await status(ada)

    assert (found["enabled"], found["preferredMethod"], found["pendingEnrolment"]) == (True, "totp", "totp")
    assert found["backupCodesLeft"] == 10


async def test_after_disable_nothing_is_left(ada: Person) -> None:
    await ada.turn_on_totp()
    await ada.post("/two-factor/disable", password=PASSWORD)

    assert await status(ada) == OFF


async def test_it_is_for_the_owner_of_a_session_only(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    challenged = await world.bearer(await ada.challenge())

    for client in (challenged, await world.client()):
        answer = await client.get("/two-factor/status")
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
