"""The assurance of a session, and the actions that require a fresh verification."""

from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

NEW = "another long sentence of mine"


async def test_a_session_shows_its_assurance(world: World, ada: Person) -> None:
    session = (await ada.session())["session"]
    assert (session["level"], session["amr"]) == (1, ["pwd"])

    await ada.turn_on_totp()

    raised = (await ada.session())["session"]
    assert (raised["level"], raised["amr"]) == (2, ["pwd", "otp"])
    assert raised["provenAt"] >= session["provenAt"]
    listed = (await ada.client.get("/list-sessions")).json()
    assert [each["level"] for each in listed] == [2]


async def test_a_trusted_device_stands_in_and_says_so(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
    await browser.post("/sign-out")

    await ada.sign_in(browser)

    session = (await browser.get("/get-session")).json()["session"]
    assert (session["level"], session["amr"]) == (2, ["pwd", "device"])


async def test_turning_it_off_takes_the_second_factor(database_url: str) -> None:
    """GHSA-8g9r-9wjw-37j4: an attacker with the password and a session removed the second factor."""
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        world.clock.advance(601)

        stale = await ada.post("/two-factor/disable", password=PASSWORD)
        assert (stale.status_code, stale.json()["code"]) == (403, "STEP_UP_REQUIRED")
        assert (await ada.session())["user"]["twoFactorEnabled"] is True

        assert (await ada.post("/two-factor/verify-totp", code=ada.code())).status_code == 200
        assert (await ada.post("/two-factor/disable", password="a wrong one")).status_code == 400
        assert (await ada.post("/two-factor/disable", password=PASSWORD)).status_code == 200


async def test_a_trusted_device_is_not_the_factor_itself(database_url: str) -> None:
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        browser = await world.browser()
        await ada.sign_in(browser)
        await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
        await browser.post("/sign-out")
        await ada.sign_in(browser)

        refused = await browser.post("/two-factor/disable", json={"password": PASSWORD})

        assert refused.json()["code"] == "STEP_UP_REQUIRED"


async def test_a_pending_enrolment_can_be_cancelled_without_a_factor(database_url: str) -> None:
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        await ada.enable()
        world.clock.advance(601)

        assert (await ada.post("/two-factor/disable", password=PASSWORD)).status_code == 200


async def test_a_new_password_ends_the_other_sessions(world: World, ada: Person) -> None:
    elsewhere = (await ada.sign_in()).json()["token"]

    await ada.change_password(NEW)

    assert (await (await world.bearer(elsewhere)).get("/get-session")).json() is None
    assert await ada.session() is not None


async def test_other_sessions_live_on_when_the_owner_says_so(world: World, ada: Person) -> None:
    elsewhere = (await ada.sign_in()).json()["token"]
    await ada.turn_on_totp()
    elsewhere = (await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())).json()["token"]
    waiting = await ada.challenge()

    changed = await ada.change_password(NEW, revokeOtherSessions=False)

    assert changed.status_code == 200
    assert (await (await world.bearer(elsewhere)).get("/get-session")).json() is not None
    world.clock.advance(60)
    assert (await ada.answer(waiting, "verify-totp", code=ada.code())).status_code == 401, "sign-ins end"


async def test_deleting_the_account_takes_a_fresh_verification(world: World, ada: Person) -> None:
    world.clock.advance(601)
    assert (await ada.post("/delete-user")).json()["code"] == "SESSION_EXPIRED"
    assert (await ada.post("/delete-user", password="a wrong one")).status_code == 400
    assert (await ada.post("/delete-user", password=PASSWORD)).status_code == 200
