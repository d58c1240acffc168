"""The second and further authenticator apps of a person."""

from dataclasses import dataclass
from typing import Any

import pyotp

from support.person import Person


@dataclass(frozen=True)
class App:
    """An authenticator app of an account that has several."""

    id: str
    secret: pyotp.TOTP
    owner: Person

    def code(self, steps: int = 0) -> str:
        """Return the code that it shows now, or this many steps from now."""
        return self.secret.at(self.owner.world.clock.now() // 1000 + steps * self.secret.interval)


async def begin_app(owner: Person, label: str | None = None) -> App:
    """Begin to add an app. The session needs a recent second factor."""
    answer = await owner.post("/two-factor/add-authenticator", password=owner.password, label=label)
    assert answer.status_code == 200, answer.text
    secret = pyotp.parse_uri(answer.json()["totpURI"])
    assert isinstance(secret, pyotp.TOTP)
    return App(answer.json()["id"], secret, owner)


async def add_app(owner: Person, label: str | None = None) -> App:
    """Add an app and confirm it; then advance the clock, so that its next code is unused."""
    app = await begin_app(owner, label)
    confirmed = await owner.post("/two-factor/verify-totp", code=app.code())
    assert confirmed.status_code == 200, confirmed.text
    owner.world.clock.advance(60)
    return app


async def listed(owner: Person) -> list[dict[str, Any]]:
    """Return the authenticators of the account as its owner sees them."""
    answer = await owner.client.get("/two-factor/list-authenticators")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def first_app(owner: Person) -> App:
    """Return the app that `turn_on_totp` has enrolled."""
    found = (await listed(owner))[0]
    assert owner.phone is not None
    return App(found["id"], owner.phone, owner)
