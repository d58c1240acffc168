"""Passkeys on the pages, over HTTP: an authenticator in software answers the options that a page has for the script."""

import json
from typing import Any

import pytest

from support.account_pages import new_account, set_up_app, signed_in
from support.account_pages import use_passkey as use
from support.passkey import Authenticator, base64url
from support.passkey_user import turn_on, with_passkey
from support.person import PASSWORD, Person, sign_up
from support.visitor import Visitor
from support.world import World

NO_PASSKEYS_LEFT = "There are none."


@pytest.fixture
async def visitor(world: World) -> Visitor:
    """Return the browser of a new account without a second factor."""
    return await new_account(world)


async def create(visitor: Visitor, device: Authenticator, **fields: str) -> dict[str, Any]:
    """Make a passkey for the options that the page shows, and send its form."""
    form = visitor.passkey_form
    options: dict[str, Any] = json.loads(form.options)
    await visitor.send_again(form, credential=json.dumps(device.create(options)), **fields)
    return options


async def add(visitor: Visitor, device: Authenticator | None = None) -> Authenticator:
    """Add a passkey to the account."""
    device = device or Authenticator()
    await visitor.open("/security/passkeys/add")
    await create(visitor, device)
    assert visitor.said == "The passkey was added.", visitor.text
    return device


async def sign_in_options(visitor: Visitor) -> dict[str, Any]:
    """Return what the script of the sign-in page asks for."""
    answer = await visitor.client.get(visitor.passkey_form.options_url)
    found: dict[str, Any] = answer.json()
    return found


async def sign_in_with(visitor: Visitor, device: Authenticator) -> int:
    """Choose a passkey on the page of the sign-in."""
    await visitor.open("/sign-in")
    credential = json.dumps(device.get(await sign_in_options(visitor)))
    return (await visitor.send_again(visitor.passkey_form, credential=credential)).status_code


def signals_of(visitor: Visitor) -> dict[str, Any]:
    """Return what the page tells the browser of the account's passkeys."""
    found: dict[str, Any] = json.loads(visitor.background["data-signals"])
    return found


async def test_a_passkey_is_added_listed_renamed_and_removed(visitor: Visitor) -> None:
    await visitor.open("/security")
    await visitor.follow("Set up")
    device = await add(visitor, Authenticator(is_synced=True))
    assert "Synced" in visitor.text
    assert "You can have up to 10." in visitor.text
    assert signals_of(visitor)["allAcceptedCredentialIds"] == [base64url(device.credential_id)]
    assert base64url(device.user_handle) == signals_of(visitor)["userId"]

    await visitor.send("Rename", name="My <phone>")
    assert "My &lt;phone&gt;" in visitor.text
    await visitor.send("Remove")

    assert "The passkey was removed" in visitor.said
    assert NO_PASSKEYS_LEFT in visitor.text
    assert signals_of(visitor)["allAcceptedCredentialIds"] == []


async def test_a_passkey_signs_in_and_leads_on(world: World, visitor: Visitor) -> None:
    device = await add(visitor)
    other = Visitor(await world.visitor())
    await other.open("/sign-in?next=/security/sessions")
    credential = json.dumps(device.get(await sign_in_options(other)))

    await other.send_again(other.passkey_form, credential=credential)

    assert other.path == "/security/sessions"


async def test_a_key_that_does_not_verify_its_user_does_not_sign_in_alone(
    world: World, visitor: Visitor
) -> None:
    device = await add(visitor, Authenticator(verifies_user=False))
    other = Visitor(await world.visitor())

    status = await sign_in_with(other, device)

    assert (status, other.path) == (401, "/sign-in/passkey")
    assert "password" in other.said


async def test_the_browser_is_told_of_a_passkey_that_was_removed(world: World, visitor: Visitor) -> None:
    device = await add(visitor)
    await visitor.send("Remove")
    other = Visitor(await world.visitor())

    status = await sign_in_with(other, device)

    assert status == 404
    assert other.said
    assert json.loads(other.background["data-unknown"]) == {
        "rpId": "localhost",
        "credentialId": base64url(device.credential_id),
    }


@pytest.mark.parametrize("credential", ["", "[]", "null", "{", '{"id": 1}', "[" * 4000, '{"a":' * 4000])
@pytest.mark.parametrize("path", ["/sign-in/passkey", "/security/passkeys/add"])
async def test_a_field_with_anything_else_is_refused(
    world: World, visitor: Visitor, path: str, credential: str
) -> None:
    if path == "/sign-in/passkey":
        visitor = Visitor(await world.visitor())
    await visitor.open("/sign-in" if path == "/sign-in/passkey" else path)

    refused = await visitor.send_again(visitor.passkey_form, credential=credential)

    assert refused.status_code == 400
    assert visitor.said


async def test_turning_two_factor_authentication_on_with_a_new_passkey(
    world: World, visitor: Visitor
) -> None:
    device = Authenticator()
    await visitor.open("/security/passkeys/turn-on")
    assert (await visitor.send("Continue", password="not the password")).status_code == 400
    await visitor.send("Continue", password=PASSWORD)
    form = visitor.passkey_form
    await create(visitor, device)
    assert len(visitor.codes) == 10

    await visitor.send_again(form, credential="{}")
    assert visitor.codes == [], "the codes are shown once"

    await visitor.open("/security")
    assert "Two-factor authentication is on." in visitor.text
    await visitor.open("/security/passkeys/turn-on")
    assert visitor.path == "/security/passkeys/add"


async def test_a_wrong_passkey_begins_the_enrolment_again(visitor: Visitor) -> None:
    await visitor.open("/security/passkeys/turn-on")
    await visitor.send("Continue", password=PASSWORD)
    await create(visitor, Authenticator(origin="https://athena.example.net"))

    assert visitor.codes == []
    assert visitor.said
    assert "data-unknown" in visitor.background
    await visitor.send("Continue", password=PASSWORD)
    await create(visitor, Authenticator())
    assert len(visitor.codes) == 10


async def test_passkeys_that_the_account_has_become_its_second_factor(world: World, visitor: Visitor) -> None:
    await add(visitor)
    await visitor.follow("Turn it on with a passkey")
    await visitor.send("Continue", password=PASSWORD)

    assert len(visitor.codes) == 10


async def second_step(ada: Person) -> Visitor:
    """Enter the password in a new browser."""
    visitor = Visitor(await ada.world.visitor())
    await visitor.open("/sign-in?next=/security/sessions")
    await visitor.send("Sign in", email=ada.email, password=ada.password)
    assert visitor.path == "/second-step"
    return visitor


@pytest.fixture
async def ada(world: World) -> Person:
    return await sign_up(world)


async def test_a_passkey_is_asked_for_first_in_the_second_step(ada: Person) -> None:
    await ada.turn_on_totp()
    device = await with_passkey(ada, Authenticator(verifies_user=False))
    visitor = await second_step(ada)
    assert visitor.link("Use your authenticator app")

    assert await use(visitor, device, trust="true") == 200

    assert visitor.path == "/security/sessions"
    await visitor.open("/security/devices")
    assert "This browser" in visitor.text


async def test_a_refused_passkey_leaves_the_other_ways(ada: Person) -> None:
    await ada.turn_on_totp()
    await with_passkey(ada)
    visitor = await second_step(ada)

    assert await use(visitor, Authenticator()) == 401
    assert visitor.said

    await visitor.follow("Use your authenticator app")
    await visitor.send("Confirm", code=ada.code())
    assert visitor.path == "/security/sessions"


async def test_the_options_of_an_earlier_view_are_refused_and_new_ones_shown(ada: Person) -> None:
    device = await turn_on(ada)
    visitor = await second_step(ada)
    old = visitor.passkey_form
    credential = json.dumps(device.get(json.loads(old.options)))
    await visitor.open("/second-step")

    refused = await visitor.send_again(old, credential=credential)

    assert refused.status_code == 401
    assert await use(visitor, device) == 200


async def test_step_up_with_a_passkey(ada: Person) -> None:
    device = await turn_on(ada)
    visitor = await second_step(ada)
    await use(visitor, device)
    ada.world.clock.advance(660)

    await visitor.open("/security/passkeys/add")
    assert visitor.path == "/step-up"
    await use(visitor, device)

    assert visitor.path == "/security/passkeys/add"


async def test_step_up_is_in_the_session_whatever_sign_in_is_pending(world: World, ada: Person) -> None:
    device = await turn_on(ada)
    visitor = await second_step(ada)
    await use(visitor, device)
    ada.world.clock.advance(660)
    bob = await sign_up(world, email="bob@example.com")
    await turn_on(bob)
    await visitor.client.post("/api/auth/sign-in/email", json={"email": bob.email, "password": bob.password})

    await visitor.open("/step-up?next=/security/devices")
    await use(visitor, device)

    assert visitor.path == "/security/devices"


async def test_without_a_second_factor_an_old_session_signs_in_again(ada: Person) -> None:
    visitor = await signed_in(ada)
    await add(visitor)
    ada.world.clock.advance(660)

    await visitor.open("/security/passkeys/add")
    assert "Sign in again" in visitor.text
    await visitor.open("/security/passkeys")
    await visitor.send("Remove")
    assert "Sign in again" in visitor.text
    await visitor.send("Sign in again")
    await visitor.send("Sign in", email=ada.email, password=ada.password)

    assert visitor.path == "/security/passkeys"
    await visitor.send("Remove")
    assert NO_PASSKEYS_LEFT in visitor.text


async def test_the_last_second_factor_stays(visitor: Visitor) -> None:
    await visitor.open("/security/passkeys/turn-on")
    await visitor.send("Continue", password=PASSWORD)
    await create(visitor, Authenticator())
    await visitor.open("/security/passkeys")

    assert (await visitor.send("Remove")).status_code == 400

    assert visitor.said
    assert NO_PASSKEYS_LEFT not in visitor.text


async def test_ten_are_enough(visitor: Visitor) -> None:
    for _ in range(10):
        await add(visitor)

    assert "Add a passkey" not in visitor.text
    assert (await visitor.open("/security/passkeys/add")).status_code == 400
    assert visitor.said


async def test_an_upgrade_is_due_only_where_the_session_may_add_one(world: World, visitor: Visitor) -> None:
    await visitor.open("/security")
    assert "data-upgrade" in visitor.background

    world.clock.advance(660)
    await visitor.open("/security")
    assert "data-upgrade" not in visitor.background


async def test_no_upgrade_with_a_passkey_or_by_a_trusted_browser_alone(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    visitor = await second_step(ada)
    await visitor.send("Confirm", code=ada.code(), trust="true")
    await visitor.open("/security")
    assert "data-upgrade" in visitor.background
    await visitor.send("Sign out")
    await visitor.send("Sign in", email=ada.email, password=ada.password)
    await visitor.open("/security")
    assert "data-upgrade" not in visitor.background, "the sign-in took no second factor"

    ada.world.clock.advance(60)
    await ada.step_up()
    await with_passkey(ada)
    fresh = await second_step(ada)
    await fresh.open("/second-step?method=totp")
    await fresh.send("Confirm", code=ada.code())
    await fresh.open("/security")
    assert "data-upgrade" not in fresh.background


async def test_an_app_and_passkeys_are_told_apart_in_the_overview(world: World, visitor: Visitor) -> None:
    await set_up_app(world, visitor)
    await add(visitor)
    await visitor.open("/security")

    assert "1 passkey" in visitor.text
    assert "Your password alone is not enough to sign in." in visitor.text
