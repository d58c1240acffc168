"""Every page of the server in every state that people meet, as a real browser gets there."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from uuid import uuid4

import pyotp

from athena_auth.kernel.clock import SystemClock
from support.page_stage import PASSWORD, WRONG, Stage, opened, trusted
from support.process import wait_for

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff" * 5
LONG_ADDRESS = f"{'a' * 60}@{'b' * 60}.{'c' * 60}.example"


def _sign_in_refused(stage: Stage) -> None:
    stage.open("/sign-in")
    stage.send("Sign in", email="nobody@example.com", password="not the password")


def _sign_in_throttled(stage: Stage) -> None:
    stage.sign_up()
    stage.page.context.clear_cookies()
    stage.open("/sign-in")
    for _ in range(20):
        stage.send("Sign in", email=stage.email, password="not the password")
        if stage.page.locator("[data-countdown]").count():
            return
    raise AssertionError("the sign-in was never throttled")


def _sign_up_refused(stage: Stage) -> None:
    stage.open("/sign-up")
    stage.send("Create the account", name=LONG_NAME, email=LONG_ADDRESS, password="password")


def _check_mail(stage: Stage) -> None:
    stage.open("/sign-up")
    stage.send("Create the account", name="Ada", email=stage.email, password=PASSWORD)


def _check_mail_again(stage: Stage) -> None:
    _check_mail(stage)
    stage.send("Send the link again")


def _forgotten(stage: Stage) -> None:
    stage.open("/forgot-password")
    stage.send("Send the link", email=stage.email)


def _reset(stage: Stage) -> None:
    stage.sign_up()
    stage.page.context.clear_cookies()
    _forgotten(stage)
    stage.page.goto(stage.link("/reset-password"))


def _reset_refused(stage: Stage) -> None:
    _reset(stage)
    stage.send("Set the password", password="password")


def _link_used(stage: Stage) -> None:
    _reset(stage)
    stage.send("Set the password", password="another horse battery")
    stage.page.goto(stage.link("/reset-password"))
    if stage.page.get_by_role("button", name="Set the password").count():
        stage.send("Set the password", password="a third horse battery")


def _verify(stage: Stage) -> None:
    stage.sign_up()
    stage.call("/send-verification-email", email=stage.email)
    stage.page.context.clear_cookies()
    stage.page.goto(stage.link("/verify-email"))


def _verified(stage: Stage) -> None:
    _verify(stage)
    stage.send("Confirm the address", password=PASSWORD)


def _email_asked(stage: Stage) -> None:
    stage.sign_up()
    stage.open("/security/email")
    stage.send("Send the link", new_email=f"new-{stage.email}", password=PASSWORD)


def _email_refused(stage: Stage) -> None:
    stage.sign_up()
    stage.open("/security/email")
    stage.send("Send the link", new_email=stage.email, password=PASSWORD)


def _email_changed(stage: Stage) -> None:
    _verified(stage)
    stage.sign_in()
    old, new = stage.email, f"new-{stage.email}"
    stage.call("/change-email", newEmail=new)
    stage.email = new
    stage.page.goto(stage.link("/change-email/verify"))
    stage.email = old


def _undo_email(stage: Stage) -> None:
    _email_changed(stage)
    stage.page.goto(stage.link("/change-email/undo"))


def _email_undone(stage: Stage) -> None:
    _undo_email(stage)
    stage.send("Undo the change")


def _second_step(method: str) -> Callable[[Stage], None]:
    def reach(stage: Stage) -> None:
        stage.enrol()
        stage.sign_in()
        stage.open(f"/second-step?method={method}")

    return reach


def _second_step_refused(stage: Stage) -> None:
    _second_step("totp")(stage)
    stage.page.get_by_label("Code from").fill(WRONG)
    stage.page.get_by_role("alert").wait_for()


def _second_step_sent(stage: Stage) -> None:
    _second_step("otp")(stage)
    stage.send("Send the code")


def _second_step_ended(stage: Stage) -> None:
    stage.open("/second-step")


def _long(stage: Stage) -> None:
    stage.email = LONG_ADDRESS.replace("a", uuid4().hex[:1], 1).replace("aaaaaaaa", uuid4().hex[:8], 1)
    stage.sign_up(LONG_NAME)
    stage.open("/security")


def _app_pending(stage: Stage) -> None:
    stage.sign_up()
    stage.open("/security/authenticator")
    stage.send("Continue", password=PASSWORD)


def _app_refused(stage: Stage) -> None:
    _app_pending(stage)
    stage.page.locator("summary").click()
    stage.page.locator("input[name=code]").fill(WRONG)
    stage.page.get_by_role("alert").wait_for()


def _sent_code_pending(stage: Stage) -> None:
    stage.sign_up()
    stage.open("/security/otp?by=email")
    stage.send("Continue", password=PASSWORD)


def _sent_text_pending(stage: Stage) -> None:
    stage.sign_up()
    stage.open("/security/otp?by=text")
    stage.send("Continue", number="+49 151 12345678", password=PASSWORD)


def _add_app(stage: Stage, label: str) -> str:
    added = stage.call("/two-factor/add-authenticator", password=PASSWORD, label=label)
    app = pyotp.parse_uri(added["totpURI"])
    assert isinstance(app, pyotp.TOTP)
    stage.call("/two-factor/verify-totp", code=app.at(SystemClock().now() // 1000))
    return str(added["id"])


def _several_apps(stage: Stage) -> None:
    stage.enrol()
    _add_app(stage, "Work phone")
    stage.call("/two-factor/suspend-authenticator", id=_add_app(stage, LONG_NAME[:64]))
    stage.open("/security/authenticators")
    for summary in stage.page.locator("summary").all():
        summary.click()


def _last_app_removed(stage: Stage) -> None:
    stage.enrol()
    stage.open("/security/authenticators")
    stage.page.locator("summary").click()
    with stage.page.expect_navigation():
        stage.page.get_by_role("button", name="Remove").click()
    stage.page.get_by_role("alert").wait_for()


def _added_app_pending(stage: Stage) -> None:
    stage.enrol()
    stage.open("/security/authenticators/add")
    stage.send("Continue", label="Work phone", password=PASSWORD)


def _sign_in_again(stage: Stage) -> None:
    stage.sign_up()

    def is_shown() -> bool:
        stage.open("/step-up?level=1&fresh=1")
        return "/step-up" in stage.page.url

    wait_for(is_shown, "the session to be older than a second")


def _new_codes(stage: Stage) -> None:
    stage.enrol()
    stage.open("/security/backup-codes")
    stage.send("Make new backup codes", password=PASSWORD)


def _check_code(stage: Stage) -> None:
    _new_codes(stage)
    stage.send("I have saved them")


def _check_code_refused(stage: Stage) -> None:
    _check_code(stage)
    stage.send("Check", code="aaaa-bbbb-cccc-dddd")


def _step_up(stage: Stage) -> None:
    trusted(stage)
    stage.page.get_by_role("button", name="Sign out").click()
    stage.send("Sign in", email=stage.email, password=PASSWORD)
    stage.open("/security/disable")


def _step_up_refused(stage: Stage) -> None:
    _step_up(stage)
    stage.page.locator("input[name=code]").fill(WRONG)
    stage.page.get_by_role("alert").wait_for()


def _password_refused(path: str, button: str) -> Callable[[Stage], None]:
    def reach(stage: Stage) -> None:
        stage.enrol()
        stage.open(path)
        stage.page.locator("input[name=password]").fill("not the password")
        new = stage.page.locator("input[name=new_password]")
        if new.count():
            new.fill("another horse battery")
        with stage.page.expect_navigation():
            stage.page.get_by_role("button", name=button).click()

    return reach


def _outbox(stage: Stage) -> None:
    _verify(stage)
    stage.open("/dev/outbox")
    stage.page.locator("summary").first.click()


def _breached(stage: Stage) -> None:
    """Mark the password, as a server does that knows breached ones."""
    stage.sign_up()
    mark = "UPDATE athena_account SET breach_found_for = password_changed_at WHERE email = ?"
    with closing(sqlite3.connect(stage.server.folder / "athena.db")) as database, database:
        assert database.execute(mark, (stage.email,)).rowcount == 1


STATES: dict[str, Callable[[Stage], None]] = {
    "sign-in": opened("/sign-in"),
    "sign-in-refused": _sign_in_refused,
    "sign-in-throttled": _sign_in_throttled,
    "sign-in-after-expiry": _second_step_ended,
    "signed-out": opened("/sign-in?notice=signed-out"),
    "sign-up": opened("/sign-up"),
    "sign-up-refused": _sign_up_refused,
    "check-mail": _check_mail,
    "check-mail-sent-again": _check_mail_again,
    "forgot-password": opened("/forgot-password"),
    "forgot-password-sent": _forgotten,
    "reset-password": _reset,
    "reset-password-refused": _reset_refused,
    "link-used": _link_used,
    "verify-email": _verify,
    "verified": _verified,
    "recognize-browser": opened("/api/auth/recognize-browser?token=no-such-token"),
    "not-found": opened("/nowhere"),
    "no-cookies": opened("/signed-in"),
    "second-step-app": _second_step("totp"),
    "second-step-refused": _second_step_refused,
    "second-step-mail": _second_step("otp"),
    "second-step-mail-sent": _second_step_sent,
    "second-step-backup-code": _second_step("backup-code"),
    "security-off": opened("/security", Stage.sign_up),
    "security-on": opened("/security", Stage.enrol),
    "security-long": _long,
    "security-breached": opened("/security", _breached),
    "authenticator": opened("/security/authenticator", Stage.sign_up),
    "authenticator-pending": _app_pending,
    "authenticator-refused": _app_refused,
    "authenticator-replace": opened("/security/authenticator", Stage.enrol),
    "authenticator-replaces-several": opened("/security/authenticator", _several_apps),
    "authenticators": _several_apps,
    "authenticators-none": opened("/security/authenticators", Stage.sign_up),
    "authenticators-last-one": _last_app_removed,
    "authenticators-add": opened("/security/authenticators/add", Stage.enrol),
    "authenticators-add-pending": _added_app_pending,
    "backup-codes": opened("/security/backup-codes", Stage.enrol),
    "backup-codes-new": _new_codes,
    "backup-codes-last-one": opened("/security/backup-codes?notice=last-code", Stage.enrol),
    "backup-codes-check": _check_code,
    "backup-codes-check-refused": _check_code_refused,
    "sent-codes": opened("/security/otp", Stage.sign_up),
    "sent-codes-mail": opened("/security/otp?by=email", Stage.sign_up),
    "sent-codes-pending": _sent_code_pending,
    "sent-codes-text": opened("/security/otp?by=text", Stage.sign_up),
    "sent-codes-text-pending": _sent_text_pending,
    "sent-codes-on": opened("/security/otp", Stage.enrol),
    "devices-none": opened("/security/devices", Stage.enrol),
    "devices": opened("/security/devices", trusted),
    "sessions": opened("/security/sessions", trusted),
    "sessions-all": opened("/security/sessions/all", Stage.enrol),
    "events": opened("/security/events", trusted),
    "password": opened("/security/password", Stage.sign_up),
    "password-refused": _password_refused("/security/password", "Change the password"),
    "email": opened("/security/email", Stage.sign_up),
    "email-with-factor": opened("/security/email", Stage.enrol),
    "email-asked": _email_asked,
    "email-refused": _email_refused,
    "email-changed": _email_changed,
    "email-undo": _undo_email,
    "email-undone": _email_undone,
    "disable": opened("/security/disable", Stage.enrol),
    "disable-refused": _password_refused("/security/disable", "Turn it off"),
    "delete": opened("/security/delete", Stage.enrol),
    "sign-in-again": _sign_in_again,
    "step-up": _step_up,
    "step-up-refused": _step_up_refused,
    "security-required": opened("/security", lambda stage: stage.require("2099-01-01")),
    "dev-outbox": _outbox,
}
"""How to reach each state, by its name."""
