"""The users of a server with passkeys, their tokens, and the responses of their authenticators, right and wrong."""

import secrets
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pyotp
from cryptography.hazmat.primitives.asymmetric import ec

from support.driver import Driver
from support.passkey import Authenticator, base64url
from support.passkey_model import DAY, GRACE, Key, Kind, Nonce, Owner, Token


@dataclass(eq=False)
class Response:
    """What an authenticator has signed."""

    key: Key
    nonce: Nonce
    sent: dict[str, Any]
    is_forged: bool


class PasskeyDriver(Driver):
    """Sends requests to a server that requires a second factor three days after the sign-up, and chooses whose."""

    SETTINGS: ClassVar[dict[str, Any]] = {"require_second_factor": "all", "require_grace": GRACE // DAY}

    def __init__(self) -> None:
        super().__init__()
        self.owners: list[Owner] = []
        self.responses: list[Response] = []
        self.cookies: list[tuple[str, Nonce]] = []
        self.accepted: list[tuple[str, Nonce, Response]] = []
        """What has signed in without a password."""

    def response(
        self,
        n: int,
        kind: str,
        owner: Owner,
        nonce: Nonce | None,
        elsewhere: list[Nonce | None],
        step: int,
    ) -> Response | None:
        """Return the response of a passkey, which counts by `step`; None if there is none of this kind."""
        if kind == "replayed":
            return self.responses[-1 - n % min(3, len(self.responses))] if self.responses else None
        keys = owner.usable_keys
        if kind == "suspended":
            keys = [key for key in self.keys() if key.is_suspended]
        if kind == "another's":
            keys = [key for key in self.keys() if key not in owner.keys]
        if not keys:
            return None
        key = one_of(n, keys)
        nonce = {"elsewhere": any_of(n, elsewhere), "made up": None}.get(kind, nonce) or _made_up()
        if key.device.count is not None:
            key.device.count = max(key.device.count + step - 1, 0)
        is_forged = kind == "forged"
        device = replace(key.device, key=ec.generate_private_key(ec.SECP256R1())) if is_forged else key.device
        options = {"rpId": "localhost", **nonce.options}
        self.responses.append(Response(key, nonce, device.get(options), is_forged))
        return self.responses[-1]

    def code_of(self, app: pyotp.TOTP) -> str:
        """Return a code that was not used: that of the next step."""
        self.world.clock.advance(app.interval)
        return app.at(self.now // 1000)

    def add_token(self, owner: Owner, kind: Kind, value: str, *amr: str) -> Token:
        assert value not in {each.value for each in self.tokens()}
        level = 0 if kind != "session" else 1 if amr == ("pwd",) else 2
        token = Token(
            owner=owner, value=value, kind=kind, used_at=self.now, amr=amr, level=level, verified_at=self.now
        )
        owner.tokens.append(token)
        return token

    def tokens(self) -> list[Token]:
        return [token for owner in self.owners for token in owner.tokens]

    def keys(self) -> list[Key]:
        return [key for owner in self.owners for key in owner.keys]

    def owner(self, n: int) -> Owner:
        """Choose the second one in most cases, so that more happens to one account."""
        return self.owners[n % 4 > 0]

    def token(self, n: int) -> Token:
        """Choose a live one in most cases, and the newest more often than the others."""
        tokens = self.owner(n).tokens
        live = [token for token in tokens if token.is_live(self.now)]
        tokens = live if live and n % 5 else tokens
        return tokens[-1 - min(n % len(tokens), n // 7 % len(tokens))]


def one_of(n: int, keys: list[Key]) -> Key:
    return keys[n // 3 % len(keys)]


def any_of(n: int, nonces: list[Nonce | None]) -> Nonce | None:
    shown = [nonce for nonce in nonces if nonce is not None]
    return shown[n // 3 % len(shown)] if shown else None


def _made_up() -> Nonce:
    return Nonce({"challenge": base64url(secrets.token_bytes(32))}, 0)


def created(device: Authenticator, nonce: Nonce | None) -> dict[str, Any]:
    """Return the registration that this device makes for this nonce, whatever it was shown for."""
    options = (nonce or _made_up()).options
    return device.create({"user": {"id": "AAAA"}, "rp": {"id": "localhost"}, **options})
