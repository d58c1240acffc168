"""The pages of an account whose owner removes the password, and sets one again."""

from support.account_pages import signed_in, use_passkey
from support.passkey import Authenticator
from support.passkey_user import ready_to_remove, with_passkey
from support.person import Person
from support.visitor import Visitor

NEW = "another long sentence of mine"
REMOVE, REMOVAL = "Remove the password", "/security/password/remove"
USE_FIRST = "First use a passkey here"


async def with_code(ada: Person, device: Authenticator) -> Visitor:
    """Return the browser of an account with an app and a passkey; it has signed in with the password and a code."""
    await ready_to_remove(ada)
    await with_passkey(ada, device)
    await ada.post("/two-factor/set-preferred-method", method="totp")
    return await signed_in(ada)


async def removed(ada: Person) -> tuple[Visitor, Authenticator]:
    """Return the browser of an account without a password, and the device with its passkey."""
    device = Authenticator()
    visitor = await with_code(ada, device)
    await visitor.open(REMOVAL)
    await visitor.follow("Use your passkey")
    await use_passkey(visitor, device)
    await visitor.send(REMOVE)
    return visitor, device


async def test_the_password_is_removed_after_the_passkey_was_used(ada: Person) -> None:
    device = Authenticator()
    visitor = await with_code(ada, device)
    await visitor.follow("Remove the password")
    assert USE_FIRST in visitor.text

    await visitor.follow("Use your passkey")
    assert visitor.path == "/step-up"
    await use_passkey(visitor, device)
    assert visitor.path == REMOVAL
    await visitor.send(REMOVE)

    assert visitor.path == "/security"
    assert visitor.said.startswith("Your password was removed.")
    assert "Your account has no password." in visitor.text
    await visitor.open(REMOVAL)
    assert visitor.path == "/security/password"


async def test_the_page_says_what_is_missing(ada: Person) -> None:
    visitor = await signed_in(ada)
    await visitor.open(REMOVAL)
    assert "Two-factor authentication must be on" in visitor.text

    await ada.turn_on_totp()
    visitor = await signed_in(ada)
    await visitor.open(REMOVAL)
    assert "Your email address must be verified" in visitor.text


async def test_a_passkey_that_does_not_verify_its_user_is_missing_another(ada: Person) -> None:
    visitor = await with_code(ada, Authenticator(verifies_user=False))

    await visitor.open(REMOVAL)

    assert "You need a passkey on a device that asks" in visitor.text


async def test_the_second_step_of_the_sign_in_is_not_enough(ada: Person) -> None:
    """There the passkey need not verify its user. The step-up page asks for it, and does not lead back at once."""
    await ready_to_remove(ada)
    device = await with_passkey(ada)
    visitor = Visitor(await ada.world.visitor())
    await visitor.open("/sign-in")
    await visitor.send("Sign in", email=ada.email, password=ada.password)
    device.verifies_user = False
    await use_passkey(visitor, device)
    assert visitor.path == "/security"
    await visitor.open(REMOVAL)
    await visitor.follow("Use your passkey")
    assert visitor.path == "/step-up"

    status = await use_passkey(visitor, device)
    assert (status, visitor.path) == (401, "/step-up")
    assert "Your device did not check that it is you." in visitor.text
    device.verifies_user = True
    await use_passkey(visitor, device)
    await visitor.send(REMOVE)

    assert visitor.said.startswith("Your password was removed.")


async def test_forms_lead_through_the_passkey_instead_of_asking_for_a_password(ada: Person) -> None:
    visitor, device = await removed(ada)
    for path, button in (
        ("/security/authenticator", "Continue"),
        ("/security/authenticators/add", "Continue"),
        ("/security/backup-codes", "Make new backup codes"),
    ):
        ada.world.clock.advance(660)
        await visitor.open(path)
        assert visitor.path == "/step-up"
        assert "Use your authenticator app" not in visitor.text, "a code would not do"
        await use_passkey(visitor, device)
        assert visitor.path == path
        assert "Your password" not in visitor.text
        answer = await visitor.send(button)
        assert answer.status_code == 200, path
    assert len(visitor.codes) == 10


async def test_a_form_that_was_left_open_leads_through_the_passkey_too(ada: Person) -> None:
    visitor, device = await removed(ada)
    await visitor.open("/security/backup-codes")
    ada.world.clock.advance(660)

    await visitor.send("Make new backup codes")
    assert visitor.path == "/step-up"
    await use_passkey(visitor, device)
    await visitor.open("/security/backup-codes")
    await visitor.send("Make new backup codes")

    assert len(visitor.codes) == 10


async def test_two_factor_authentication_stays_on_until_a_password_is_set(ada: Person) -> None:
    visitor, _ = await removed(ada)

    await visitor.open("/security/disable")
    await visitor.follow("Set a password first")
    refused = await visitor.send("Set the password", new_password="short")
    assert (refused.status_code, visitor.path) == (400, "/security/password")
    await visitor.send("Set the password", new_password=NEW)

    assert visitor.said == "Your account has a password now."
    assert await has_password_in(visitor)
    await visitor.open("/security/disable")
    await visitor.send("Turn it off", password=NEW)
    assert visitor.said == "Two-factor authentication is off."


async def has_password_in(visitor: Visitor) -> bool:
    status = (await visitor.client.get("/api/auth/two-factor/status")).json()
    return bool(status["hasPassword"])


async def test_the_account_is_deleted_without_a_password(ada: Person) -> None:
    visitor, _ = await removed(ada)
    await visitor.open("/security/delete")
    assert "Your password" not in visitor.text

    await visitor.send("Delete the account permanently")

    assert visitor.said == "Your account was deleted."
