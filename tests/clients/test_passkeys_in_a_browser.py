"""Passkeys in Chromium with its virtual authenticators: with Better Auth's `passkeyClient` unchanged, and by hand."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from support.chromium import PATIENCE_MS
from support.node import PACKAGES, ROOT, node, require
from support.process import serving

EMAIL, PASSWORD = "ada@example.com", "correct horse battery staple"
PLATFORM = {
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}
SECURITY_KEY = {"transport": "usb", "hasResidentKey": False, "hasUserVerification": False}
_BY_HAND = """
globalThis.call = async (method, path, body) => {
  const init = { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body) };
  const answer = await fetch("/api/auth" + path, init);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
};
globalThis.create = async (options) => (await navigator.credentials.create({
  publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
})).toJSON();
globalThis.use = async (options) => (await navigator.credentials.get({
  publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
})).toJSON();
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the front end's script, with Better Auth's client in it."""
    require(PACKAGES / "esbuild", PACKAGES / "@better-auth" / "passkey")
    bundle = tmp_path_factory.mktemp("bundle") / "passkeys.js"
    source = ROOT / "tests" / "clients" / "better_auth" / "passkeys.mjs"
    options = json.dumps({"entryPoints": [str(source)], "outfile": str(bundle), "bundle": True})
    program = f"import {{ build }} from 'esbuild'; await build({options});"
    built = node("--input-type=module", "--eval", program)
    assert built.returncode == 0, built.stderr
    return bundle.read_text()


@dataclass(frozen=True)
class FrontEnd:
    """A page of the server's own origin, and the authenticators that its browser has."""

    page: Page

    def plug_in(self, kind: dict[str, Any]) -> None:
        """Give the browser an authenticator that its user touches whenever it asks."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "automaticPresenceSimulation": True, **kind}
        session.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    def run(self, script: str) -> Any:
        """Return what a call of Better Auth's client resolves to; fail if it is an error."""
        answer = self.page.evaluate(script)
        assert answer["error"] is None, answer
        return answer["data"]

    def sign_up(self) -> None:
        fields = f"email: '{EMAIL}', password: '{PASSWORD}', name: 'Ada'"
        self.run(f"auth.signUp.email({{ {fields} }})")


@pytest.fixture
def front_end(browser: Browser, script: str, tmp_path: Path) -> Iterator[FrontEnd]:
    with serving(tmp_path) as server:
        address = server.base_url.removesuffix("/api/auth") + "/front-end"
        html = "<!doctype html><input name=email autocomplete='username webauthn'>"
        with browser.new_context() as context:
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.route(address, lambda route: route.fulfill(content_type="text/html", body=html))
            page.goto(address)
            page.add_script_tag(content=script)
            page.add_script_tag(content=_BY_HAND)
            yield FrontEnd(page)


def test_better_auths_client_adds_lists_renames_signs_in_and_removes(front_end: FrontEnd) -> None:
    front_end.plug_in(PLATFORM)
    front_end.sign_up()

    added = front_end.run("auth.passkey.addPasskey({ name: 'Laptop' })")
    listed = front_end.run("auth.passkey.listUserPasskeys()")
    front_end.run(f"auth.passkey.updatePasskey({{ id: '{added['id']}', name: 'Old laptop' }})")
    front_end.run("auth.signOut()")
    signed_in = front_end.run("auth.signIn.passkey()")
    current = front_end.run("auth.getSession()")
    front_end.run(f"auth.passkey.deletePasskey({{ id: '{added['id']}' }})")

    assert [each["name"] for each in listed] == ["Laptop"]
    assert signed_in["user"]["email"] == current["user"]["email"] == EMAIL
    assert (current["session"]["level"], len(current["session"]["amr"])) == (2, 1)
    assert front_end.run("auth.passkey.listUserPasskeys()") == []


def test_a_passkey_is_added_once_to_a_device(front_end: FrontEnd) -> None:
    front_end.plug_in(PLATFORM)
    front_end.sign_up()
    front_end.run("auth.passkey.addPasskey()")

    again = front_end.page.evaluate("auth.passkey.addPasskey()")

    assert again["error"]["code"] == "ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED"


def test_the_autofill_of_a_field_signs_in(front_end: FrontEnd) -> None:
    front_end.plug_in(PLATFORM)
    front_end.sign_up()
    front_end.run("auth.passkey.addPasskey()")
    front_end.run("auth.signOut()")

    signed_in = front_end.run("auth.signIn.passkey({ autoFill: true })")

    assert signed_in["user"]["email"] == EMAIL


def test_a_security_key_without_user_verification_is_the_second_factor(front_end: FrontEnd) -> None:
    front_end.plug_in(SECURITY_KEY)
    front_end.sign_up()

    front_end.page.evaluate(
        """async (password) => {
          const begun = await call("POST", "/two-factor/enable", { password, method: "passkey" });
          await call("POST", "/two-factor/verify-passkey", { response: await create(begun.options) });
        }""",
        PASSWORD,
    )
    front_end.run("auth.signOut()")
    due = front_end.run(f"auth.signIn.email({{ email: '{EMAIL}', password: '{PASSWORD}' }})")
    signed_in = front_end.page.evaluate(
        """async () => {
          const { options } = await call("POST", "/two-factor/prompt-passkey", {});
          return call("POST", "/two-factor/verify-passkey", { response: await use(options) });
        }"""
    )

    assert due["twoFactorMethods"][0] == "passkey"
    assert signed_in["user"]["email"] == EMAIL
    assert front_end.run("auth.getSession()")["session"]["amr"] == ["pwd", "hwk"]
