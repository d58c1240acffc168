"""The pages of passkeys in every state that people meet, with a virtual authenticator."""

from collections.abc import Callable

from support.page_stage import PASSWORD, Stage
from support.virtual_authenticator import PLATFORM, VirtualAuthenticator


def _none(stage: Stage) -> None:
    stage.sign_up()
    stage.open("/security/passkeys")


def _passkey_due(stage: Stage) -> None:
    stage.sign_up()
    VirtualAuthenticator(stage.page, PLATFORM)
    stage.open("/security/passkeys/add")


def _passkey_added(stage: Stage) -> VirtualAuthenticator:
    stage.sign_up()
    device = VirtualAuthenticator(stage.page, PLATFORM)
    stage.open("/security/passkeys/add")
    stage.page.get_by_role("button", name="Create the passkey").click()
    stage.page.get_by_text("The passkey was added.").wait_for()
    return device


def _passkey_opened(stage: Stage) -> None:
    _passkey_added(stage)
    stage.page.locator("summary").click()


def _passkey_confirmed(stage: Stage) -> VirtualAuthenticator:
    """Turn two-factor authentication on with a passkey and an app."""
    stage.enrol()
    device = VirtualAuthenticator(stage.page, PLATFORM)
    stage.open("/security/passkeys/add")
    stage.page.get_by_role("button", name="Create the passkey").click()
    stage.page.get_by_text("The passkey was added.").wait_for()
    return device


def _passkey_pending(stage: Stage) -> None:
    _passkey_turn_on(stage)
    stage.send("Continue", password=PASSWORD)


def _passkey_turn_on(stage: Stage) -> None:
    stage.sign_up()
    VirtualAuthenticator(stage.page, PLATFORM)
    stage.open("/security/passkeys/turn-on")


def _passkey_cancelled(stage: Stage) -> None:
    _passkey_added(stage).cancel()
    stage.page.context.clear_cookies()
    stage.open("/sign-in")
    stage.page.get_by_role("button", name="Sign in with a passkey").click()
    stage.page.get_by_text("No passkey was used.").wait_for()


def _passkey_unknown(stage: Stage) -> None:
    # In a browser that is not told of removed passkeys.
    stage.page.add_init_script("delete PublicKeyCredential.signalAllAcceptedCredentials;")
    _passkey_opened(stage)
    stage.page.get_by_role("button", name="Remove: ").click()
    stage.page.get_by_text("The passkey was removed").wait_for()
    stage.page.context.clear_cookies()
    # The device has it still, and its autofill offers it at once.
    stage.open("/sign-in")
    stage.page.get_by_role("alert").wait_for()


def _second_step_passkey(stage: Stage) -> VirtualAuthenticator:
    device = _passkey_confirmed(stage)
    device.leave()
    stage.sign_in()
    stage.page.get_by_role("button", name="Use your passkey").wait_for()
    return device


def _second_step_passkey_cancelled(stage: Stage) -> None:
    device = _second_step_passkey(stage)
    device.forget()
    device.return_()
    stage.page.get_by_role("button", name="Use your passkey").click()
    stage.page.get_by_text("No passkey was used.").wait_for()


def _step_up_passkey(stage: Stage) -> None:
    device = _second_step_passkey(stage)
    stage.page.get_by_label("Trust this browser").check()
    device.return_()
    stage.page.get_by_role("button", name="Use your passkey").click()
    stage.page.get_by_role("heading", name="Security", exact=True).wait_for()
    device.leave()
    stage.page.get_by_role("button", name="Sign out").click()
    stage.send("Sign in", email=stage.email, password=PASSWORD)
    stage.open("/security/disable")


def _verified_with_passkey(stage: Stage) -> None:
    """Turn two-factor authentication on with a passkey and an app, in an account with a verified address."""
    _passkey_confirmed(stage)
    stage.call("/send-verification-email", email=stage.email)
    stage.page.goto(stage.link("/verify-email"))


def _password_removal_begun(stage: Stage) -> None:
    _verified_with_passkey(stage)
    stage.open("/security/password/remove")


def _password_removal_due(stage: Stage) -> None:
    _password_removal_begun(stage)
    stage.page.get_by_role("link", name="Use your passkey").click()
    stage.page.get_by_role("button", name="Use your passkey").click()
    stage.page.get_by_role("button", name="Remove the password").wait_for()


def _password_removed(stage: Stage) -> None:
    _password_removal_due(stage)
    stage.send("Remove the password")


def _without_password(path: str) -> Callable[[Stage], None]:
    def reach(stage: Stage) -> None:
        _password_removed(stage)
        stage.open(path)

    return reach


def _password_removal_refused(stage: Stage) -> None:
    stage.sign_up()
    stage.open("/security/password/remove")


PASSKEY_STATES: dict[str, Callable[[Stage], object]] = {
    "passkeys-none": _none,
    "passkeys": _passkey_added,
    "passkeys-change": _passkey_opened,
    "passkey-add": _passkey_due,
    "passkey-turn-on": _passkey_turn_on,
    "passkey-pending": _passkey_pending,
    "sign-in-passkey-cancelled": _passkey_cancelled,
    "sign-in-passkey-unknown": _passkey_unknown,
    "second-step-passkey": _second_step_passkey,
    "second-step-passkey-cancelled": _second_step_passkey_cancelled,
    "step-up-passkey": _step_up_passkey,
    "remove-password-refused": _password_removal_refused,
    "remove-password-begun": _password_removal_begun,
    "remove-password": _password_removal_due,
    "password-removed": _password_removed,
    "set-password": _without_password("/security/password"),
    "disable-without-password": _without_password("/security/disable"),
    "delete-without-password": _without_password("/security/delete"),
}
"""How to reach each state, by its name."""
