"""I7, against a server as operators run it: its database, its log and its answers, through one whole story.

Every secret of the story is kept, with the answers that are there to hand it out. No other answer may hold it, nor
the database at any point of the story, nor the log at its wordiest.
"""

import asyncio
import base64
import json
import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import pyotp
import pytest

from athena_auth.kernel.clock import SystemClock
from athena_auth.store.migrate import migrate
from support.attacker import BACKUP_CODE, wrong
from support.dump import dump
from support.links import token_in
from support.person import PASSWORD
from support.process import SECRET, Server, serving, wait_for

EMAIL = "ada@example.com"
SECOND_PASSWORD, THIRD_PASSWORD = "tr0mbone & cello / viola", "un mot de passe: très long"
WRONG_PASSWORD = "not the password at all"
TRUST, CHALLENGE = "athena-auth.trust_device", "athena-auth.two_factor"
ARGON2 = re.compile(r"\$argon2id\$\S+")


@dataclass
class Secret:
    """Something that opens something, in each way it may be written, and the answers that may hold it."""

    name: str
    forms: tuple[str, ...]
    handed_out_by: tuple[httpx.Response, ...]

    def is_in(self, text: str) -> bool:
        # A short number counts only where it stands alone: digests hold all sorts of digits.
        return any(
            re.search(rf"(?<!\w){form}(?!\w)", text) if form.isdecimal() else form in text
            for form in self.forms
        )


@dataclass
class Story:
    """Ada's story: requests are dropped; responses and secrets are kept."""

    server: Server
    database_url: str
    answers: list[httpx.Response] = field(default_factory=list)
    secrets: list[Secret] = field(default_factory=list)
    dumps: list[str] = field(default_factory=list)
    mails: int = 0
    clients: ExitStack = field(default_factory=ExitStack)

    def client(self, **headers: str) -> httpx.Client:
        hooks = {"response": [self._keep_answer]}
        client = httpx.Client(base_url=self.server.base_url, headers=headers, timeout=30, event_hooks=hooks)
        return self.clients.enter_context(client)

    def bearer(self, token: str) -> httpx.Client:
        return self.client(authorization=f"Bearer {token}")

    def _keep_answer(self, answer: httpx.Response) -> None:
        answer.read()
        self.answers.append(answer)
        self.dumps.append(asyncio.run(dump(self.database_url)))

    def keep(self, name: str, value: str, *handed_out_by: httpx.Response) -> str:
        forms = {value, quote(value, safe=""), json.dumps(value)[1:-1], value.removeprefix("2fa_")}
        if re.fullmatch(r"(\w{4}-){3}\w{4}", value):
            forms.add(value.replace("-", ""))
        self.secrets.append(Secret(name, tuple(sorted(forms)), handed_out_by))
        return value

    def keep_phone(self, shown: httpx.Response, *others: httpx.Response) -> pyotp.TOTP:
        uri = shown.json()["totpURI"]
        phone = pyotp.parse_uri(uri)
        assert isinstance(phone, pyotp.TOTP)
        raw = base64.b32decode(phone.secret)
        self.keep("otpauth URI", uri, shown, *others)
        self.keep("TOTP secret", phone.secret, shown, *others)
        self.secrets.append(Secret("TOTP key", (raw.decode("latin-1"), raw.hex()), ()))
        return phone

    def mail(self, kind: str) -> dict[str, Any]:
        """Wait for the next mail of this kind."""

        def find() -> dict[str, Any] | None:
            lines = self.server.outbox.read_text().splitlines()[self.mails :]
            mails = [json.loads(line) for line in lines]
            return next((mail for mail in mails if mail["kind"] == kind), None)

        found = wait_for(find, f"a mail: {kind}")
        self.mails = len(self.server.outbox.read_text().splitlines())
        return found


def post(client: httpx.Client, path: str, status: int = 200, **body: Any) -> httpx.Response:
    answer = client.post(path, json=body)
    assert answer.status_code == status, (path, answer.text)
    return answer


def sign_up_and_verify_the_address(story: Story) -> str:
    client = story.client(origin=story.server.base_url.removesuffix("/api/auth"))
    signed_up = post(client, "/sign-up/email", name="Ada", email=EMAIL, password=PASSWORD)
    session: str = story.keep("first session", signed_up.json()["token"], signed_up)
    post(client, "/sign-in/email", 401, email=EMAIL, password=WRONG_PASSWORD)
    post(client, "/send-verification-email", email=EMAIL)
    link = story.keep("token of verification", token_in(story.mail("email-verification")["url"]))
    stranger = story.client()
    assert stranger.get("/verify-email", params={"token": link}).status_code == 401
    post(stranger, "/confirm-email", 401, token=link, password=WRONG_PASSWORD)
    post(stranger, "/confirm-email", token=link, password=PASSWORD)
    assert stranger.get("/verify-email", params={"token": link}).status_code == 200
    return session


def enrol(story: Story, session: str) -> tuple[pyotp.TOTP, list[str]]:
    ada = story.bearer(session)
    shown = post(ada, "/two-factor/enable", password=PASSWORD)
    again = post(ada, "/two-factor/get-totp-uri", password=PASSWORD)
    phone = story.keep_phone(shown, again)
    codes = [story.keep("backup code", code, shown) for code in shown.json()["backupCodes"]]
    code = story.keep("TOTP code of enrolment", phone.now())
    post(ada, "/two-factor/verify-totp", 401, code=story.keep("wrong TOTP code", wrong(code)))
    confirmed = post(ada, "/two-factor/verify-totp", code=code)
    assert confirmed.json()["token"] == session
    story.secrets[0].handed_out_by += (confirmed,)
    post(ada, "/two-factor/verify-totp", 401, code=code)
    return phone, codes


def sign_in_by_mail_and_trust(story: Story) -> None:
    browser = story.client(origin=story.server.base_url.removesuffix("/api/auth"))
    due = post(browser, "/sign-in/email", email=EMAIL, password=PASSWORD)
    story.keep("challenge", due.json()["token"], due)
    assert browser.cookies[CHALLENGE] == due.json()["token"]
    post(browser, "/two-factor/send-otp")
    code = story.keep("sent code", story.mail("two-factor-otp")["code"])
    post(browser, "/two-factor/verify-otp", 401, code=story.keep("wrong sent code", wrong(code)))
    passed = post(browser, "/two-factor/verify-otp", code=code, trustDevice=True)
    story.keep("session by mail", passed.json()["token"], passed)
    story.keep("trust", browser.cookies[TRUST], passed)
    trusted = post(browser, "/sign-in/email", email=EMAIL, password=PASSWORD)
    story.keep("session by trust", trusted.json()["token"], trusted)
    story.keep("next trust", browser.cookies[TRUST], trusted)
    for path in ("/get-session", "/list-sessions", "/two-factor/status", "/two-factor/trusted-devices"):
        assert browser.get(path).status_code == 200
    post(browser, "/sign-out")


def sign_in_by_backup_code(story: Story, session: str, codes: list[str]) -> None:
    due = post(story.client(), "/sign-in/email", email=EMAIL, password=PASSWORD)
    challenge = story.keep("second challenge", due.json()["token"], due)
    waiting = story.bearer(challenge)
    post(waiting, "/two-factor/verify-backup-code", 401, code=BACKUP_CODE)
    passed = post(waiting, "/two-factor/verify-backup-code", code=codes[0])
    story.keep("session by backup code", passed.json()["token"], passed)
    made = post(story.bearer(session), "/two-factor/generate-backup-codes", password=PASSWORD)
    for code in made.json()["backupCodes"]:
        story.keep("new backup code", code, made)


def forget_the_password(story: Story, phone: pyotp.TOTP) -> None:
    client = story.client()
    post(client, "/request-password-reset", email=EMAIL)
    token = story.keep("token of reset", token_in(story.mail("password-reset")["url"]))
    post(client, "/check-reset-token", token=token)
    post(client, "/reset-password", 400, token=token, newPassword="short")
    post(client, "/reset-password", 400, token=wrong_token(token), newPassword=SECOND_PASSWORD)
    reset = post(client, "/reset-password", token=token, newPassword=SECOND_PASSWORD)
    challenge = story.keep("challenge after a reset", reset.json()["token"], reset)
    code = story.keep("TOTP code of sign-in", phone.at(SystemClock().now() // 1000 + phone.interval))
    passed = post(story.bearer(challenge), "/two-factor/verify-totp", code=code)
    session = story.keep("session after a reset", passed.json()["token"], passed)
    ada = story.bearer(session)
    body: dict[str, Any] = {"newPassword": THIRD_PASSWORD, "revokeOtherSessions": True}
    post(ada, "/change-password", 400, currentPassword=WRONG_PASSWORD, **body)
    changed = post(ada, "/change-password", currentPassword=SECOND_PASSWORD, **body)
    renewed = story.keep("session after a change", changed.json()["token"], changed)
    shown = story.bearer(renewed).get("/get-session")
    story.secrets[-1].handed_out_by += (shown,)
    send_nonsense(story, renewed)


def wrong_token(token: str) -> str:
    return token[:-1] + ("A" if token[-1] != "A" else "B")


def send_nonsense(story: Story, session: str) -> None:
    """Put secrets where none belongs, as a client with a fault does."""
    client = story.bearer(session)
    client.get(f"/{session}", params={"token": session, "password": THIRD_PASSWORD})
    client.post("/sign-in/email", content=f'{{"email": "{EMAIL}", "password": "{THIRD_PASSWORD}", '.encode())
    client.post("/sign-in/email", json={"email": THIRD_PASSWORD, "password": [THIRD_PASSWORD]})
    client.post("/sign-up/email", json={"email": session, "password": THIRD_PASSWORD, "name": session})
    client.post("/two-factor/verify-totp", json={"code": {"code": THIRD_PASSWORD}})
    client.post("/revoke-session", json={"token": f"{session} {session}"})
    client.post("/reset-password", json={"token": session, "newPassword": THIRD_PASSWORD})
    story.bearer(f"{session}{session}").get("/list-sessions")
    story.client(cookie=f"{CHALLENGE}={session}").post("/two-factor/send-otp", json={})


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Let Ada's story happen once over each kind of database."""
    folder = tmp_path_factory.mktemp("server")
    if request.param == "postgres":
        database_url = request.getfixturevalue("postgres_server").new_database()
    else:
        database_url = f"sqlite:///{folder / 'athena.db'}"
        migrate(database_url)
    with serving(folder, database_url=database_url, secret=SECRET, log_level="debug") as server:
        story = Story(server, database_url)
        with story.clients:
            session = sign_up_and_verify_the_address(story)
            phone, codes = enrol(story, session)
            sign_in_by_mail_and_trust(story)
            sign_in_by_backup_code(story, session, codes)
            forget_the_password(story, phone)
    for name in ("PASSWORD", "SECOND_PASSWORD", "THIRD_PASSWORD", "WRONG_PASSWORD", "SECRET"):
        story.keep(name, globals()[name])
    return story


def test_the_database_holds_no_secret_at_any_point(told: Story) -> None:
    """CVE-2020-15105: a password lay readable in a store between two steps, and was gone when one looked later."""
    assert len(told.dumps) > 40
    assert EMAIL in told.dumps[-1]
    found = {
        (secret.name, n) for n, text in enumerate(told.dumps) for secret in told.secrets if secret.is_in(text)
    }

    assert found == set()


def test_the_log_holds_no_secret_at_its_wordiest(told: Story) -> None:
    log = told.server.log + told.server.announcement
    assert "/two-factor/verify-backup-code" in log
    hashes = {found for text in told.dumps for found in ARGON2.findall(text)}
    assert len(hashes) == 3

    assert {secret.name for secret in told.secrets if secret.is_in(log)} == set()
    assert [each for each in (EMAIL, *hashes) if each in log] == []


def test_an_answer_holds_no_secret_but_the_one_it_hands_out(told: Story) -> None:
    """CVE-2026-105211: the reply to "send me a code" contained the code."""
    hashes = {found for text in told.dumps for found in ARGON2.findall(text)}
    leaks = []
    for answer in told.answers:
        text = f"{answer.text}\n{answer.headers}"
        for secret in told.secrets:
            is_meant = any(answer is each for each in secret.handed_out_by)
            assert secret.is_in(text) or not is_meant, (secret.name, "is handed out where nobody looks")
            if secret.is_in(text) and not is_meant:
                leaks.append((secret.name, str(answer.request.url.path)))
        leaks += [("password hash", str(answer.request.url.path)) for each in hashes if each in text]

    assert leaks == []
