"""Every page of the server in every state that people meet, as a real browser gets there."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pyotp
from playwright.sync_api import Page

from athena_auth.kernel.clock import SystemClock
from support.process import Server, run_athena, wait_for

PASSWORD = "correct horse battery"
WRONG = "000000"
POLICY = {"require_second_factor": "per-account"}
"""The setting with which a server reaches every state."""
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff" * 5
LONG_ADDRESS = f"{'a' * 60}@{'b' * 60}.{'c' * 60}.example"


@dataclass
class Stage:
    """A browser at the pages, and the account of its user."""

    page: Page
    server: Server
    email: str = field(default_factory=lambda: f"ada-{uuid4().hex[:8]}@example.com")
    app: pyotp.TOTP | None = None
    backup_codes: list[str] = field(default_factory=list)

    @property
    def site(self) -> str:
        """The URL of the pages."""
        return self.server.base_url.removesuffix("/api/auth")

    def open(self, path: str) -> None:
        """Open a page."""
        self.page.goto(self.site + path)

    def send(self, button: str, **fields: str) -> None:
        """Fill in fields, by their names, and send the form with this button."""
        for name, value in fields.items():
            self.page.locator(f"main input[name={name}]:visible").fill(value)
        with self.page.expect_navigation():
            self.page.get_by_role("main").get_by_role("button", name=button, exact=True).click()

    def call(self, path: str, **body: Any) -> Any:
        """Call the API with the cookies of the browser."""
        answer = self.page.request.post(
            self.server.base_url + path, data=body, headers={"origin": self.site}, timeout=30_000
        )
        assert answer.ok, answer.text()
        return answer.json()

    def sign_up(self, name: str = "Ada") -> None:
        """Create an account, and be signed in."""
        self.call("/sign-up/email", name=name, email=self.email, password=PASSWORD)

    def enrol(self) -> None:
        """Create an account with an authenticator app."""
        self.sign_up()
        begun = self.call("/two-factor/enable", password=PASSWORD)
        app = pyotp.parse_uri(begun["totpURI"])
        assert isinstance(app, pyotp.TOTP)
        self.app, self.backup_codes = app, begun["backupCodes"]
        self.call("/two-factor/verify-totp", code=app.at(SystemClock().now() // 1000))

    def next_code(self) -> str:
        """Return a code of the app that was not used before."""
        assert self.app is not None
        return self.app.at(SystemClock().now() // 1000, counter_offset=1)

    def sign_in(self) -> None:
        """Send the password, in a browser that forgot everything."""
        self.page.context.clear_cookies()
        self.open("/sign-in")
        self.send("Sign in", email=self.email, password=PASSWORD)

    def require(self, by: str) -> None:
        """Create an account that an operator requires to have a second factor by this date."""
        self.sign_up()
        settings = {"database_url": "sqlite:///athena.db", "mail_url": "file:required.jsonl", **POLICY}
        done = run_athena(self.server.folder, "require-second-factor", self.email, "--by", by, **settings)
        assert done.returncode == 0, done.stderr

    def link(self, path: str) -> str:
        """Wait for a mail with a link to this path, and return the link."""

        def find() -> str | None:
            lines = [json.loads(line) for line in self.server.outbox.read_text().splitlines()]
            return next((x["url"] for x in lines if x["to"] == self.email and path in x.get("url", "")), None)

        return wait_for(find, f"a link to {path}")


def _opened(path: str, prepare: Callable[[Stage], None] | None = None) -> Callable[[Stage], None]:
    def reach(stage: Stage) -> None:
        if prepare is not None:
            prepare(stage)
        stage.open(path)

    return reach


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


def _trusted(stage: Stage) -> None:
    stage.enrol()
    stage.sign_in()
    stage.page.get_by_label("Trust this browser").check()
    with stage.page.expect_navigation():
        stage.page.get_by_label("Code from").fill(stage.next_code())


def _step_up(stage: Stage) -> None:
    _trusted(stage)
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


def _required(stage: Stage) -> None:
    stage.require("now")
    stage.sign_in()


def _required_refused(stage: Stage) -> None:
    _required(stage)
    stage.send("Continue", password="not the password")


def _required_app(stage: Stage) -> None:
    _required(stage)
    stage.send("Continue", password=PASSWORD)


def _required_app_refused(stage: Stage) -> None:
    _required_app(stage)
    stage.page.locator("input[name=code]").fill(WRONG)
    stage.page.get_by_role("alert").wait_for()


def _required_mail(stage: Stage) -> None:
    _required(stage)
    stage.open("/enrol?method=otp")


def _required_mail_sent(stage: Stage) -> None:
    _required_mail(stage)
    stage.send("Continue", password=PASSWORD)


def _step_up_without_fitting_factor(stage: Stage) -> None:
    _trusted(stage)
    stage.open("/step-up?amr=phishing_resistant")


def _lost(stage: Stage) -> None:
    stage.enrol()
    stage.sign_in()
    stage.open("/second-step/lost")


def _lost_sent(stage: Stage) -> None:
    _lost(stage)
    stage.send("Send the link")


def _lost_refused(stage: Stage) -> None:
    _lost_sent(stage)
    for _ in range(2):
        stage.call("/two-factor/recovery/begin")
    stage.open("/second-step/lost")
    stage.send("Send the link")


def _recovery(stage: Stage) -> None:
    _lost_sent(stage)
    stage.page.context.clear_cookies()
    stage.page.goto(stage.link("/open-recovery"))


def _recovery_begun(stage: Stage) -> None:
    _recovery(stage)
    stage.send("Begin the recovery")


def _recovery_cancelling(stage: Stage) -> None:
    _recovery_begun(stage)
    stage.page.goto(stage.link("/cancel-recovery"))


def _recovery_cancelled(stage: Stage) -> None:
    _recovery_cancelling(stage)
    stage.send("Cancel the recovery")


def _breached(stage: Stage) -> None:
    """Mark the password, as a server does that knows breached ones."""
    stage.sign_up()
    mark = "UPDATE athena_account SET breach_found_for = password_changed_at WHERE email = ?"
    with closing(sqlite3.connect(stage.server.folder / "athena.db")) as database, database:
        assert database.execute(mark, (stage.email,)).rowcount == 1


STATES: dict[str, Callable[[Stage], None]] = {
    "sign-in": _opened("/sign-in"),
    "sign-in-refused": _sign_in_refused,
    "sign-in-throttled": _sign_in_throttled,
    "sign-in-after-expiry": _second_step_ended,
    "signed-out": _opened("/sign-in?notice=signed-out"),
    "sign-up": _opened("/sign-up"),
    "sign-up-refused": _sign_up_refused,
    "check-mail": _check_mail,
    "check-mail-sent-again": _check_mail_again,
    "forgot-password": _opened("/forgot-password"),
    "forgot-password-sent": _forgotten,
    "reset-password": _reset,
    "reset-password-refused": _reset_refused,
    "link-used": _link_used,
    "verify-email": _verify,
    "verified": _verified,
    "recognize-browser": _opened("/api/auth/recognize-browser?token=no-such-token"),
    "not-found": _opened("/nowhere"),
    "no-cookies": _opened("/signed-in"),
    "second-step-app": _second_step("totp"),
    "second-step-refused": _second_step_refused,
    "second-step-mail": _second_step("otp"),
    "second-step-mail-sent": _second_step_sent,
    "second-step-backup-code": _second_step("backup-code"),
    "lost-factors": _lost,
    "lost-factors-sent": _lost_sent,
    "lost-factors-refused": _lost_refused,
    "recovery": _recovery,
    "recovery-begun": _recovery_begun,
    "recovery-cancel": _recovery_cancelling,
    "recovery-cancelled": _recovery_cancelled,
    "recovery-finish": _opened("/api/auth/finish-recovery?token=no-such-token"),
    "security-off": _opened("/security", Stage.sign_up),
    "security-on": _opened("/security", Stage.enrol),
    "security-long": _long,
    "security-breached": _opened("/security", _breached),
    "authenticator": _opened("/security/authenticator", Stage.sign_up),
    "authenticator-pending": _app_pending,
    "authenticator-refused": _app_refused,
    "authenticator-replace": _opened("/security/authenticator", Stage.enrol),
    "authenticator-replaces-several": _opened("/security/authenticator", _several_apps),
    "authenticators": _several_apps,
    "authenticators-none": _opened("/security/authenticators", Stage.sign_up),
    "authenticators-last-one": _last_app_removed,
    "authenticators-add": _opened("/security/authenticators/add", Stage.enrol),
    "authenticators-add-pending": _added_app_pending,
    "backup-codes": _opened("/security/backup-codes", Stage.enrol),
    "backup-codes-new": _new_codes,
    "backup-codes-last-one": _opened("/security/backup-codes?notice=last-code", Stage.enrol),
    "backup-codes-check": _check_code,
    "backup-codes-check-refused": _check_code_refused,
    "sent-codes": _opened("/security/otp", Stage.sign_up),
    "sent-codes-mail": _opened("/security/otp?by=email", Stage.sign_up),
    "sent-codes-pending": _sent_code_pending,
    "sent-codes-text": _opened("/security/otp?by=text", Stage.sign_up),
    "sent-codes-text-pending": _sent_text_pending,
    "sent-codes-on": _opened("/security/otp", Stage.enrol),
    "devices-none": _opened("/security/devices", Stage.enrol),
    "devices": _opened("/security/devices", _trusted),
    "sessions": _opened("/security/sessions", _trusted),
    "sessions-all": _opened("/security/sessions/all", Stage.enrol),
    "events": _opened("/security/events", _trusted),
    "password": _opened("/security/password", Stage.sign_up),
    "password-refused": _password_refused("/security/password", "Change the password"),
    "email": _opened("/security/email", Stage.sign_up),
    "email-with-factor": _opened("/security/email", Stage.enrol),
    "email-asked": _email_asked,
    "email-refused": _email_refused,
    "email-changed": _email_changed,
    "email-undo": _undo_email,
    "email-undone": _email_undone,
    "disable": _opened("/security/disable", Stage.enrol),
    "disable-refused": _password_refused("/security/disable", "Turn it off"),
    "delete": _opened("/security/delete", Stage.enrol),
    "sign-in-again": _sign_in_again,
    "step-up": _step_up,
    "step-up-refused": _step_up_refused,
    "security-required": _opened("/security", lambda stage: stage.require("2099-01-01")),
    "enrol": _required,
    "enrol-refused": _required_refused,
    "enrol-app": _required_app,
    "enrol-app-refused": _required_app_refused,
    "enrol-mail": _required_mail,
    "enrol-mail-sent": _required_mail_sent,
    "step-up-no-fitting-factor": _step_up_without_fitting_factor,
    "dev-outbox": _outbox,
}
"""How to reach each state, by its name."""
