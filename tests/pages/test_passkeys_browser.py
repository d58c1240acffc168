"""Passkeys on the pages in Chromium, with its virtual authenticators."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from support.chromium import PATIENCE_MS
from support.page_stage import PASSWORD, POLICY, Stage
from support.process import Server, serving
from support.virtual_authenticator import PLATFORM, SECURITY_KEY, VirtualAuthenticator

SIGNED_IN = re.compile(r"/security$")
NO_AUTOFILL = "PublicKeyCredential.isConditionalMediationAvailable = async () => false;"
RECORD_SIGNALS = """
for (const name of ["signalUnknownCredential", "signalAllAcceptedCredentials", "signalCurrentUserDetails"]) {
  const signal = PublicKeyCredential[name].bind(PublicKeyCredential);
  PublicKeyCredential[name] = async (told) => {
    await signal(told);
    localStorage.setItem(name, JSON.stringify(told));
  };
}
"""
NO_LIST_SIGNAL = "delete PublicKeyCredential.signalAllAcceptedCredentials;"
# A password manager that has just filled in a password; Chromium has none when it runs without a window.
UPGRADES = """
const create = navigator.credentials.create.bind(navigator.credentials);
navigator.credentials.create = ({ mediation, ...options }) => {
  localStorage.setItem("created", `${localStorage.getItem("created") ?? ""}${mediation} `);
  return create(options);
};
"""
CREATED = "localStorage.getItem('created')"


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    (folder / "athena.db").write_bytes(sqlite_template.read_bytes())
    with serving(folder, **POLICY) as running:
        yield running


@pytest.fixture
def stage(browser: Browser, server: Server) -> Iterator[Stage]:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    yield Stage(context.new_page(), server)
    context.close()


@pytest.fixture
def page(stage: Stage) -> Page:
    return stage.page


def click(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def add_passkey(stage: Stage) -> None:
    """Add a passkey to the account of this browser's session."""
    stage.open("/security/passkeys")
    stage.page.get_by_role("link", name="Add a passkey").click()
    click(stage.page, "Create the passkey")
    expect(stage.page.get_by_text("The passkey was added.")).to_be_visible()


def turn_on(stage: Stage) -> None:
    """Turn two-factor authentication on with a new passkey."""
    stage.open("/security/passkeys/turn-on")
    stage.send("Continue", password=PASSWORD)
    click(stage.page, "Create the passkey")
    expect(stage.page.locator("[data-codes] code")).to_have_count(10)


def remove(page: Page) -> None:
    """Remove the only passkey of the list."""
    page.locator("summary").click()
    page.get_by_role("button", name="Remove: ").click()
    expect(page.get_by_text("The passkey was removed")).to_be_visible()


def forget(stage: Stage) -> None:
    """Sign out by losing every cookie."""
    stage.page.context.clear_cookies()


def told(page: Page, signal: str) -> dict[str, Any]:
    """Wait until the browser was told this, and return what."""
    found = page.wait_for_function("(name) => localStorage.getItem(name)", arg=signal).json_value()
    return dict(json.loads(found))


def test_a_device_that_verifies_its_user_signs_in_by_the_button(stage: Stage, page: Page) -> None:
    page.add_init_script(NO_AUTOFILL)
    VirtualAuthenticator(page, PLATFORM)
    stage.sign_up()
    add_passkey(stage)
    forget(stage)
    stage.open("/sign-in?next=/security/passkeys")

    click(page, "Sign in with a passkey")

    expect(page.get_by_role("heading", name="Passkeys")).to_be_visible()
    expect(page.get_by_text("Last used")).to_be_visible()


def test_the_autofill_of_the_address_signs_in(stage: Stage, page: Page) -> None:
    VirtualAuthenticator(page, PLATFORM)
    stage.sign_up()
    add_passkey(stage)
    forget(stage)

    stage.open("/sign-in")

    expect(page).to_have_url(SIGNED_IN)


def test_the_password_still_signs_in_while_a_passkey_is_offered(stage: Stage, page: Page) -> None:
    device = VirtualAuthenticator(page, PLATFORM)
    stage.sign_up()
    add_passkey(stage)
    device.leave()

    stage.sign_in()

    expect(page).to_have_url(SIGNED_IN)


@pytest.mark.parametrize("kind", [PLATFORM, SECURITY_KEY], ids=["platform", "security-key"])
def test_a_passkey_is_the_second_factor_and_steps_up(stage: Stage, page: Page, kind: dict[str, Any]) -> None:
    device = VirtualAuthenticator(page, kind)
    stage.sign_up()
    turn_on(stage)
    device.leave()
    stage.sign_in()
    device.return_()
    expect(page.get_by_role("button", name="Use your passkey")).to_be_focused()
    page.get_by_label("Trust this browser").check()
    click(page, "Use your passkey")
    expect(page).to_have_url(SIGNED_IN)

    device.leave()
    click(page, "Sign out")
    stage.send("Sign in", email=stage.email, password=PASSWORD)
    expect(page).to_have_url(SIGNED_IN)
    device.return_()
    stage.open("/security/backup-codes")
    click(page, "Use your passkey")

    expect(page.get_by_role("heading", name="Backup codes")).to_be_visible()


@pytest.mark.parametrize("kind", [PLATFORM, SECURITY_KEY], ids=["platform", "security-key"])
def test_a_passkey_is_the_second_factor_that_is_required(
    stage: Stage, page: Page, kind: dict[str, Any]
) -> None:
    device = VirtualAuthenticator(page, kind)
    stage.require("now")
    stage.sign_in()
    page.get_by_role("link", name="Create a passkey").click()
    stage.send("Continue", password=PASSWORD)
    expect(page.get_by_role("button", name="Create the passkey")).to_be_focused()
    click(page, "Create the passkey")
    expect(page.locator("[data-codes] code")).to_have_count(10)

    device.leave()
    stage.sign_in()
    device.return_()
    click(page, "Use your passkey")

    expect(page).to_have_url(SIGNED_IN)


def test_a_security_key_does_not_sign_in_alone(stage: Stage, page: Page) -> None:
    VirtualAuthenticator(page, SECURITY_KEY)
    stage.sign_up()
    turn_on(stage)
    forget(stage)
    stage.open("/sign-in")

    click(page, "Sign in with a passkey")

    said = page.get_by_text("No passkey was used. You can try again, or choose another way.")
    expect(said).to_be_focused()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_enabled()


def test_a_cancelled_sign_in_leaves_the_page_usable(stage: Stage, page: Page) -> None:
    device = VirtualAuthenticator(page, PLATFORM)
    stage.sign_up()
    add_passkey(stage)
    device.leave()
    forget(stage)
    stage.open("/sign-in")
    device.cancel()
    device.return_()

    click(page, "Sign in with a passkey")
    expect(page.get_by_text("No passkey was used.")).to_be_focused()
    device.leave()
    stage.send("Sign in", email=stage.email, password=PASSWORD)

    expect(page).to_have_url(SIGNED_IN)


def test_a_cancelled_second_step_leaves_the_other_ways(stage: Stage, page: Page) -> None:
    device = VirtualAuthenticator(page, PLATFORM)
    stage.enrol()
    add_passkey(stage)
    device.leave()
    stage.sign_in()
    device.forget()
    device.return_()

    click(page, "Use your passkey")
    expect(page.get_by_text("No passkey was used.")).to_be_focused()
    page.get_by_role("link", name="Use your authenticator app").click()
    page.get_by_label("Code from your authenticator app").press_sequentially(stage.next_code())

    expect(page).to_have_url(SIGNED_IN)


def test_a_device_makes_one_passkey_for_an_account(stage: Stage, page: Page) -> None:
    VirtualAuthenticator(page, PLATFORM)
    stage.sign_up()
    add_passkey(stage)
    page.get_by_role("link", name="Add a passkey").click()

    click(page, "Create the passkey")

    expect(page.get_by_text("This device has a passkey for your account already.")).to_be_focused()


def test_the_browser_forgets_a_passkey_that_its_owner_removes(stage: Stage, page: Page) -> None:
    device = VirtualAuthenticator(page, PLATFORM)
    stage.sign_up()
    add_passkey(stage)
    assert len(device.credential_ids) == 1
    page.add_init_script(RECORD_SIGNALS)

    remove(page)

    assert told(page, "signalAllAcceptedCredentials")["allAcceptedCredentialIds"] == []
    assert device.credential_ids == []
    details = told(page, "signalCurrentUserDetails")
    assert (details["rpId"], details["name"], details["displayName"]) == ("localhost", stage.email, "Ada")


def test_a_passkey_that_the_server_does_not_know_is_refused_and_forgotten(stage: Stage, page: Page) -> None:
    page.add_init_script(NO_AUTOFILL + RECORD_SIGNALS + NO_LIST_SIGNAL)
    device = VirtualAuthenticator(page, PLATFORM)
    stage.sign_up()
    add_passkey(stage)
    remove(page)
    assert len(device.credential_ids) == 1
    forget(stage)
    stage.open("/sign-in")

    click(page, "Sign in with a passkey")

    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("This passkey is not registered.")
    assert told(page, "signalUnknownCredential")["rpId"] == "localhost"
    assert device.credential_ids == []


def test_a_sign_in_with_the_password_upgrades_to_a_passkey_once(stage: Stage, page: Page) -> None:
    page.add_init_script(UPGRADES)
    device = VirtualAuthenticator(page, PLATFORM)
    stage.sign_up()
    stage.open("/security")
    assert page.evaluate(CREATED) is None, "only after the form of the sign-in"

    with page.expect_response("**/passkey/verify-registration") as added:
        stage.sign_in()

    assert added.value.ok
    assert json.loads(added.value.request.post_data or "")["mediation"] == "conditional"
    assert len(device.credential_ids) == 1
    stage.open("/security")
    expect(page.get_by_text("1 passkey", exact=True)).to_be_visible()
    assert page.evaluate(CREATED) == "conditional "


def test_a_password_manager_that_does_not_want_to_disturbs_nobody(stage: Stage, page: Page) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    VirtualAuthenticator(page, PLATFORM)
    stage.sign_up()

    with page.expect_response("**/passkey/generate-register-options"):
        stage.sign_in()

    stage.open("/security/passkeys")
    expect(page.get_by_text("There are none.")).to_be_visible()
    assert complaints == []


def test_without_javascript_passkeys_are_not_offered_and_other_ways_are(
    browser: Browser, server: Server, stage: Stage
) -> None:
    VirtualAuthenticator(stage.page, SECURITY_KEY)
    stage.enrol()
    add_passkey(stage)
    with browser.new_context(java_script_enabled=False) as context:
        plain = Stage(context.new_page(), server, stage.email, stage.app)
        plain.page.set_default_timeout(PATIENCE_MS)
        plain.open("/sign-in")
        expect(plain.page.get_by_text("passkey")).to_have_count(0)
        plain.send("Sign in", email=stage.email, password=PASSWORD)
        expect(plain.page.get_by_text("Passkeys need JavaScript and a recent browser.")).to_be_visible()
        expect(plain.page.get_by_role("button", name="Use your passkey")).to_have_count(0)
        plain.page.get_by_role("link", name="Use your authenticator app").click()
        plain.send("Confirm", code=plain.next_code())
        expect(plain.page).to_have_url(SIGNED_IN)


def test_the_password_is_removed_and_set_again(stage: Stage, page: Page) -> None:
    page.add_init_script(NO_AUTOFILL)
    stage.enrol()
    stage.call("/send-verification-email", email=stage.email)
    page.goto(stage.link("/verify-email"))
    VirtualAuthenticator(page, PLATFORM)
    add_passkey(stage)

    stage.open("/security")
    page.get_by_role("link", name="Remove the password").click()
    page.get_by_role("link", name="Use your passkey").click()
    click(page, "Use your passkey")
    click(page, "Remove the password")
    expect(page.get_by_text("Your account has no password.")).to_be_visible()

    page.context.clear_cookies()
    stage.open("/sign-in")
    click(page, "Sign in with a passkey")
    expect(page).to_have_url(SIGNED_IN)
    stage.open("/security/password")
    stage.send("Set the password", new_password="another long sentence")
    expect(page.get_by_text("Your account has a password now.")).to_be_visible()


def test_without_javascript_a_required_passkey_says_so_and_an_app_is_the_other_choice(
    browser: Browser, server: Server
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        plain = Stage(context.new_page(), server)
        plain.page.set_default_timeout(PATIENCE_MS)
        plain.require("now")
        plain.sign_in()
        plain.page.get_by_role("link", name="Create a passkey").click()
        expect(plain.page.get_by_text("Passkeys need JavaScript and a recent browser.")).to_be_visible()
        plain.send("Continue", password=PASSWORD)
        expect(plain.page.get_by_role("button", name="Create the passkey")).to_have_count(0)
        expect(plain.page.get_by_text("Passkeys need JavaScript and a recent browser.")).to_be_visible()
        plain.page.get_by_role("link", name="Cancel").click()
        expect(plain.page.get_by_text("The app is on your phone")).to_be_visible()
