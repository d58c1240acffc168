"""The virtual authenticators of Chromium (DevTools protocol, domain `WebAuthn`)."""

from typing import Any

from playwright.sync_api import Page

PLATFORM = {
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}
"""A device that verifies its user, and lists its passkeys."""
SECURITY_KEY = {"transport": "usb", "hasResidentKey": False, "hasUserVerification": False}
"""A plain key: a touch is all that it asks for."""


class VirtualAuthenticator:
    """An authenticator of the browser, whose user touches it at once whenever it asks, also from the autofill of a field."""

    def __init__(self, page: Page, kind: dict[str, Any]) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "automaticPresenceSimulation": True, **kind}
        added = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._id = added["authenticatorId"]

    @property
    def credential_ids(self) -> list[str]:
        """The ids of its passkeys, in base64."""
        found = self._send("getCredentials")["credentials"]
        return [each["credentialId"] for each in found]

    def leave(self) -> None:
        """Let its user be elsewhere: what asks for a touch waits."""
        self._send("setAutomaticPresenceSimulation", enabled=False)

    def return_(self) -> None:
        """Let its user touch it again."""
        self._send("setAutomaticPresenceSimulation", enabled=True)

    def cancel(self) -> None:
        """Let its user fail to verify themselves, as by pressing Cancel."""
        self._send("setUserVerified", isUserVerified=False)

    def forget(self) -> None:
        """Delete its passkeys."""
        self._send("clearCredentials")

    def _send(self, command: str, **parameters: Any) -> Any:
        return self._session.send(f"WebAuthn.{command}", {"authenticatorId": self._id, **parameters})
