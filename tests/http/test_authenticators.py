"""Several authenticators of an account: added, renamed, suspended, resumed and removed one by one."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from athena_auth.crypto import totp
from athena_auth.delivery.model import MessageKind
from support.apps import add_app, begin_app, first_app, listed
from support.dump import dump, fetch_all
from support.person import Person, sign_up
from support.texts import NUMBER, texting_world
from support.world import World, world_over

CHANGES = ("remove", "suspend", "resume")


async def change(person: Person, what: str, authenticator_id: str) -> tuple[int, str | None]:
    answer = await person.post(f"/two-factor/{what}-authenticator", id=authenticator_id)
    return answer.status_code, answer.json().get("code")


async def sign_in_status(person: Person, code: str) -> int:
    return (await person.answer(await person.challenge(), "verify-totp", code=code)).status_code


async def test_codes_of_each_app_complete_a_sign_in(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    work = await add_app(ada, "Work phone")

    assert await sign_in_status(ada, ada.code()) == 200
    assert await sign_in_status(ada, work.code()) == 200
    assert await sign_in_status(ada, work.code()) == 401


async def test_each_has_a_name_and_its_own_last_use(world: World, ada: Person) -> None:
    await ada.enable(label="Private phone")
    await ada.post("/two-factor/verify-totp", code=ada.code())
    world.clock.advance(60)
    work = await add_app(ada, "Work phone")
    before = await listed(ada)
    await sign_in_status(ada, work.code())

    after = await listed(ada)

    assert [(each["factor"], each["label"], each["suspended"]) for each in after] == [
        ("totp", "Private phone", False),
        ("totp", "Work phone", False),
    ]
    assert after[0] == before[0]
    assert after[1]["lastUsedAt"] > before[1]["lastUsedAt"]
    status = (await ada.client.get("/two-factor/status")).json()
    assert status["authenticatorApps"] == 2


async def test_an_app_is_pending_until_its_code_confirms_it(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    app = await begin_app(ada)

    assert await sign_in_status(ada, app.code()) == 401
    assert len(await listed(ada)) == 1


async def test_the_backup_codes_stay(world: World, ada: Person) -> None:
    """Those of an enrolment that was given up became active with the added app."""
    await ada.turn_on_totp()
    own = ada.backup_codes
    phone = ada.phone
    await ada.enable()
    given_up = ada.backup_codes
    ada.phone = phone
    await add_app(ada)

    for code, status in ((given_up[0], 401), (own[0], 200)):
        answer = await ada.answer(await ada.challenge(), "verify-backup-code", code=code)
        assert answer.status_code == status, answer.text


async def test_enable_replaces_all_apps(world: World, ada: Person) -> None:
    """A client that knows of one app only asks for a new secret: no other may stay valid without it being shown."""
    await ada.turn_on_totp()
    old = await first_app(ada)
    work = await add_app(ada)
    asleep = await add_app(ada)
    assert await change(ada, "suspend", asleep.id) == (200, None)
    await ada.step_up()

    await ada.turn_on_totp()

    assert len(await listed(ada)) == 1
    for app in (old, work):
        assert await sign_in_status(ada, app.code()) == 401
    world.clock.advance(600)
    assert await sign_in_status(ada, ada.code()) == 200


async def test_the_first_factor_is_not_added_but_enabled(ada: Person) -> None:
    answer = await ada.post("/two-factor/add-authenticator", password=ada.password)

    assert (answer.status_code, answer.json()["code"]) == (400, "TWO_FACTOR_NOT_ENABLED")


async def test_an_app_is_added_to_codes_by_mail(world: World, ada: Person) -> None:
    await ada.enable(method="otp")
    await ada.post("/two-factor/verify-otp", code=await world.mailbox.code_for(ada.email))
    world.clock.advance(1)
    await add_app(ada, "Phone")

    assert [each["factor"] for each in await listed(ada)] == ["otp", "totp"]
    assert (await ada.sign_in()).json()["twoFactorMethods"] == ["totp", "otp", "backup-code"]


async def test_there_are_at_most_ten(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    apps = [await add_app(ada, f"App {number}") for number in range(9)]
    app = apps[-1]
    assert await change(ada, "suspend", app.id) == (200, None)

    eleventh = await ada.post("/two-factor/add-authenticator", password=ada.password)

    assert (eleventh.status_code, eleventh.json()["code"]) == (400, "TOO_MANY_AUTHENTICATORS")
    assert await change(ada, "remove", app.id) == (200, None)
    await add_app(ada)


async def test_a_name_is_changed(ada: Person) -> None:
    await ada.turn_on_totp()
    app = await first_app(ada)

    renamed = await ada.post("/two-factor/rename-authenticator", id=app.id, label="Old phone")

    assert renamed.json() == {"status": True}
    assert [each["label"] for each in await listed(ada)] == ["Old phone"]


@pytest.mark.parametrize("label", ["", "x" * 65, "two\nlines", "\x00"])
async def test_a_name_is_one_line(ada: Person, label: str) -> None:
    await ada.turn_on_totp()
    app = await first_app(ada)

    refused = await ada.post("/two-factor/rename-authenticator", id=app.id, label=label)

    assert (refused.status_code, refused.json()["code"]) == (400, "VALIDATION_ERROR")


async def test_a_removed_app_verifies_nothing(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    lost = await add_app(ada, "Lost phone")
    browser = await world.browser()
    await ada.sign_in(browser)
    trusted = await browser.post("/two-factor/verify-totp", json={"code": lost.code(), "trustDevice": True})
    assert trusted.status_code == 200
    begun = await ada.challenge()

    assert await change(ada, "remove", lost.id) == (200, None)

    assert len(await listed(ada)) == 1
    assert (await browser.get("/get-session")).json() is None
    assert (await ada.sign_in(browser)).json()["twoFactorRedirect"] is True
    assert (await ada.answer(begun, "verify-totp", code=ada.code())).status_code == 401
    assert await sign_in_status(ada, lost.code(1)) == 401
    await world.mailbox.message_for(ada.email, MessageKind.AUTHENTICATOR_REMOVED)


async def test_a_suspended_app_verifies_nothing_until_it_is_resumed(world: World, ada: Person) -> None:
    """ "Left my phone at home": what is left is the app of the work phone."""
    await ada.turn_on_totp()
    work = await add_app(ada, "Work phone")
    home = await first_app(ada)

    assert await change(ada, "suspend", home.id) == (200, None)
    assert await change(ada, "suspend", home.id) == (200, None)
    assert [each["suspended"] for each in await listed(ada)] == [True, False]
    assert await sign_in_status(ada, home.code()) == 401
    assert (await ada.post("/two-factor/verify-totp", code=home.code())).status_code == 401
    assert (await ada.client.get("/two-factor/status")).json()["authenticatorApps"] == 1
    await world.mailbox.message_for(ada.email, MessageKind.AUTHENTICATOR_SUSPENDED)

    assert await change(ada, "resume", home.id) == (200, None)
    assert await sign_in_status(ada, home.code()) == 200
    await world.mailbox.message_for(ada.email, MessageKind.AUTHENTICATOR_RESUMED)
    assert await sign_in_status(ada, work.code()) == 200


async def test_suspending_it_again_ends_nothing(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    work = await add_app(ada, "Work phone")
    assert await change(ada, "suspend", work.id) == (200, None)
    answer = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())
    other = await world.bearer(answer.json()["token"])

    assert await change(ada, "suspend", work.id) == (200, None)

    assert (await other.get("/get-session")).json() is not None


async def test_a_suspended_factor_is_not_offered(world: World, ada: Person) -> None:
    await ada.enable(method="otp")
    await ada.post("/two-factor/verify-otp", code=await world.mailbox.code_for(ada.email))
    app = await add_app(ada)

    assert await change(ada, "suspend", app.id) == (200, None)

    assert (await ada.sign_in()).json()["twoFactorMethods"] == ["otp", "backup-code"]


@pytest.mark.parametrize("what", ["remove", "suspend"])
async def test_the_last_usable_one_stays(world: World, ada: Person, what: str) -> None:
    """Codes by mail that nobody has enrolled do not replace it, and neither do backup codes nor a suspended app."""
    await ada.turn_on_totp()
    last = await first_app(ada)
    asleep = await add_app(ada)
    assert await change(ada, "suspend", asleep.id) == (200, None)
    await world.delivered()
    before = await dump(world.database_url)

    assert await change(ada, what, last.id) == (400, "LAST_AUTHENTICATOR")

    assert await dump(world.database_url) == before


async def test_a_phone_number_that_no_gateway_reaches_is_not_usable(
    database_url: str, tmp_path: Path
) -> None:
    async with texting_world(database_url, tmp_path) as (world, phones):
        ada = await sign_up(world)
        await ada.enable(method="otp", phoneNumber=NUMBER)
        await ada.post("/two-factor/verify-otp", code=await phones.code_on(NUMBER))
        app = await add_app(ada)
    async with world_over(database_url) as without_gateway:
        ada = Person(without_gateway, ada.email, await without_gateway.bearer(ada.token), ada.token)

        assert await change(ada, "remove", app.id) == (400, "LAST_AUTHENTICATOR")


@pytest.mark.parametrize("what", CHANGES)
async def test_only_the_account_s_own_are_found(world: World, ada: Person, what: str) -> None:
    await ada.turn_on_totp()
    eve = await sign_up(world, "eve@example.com", "Eve")
    await eve.turn_on_totp()
    other = await add_app(eve)
    await ada.step_up()
    pending = await begin_app(ada)

    for unknown in (other.id, pending.id, "no-such-id", ""):
        assert await change(ada, what, unknown) == (404, "AUTHENTICATOR_NOT_FOUND")
    renamed = await ada.post("/two-factor/rename-authenticator", id=other.id, label="Mine")
    assert (renamed.status_code, renamed.json()["code"]) == (404, "AUTHENTICATOR_NOT_FOUND")


@pytest.mark.parametrize("relaxed", [False, True])
@pytest.mark.parametrize("what", CHANGES)
async def test_a_stolen_session_changes_nothing(sqlite_url: str, what: str, *, relaxed: bool) -> None:
    async with world_over(sqlite_url, step_up="password" if relaxed else "second-factor") as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        app = await add_app(ada)
        world.clock.advance(11 * 60)

        assert await change(ada, what, app.id) == (403, "STEP_UP_REQUIRED")
        answer = await ada.post(f"/two-factor/{what}-authenticator", id=app.id, code=ada.code())
        assert answer.status_code == 200, answer.text


async def test_adding_needs_the_password_and_a_fresh_factor(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    wrong = await ada.post("/two-factor/add-authenticator", password="not the password")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "INVALID_PASSWORD")
    world.clock.advance(11 * 60)

    stale = await ada.post("/two-factor/add-authenticator", password=ada.password)

    assert (stale.status_code, stale.json()["code"]) == (403, "STEP_UP_REQUIRED")


async def test_the_audit_log_says_which_one_it_was(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    first, work = await first_app(ada), await add_app(ada)
    await sign_in_status(ada, work.code())
    await sign_in_status(ada, ada.code())
    await change(ada, "suspend", work.id)
    await change(ada, "resume", work.id)
    await change(ada, "remove", first.id)

    rows = await fetch_all(
        world.database_url,
        "SELECT event, authenticator_id FROM athena_audit WHERE authenticator_id IS NOT NULL ORDER BY id",
    )

    assert [tuple(row) for row in rows] == [
        ("step-up:totp:accepted", first.id),
        ("account:factor:staged", work.id),
        ("step-up:totp:accepted", work.id),
        ("second-step:totp:accepted", work.id),
        ("second-step:totp:accepted", first.id),
        ("account:authenticator:suspended", work.id),
        ("account:authenticator:resumed", work.id),
        ("account:authenticator:removed", first.id),
    ]


async def test_the_secret_that_is_shown_again_is_that_of_the_newest_app(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    work = await add_app(ada)

    shown = await ada.post("/two-factor/get-totp-uri", password=ada.password)

    assert work.secret.secret in shown.json()["totpURI"]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(min_value=-1, max_value=1), st.integers(min_value=0, max_value=45)),
        min_size=1,
        max_size=6,
    )
)
async def test_a_code_is_accepted_once_even_if_two_apps_show_it(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, attempts: list[tuple[int, int]]
) -> None:
    """Two apps have the same secret here, so that each code is one of both."""
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("apps") / "athena.db")
    async with world_over(f"sqlite:///{path}") as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        secret = (await first_app(ada)).secret.byte_secret()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(totp, "new_secret", lambda _algorithm: secret)
            app = await add_app(ada)
        accepted: list[str] = []
        for steps, wait in attempts:
            world.clock.advance(wait)
            code = app.code(steps)
            if await sign_in_status(ada, code) == 200:
                accepted.append(code)

        assert len(accepted) == len(set(accepted))
