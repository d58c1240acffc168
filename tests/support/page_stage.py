"""A browser at the pages, and what brings it to their states."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pyotp
from playwright.sync_api import Page

from athena_auth.kernel.clock import SystemClock
from support.process import Server, run_athena

PASSWORD = "correct horse battery"
WRONG = "000000"
POLICY = {"require_second_factor": "per-account"}
"""The setting with which a server reaches every state."""


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
        self.operate("require-second-factor", self.email, "--by", by, **POLICY)

    def operate(self, *command: str, **settings: str) -> None:
        """Run a command of an operator."""
        database = {"database_url": "sqlite:///athena.db", "mail_url": "file:operated.jsonl"}
        done = run_athena(self.server.folder, *command, **database, **settings)
        assert done.returncode == 0, done.stderr

    def link(self, path: str) -> str:
        """Wait for a mail with a link to this path, and return the link."""
        return self.server.sent_link(self.email, path)


def opened(path: str, prepare: Callable[[Stage], None] | None = None) -> Callable[[Stage], None]:
    """Return what opens a page, after what prepares it."""

    def reach(stage: Stage) -> None:
        if prepare is not None:
            prepare(stage)
        stage.open(path)

    return reach


def trusted(stage: Stage) -> None:
    """Create an account with an app, and sign in on a trusted browser."""
    stage.enrol()
    stage.sign_in()
    stage.page.get_by_label("Trust this browser").check()
    with stage.page.expect_navigation():
        stage.page.get_by_label("Code from").fill(stage.next_code())
