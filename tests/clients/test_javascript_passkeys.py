"""The JavaScript module's calls for passkeys in Chromium, with its virtual authenticators."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page

from support.chromium import PATIENCE_MS
from support.client_types import check_against_types
from support.process import Server, serving
from support.virtual_authenticator import PLATFORM, SECURITY_KEY, VirtualAuthenticator

PASSWORD = "correct horse battery staple"
APP = """\
<!doctype html><title>App</title><input name="email" autocomplete="username webauthn">
<script type="module">
  import { client, createAuthClient } from "/api/auth/client.js";
  Object.assign(window, { auth: client.auth, createAuthClient });
</script>
"""
# An error crosses to the test as an exception, so what programs read of it is picked out.
CALL = """async ([path, given]) => {
  const { data, error } = await path.split(".").reduce((part, name) => part[name], auth)(...given);
  return { data, error: error && { name: error.name, status: error.status, code: error.code, cause: error.cause?.name } };
}"""
OFFER = """() => {
  window.ceremony = new AbortController();
  window.offered = auth.signIn.passkey({ autoFill: true }, { signal: ceremony.signal });
}"""
NEXT = """async () => {{
  const next = {};
  return [(await offered).error?.code, (await next)?.data.user.email ?? null];
}}"""
HAS_OFFERED = "auth.getSession().then(() => new Promise((settle) => setTimeout(settle)))"
AS_BEARER = "auth = createAuthClient({ credentials: 'bearer' }).auth; 0"
# A password manager that has just filled in a password; Chromium has none when it runs without a window.
PASSWORD_MANAGER = """
PublicKeyCredential.getClientCapabilities = async () => ({ conditionalCreate: true });
const create = navigator.credentials.create.bind(navigator.credentials);
navigator.credentials.create = ({ mediation, ...options }) => {
  window.mediation = mediation;
  return create(options);
};
0
"""


@dataclass
class App:
    """A page of the server's own origin that uses the module, and its user."""

    page: Page
    email: str = field(default_factory=lambda: f"ada-{uuid4()}@example.com")
    answers: list[tuple[str, object]] = field(default_factory=list)
    """The calls that succeeded, with their data."""

    def call(self, path: str, *given: object) -> Any:
        """Call the client; return the data of its answer."""
        answer = self.page.evaluate(CALL, [path, given])
        assert answer["error"] is None, answer
        self.answers.append((f"auth.{path}", answer["data"]))
        return answer["data"]

    def refusal(self, path: str, *given: object) -> Any:
        """Call the client; return the error of its answer, without what is the same for all."""
        answer = self.page.evaluate(CALL, [path, given])
        assert answer["data"] is None, answer
        assert answer["error"].pop("name") == "AuthError"
        return answer["error"]

    def sign_up(self) -> None:
        self.call("signUp.email", {"name": "Ada", "email": self.email, "password": PASSWORD})

    def sign_in(self) -> Any:
        return self.call("signIn.email", {"email": self.email, "password": PASSWORD})

    def turn_on(self) -> None:
        """Turn two-factor authentication on with a passkey."""
        begun = self.call("twoFactor.enable", {"password": PASSWORD, "method": "passkey", "label": "Key"})
        assert begun["confirmationPending"]
        self.call("twoFactor.verifyPasskey", {"options": begun["options"]})

    def session(self) -> Any:
        """Return the session; None if there is none."""
        found = self.call("getSession")
        return found and found["session"]


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    (folder / "athena.db").write_bytes(sqlite_template.read_bytes())
    with serving(folder) as running:
        yield running


@pytest.fixture
def app(browser: Browser, server: Server, tmp_path: Path) -> Iterator[App]:
    address = server.base_url.removesuffix("/api/auth") + "/app"
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.route(address, lambda route: route.fulfill(content_type="text/html", body=APP))
        page.goto(address)
        page.wait_for_function("window.auth !== undefined")
        app = App(page)
        yield app
        check_against_types(app.answers, tmp_path)


def test_a_passkey_is_added_listed_renamed_used_and_removed(app: App) -> None:
    VirtualAuthenticator(app.page, PLATFORM)
    app.sign_up()

    added = app.call("passkey.addPasskey", {"name": "Laptop", "authenticatorAttachment": "platform"})
    renamed = app.call("passkey.updatePasskey", {"id": added["id"], "name": "Old laptop"})["passkey"]
    assert app.call("passkey.listUserPasskeys") == [renamed]
    app.call("signOut")
    signed_in = app.call("signIn.passkey")
    assert (signed_in["user"]["email"], app.session()["level"]) == (app.email, 2)
    app.call("passkey.deletePasskey", {"id": added["id"]})

    assert (added["name"], renamed["name"]) == ("Laptop", "Old laptop")
    assert app.call("passkey.listUserPasskeys") == []


def test_a_device_makes_one_passkey_for_an_account(app: App) -> None:
    VirtualAuthenticator(app.page, PLATFORM)
    app.sign_up()
    app.call("passkey.addPasskey")

    again = app.refusal("passkey.addPasskey")

    assert again == {"status": 0, "code": "PREVIOUSLY_REGISTERED", "cause": "InvalidStateError"}


def test_a_security_key_is_the_second_factor_and_steps_up(app: App) -> None:
    VirtualAuthenticator(app.page, SECURITY_KEY)
    app.sign_up()
    app.turn_on()
    app.call("signOut")

    assert app.sign_in()["twoFactorMethods"][0] == "passkey"
    assert app.session() is None
    app.call("twoFactor.verifyPasskey", {"trustDevice": True})
    assert app.session()["amr"] == ["pwd", "hwk"]

    app.call("signOut")
    assert app.sign_in()["user"]["email"] == app.email, "the device is trusted"
    assert app.refusal("twoFactor.disable", {"password": PASSWORD})["code"] == "STEP_UP_REQUIRED"
    app.call("twoFactor.verifyPasskey")
    app.call("twoFactor.disable", {"password": PASSWORD})


def test_the_second_step_works_with_a_bearer_token_and_a_sign_in_alone_does_not(app: App) -> None:
    VirtualAuthenticator(app.page, PLATFORM)
    app.page.evaluate(AS_BEARER)
    app.sign_up()
    app.turn_on()
    app.call("signOut")
    assert app.sign_in()["twoFactorRedirect"]

    alone = app.refusal("signIn.passkey")
    app.call("twoFactor.verifyPasskey")

    assert alone == {"status": 0, "code": "PASSKEY_NOT_SUPPORTED", "cause": None}
    assert app.session()["level"] == 2


def test_a_password_is_removed_and_set_again(app: App, server: Server) -> None:
    VirtualAuthenticator(app.page, PLATFORM)
    app.sign_up()
    app.page.request.get(server.sent_link(app.email, "/verify-email"))
    app.turn_on()
    assert app.refusal("removePassword")["code"] == "STEP_UP_REQUIRED", "no passkey was used in this session"
    app.call("twoFactor.verifyPasskey")

    app.call("removePassword")
    without = app.call("twoFactor.status")["hasPassword"]
    app.call("setPassword", {"newPassword": "another long sentence"})

    assert not without
    assert app.call("twoFactor.status")["hasPassword"]


def test_a_user_who_cancels_is_an_error_and_no_exception(app: App) -> None:
    cancelled = {"status": 0, "code": "PASSKEY_CANCELLED", "cause": "NotAllowedError"}
    device = VirtualAuthenticator(app.page, PLATFORM)
    app.sign_up()
    app.turn_on()

    device.cancel()

    assert app.refusal("signIn.passkey") == cancelled
    device.forget()
    assert app.refusal("twoFactor.verifyPasskey") == cancelled
    assert app.refusal("passkey.addPasskey") == cancelled
    thrown = app.page.evaluate("auth.signIn.passkey({}, { throw: true }).catch((error) => error.code)")
    assert thrown == "PASSKEY_CANCELLED"
    assert app.session()["level"] == 2, "as before"


def test_a_refusal_of_the_server_ends_the_call(app: App) -> None:
    VirtualAuthenticator(app.page, PLATFORM)

    assert app.refusal("passkey.addPasskey")["code"] == "UNAUTHORIZED"
    assert app.refusal("twoFactor.verifyPasskey")["code"] == "INVALID_TWO_FACTOR_COOKIE"


def test_the_autofill_of_a_field_signs_in(app: App) -> None:
    VirtualAuthenticator(app.page, PLATFORM)
    app.sign_up()
    app.call("passkey.addPasskey")
    app.call("signOut")

    signed_in = app.call("signIn.passkey", {"autoFill": True})

    assert signed_in["user"]["email"] == app.email


@pytest.mark.parametrize(
    "end", ["ceremony.abort()", "auth.signIn.passkey({ autoFill: true })", "auth.signIn.passkey()"]
)
def test_an_offer_in_the_autofill_waits_until_it_is_given_up_or_the_next_call(app: App, end: str) -> None:
    device = VirtualAuthenticator(app.page, PLATFORM)
    app.sign_up()
    app.call("passkey.addPasskey")
    app.call("signOut")
    device.leave()
    app.page.evaluate(OFFER)
    app.page.evaluate(HAS_OFFERED)
    device.return_()

    ended, user = app.page.evaluate(NEXT.format(end))

    assert (ended, user) == ("ABORTED", None if "abort" in end else app.email)


def test_a_password_manager_makes_a_passkey_by_itself(app: App) -> None:
    VirtualAuthenticator(app.page, PLATFORM)
    app.sign_up()
    app.page.evaluate(PASSWORD_MANAGER)

    with app.page.expect_request("**/passkey/verify-registration") as sent:
        app.call("passkey.addPasskey", {"useAutoRegister": True})

    assert app.page.evaluate("mediation") == "conditional"
    assert json.loads(sent.value.post_data or "")["mediation"] == "conditional"


@pytest.mark.parametrize(
    ("lacking", "call", "given"),
    [
        ("delete window.PublicKeyCredential", "signIn.passkey", {}),
        ("delete PublicKeyCredential.parseCreationOptionsFromJSON", "passkey.addPasskey", {}),
        (
            "PublicKeyCredential.isConditionalMediationAvailable = async () => false",
            "signIn.passkey",
            {"autoFill": True},
        ),
        (
            "PublicKeyCredential.getClientCapabilities = async () => ({})",
            "passkey.addPasskey",
            {"useAutoRegister": True},
        ),
    ],
)
def test_a_browser_that_cannot_is_asked_nothing(
    app: App, lacking: str, call: str, given: dict[str, bool]
) -> None:
    app.sign_up()
    app.page.evaluate(f"{lacking}; 0")
    requests: list[str] = []
    app.page.on("request", lambda request: requests.append(request.url))

    refused = app.refusal(call, given)

    assert refused == {"status": 0, "code": "PASSKEY_NOT_SUPPORTED", "cause": None}
    assert requests == []
