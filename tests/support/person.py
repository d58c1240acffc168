"""A user of the server: signs up, enrols a phone, signs in."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import pyotp

from support.world import World

PASSWORD = "correct horse battery staple"


@dataclass
class Person:
    """A user, with their client, session token and phone."""

    world: World
    email: str
    client: httpx.AsyncClient
    token: str
    password: str = PASSWORD
    phone: pyotp.TOTP | None = None
    backup_codes: list[str] = field(default_factory=list)

    async def post(self, path: str, **body: Any) -> httpx.Response:
        """Send a request with their session token."""
        return await self.client.post(path, json=body)

    def code(self, steps: int = 0) -> str:
        """Return the code that their phone shows now, or this many steps from now."""
        assert self.phone is not None
        return self.phone.at(self.world.clock.now() // 1000 + steps * self.phone.interval)

    async def enable(self, **body: Any) -> httpx.Response:
        """Begin to enrol a phone, and scan the code with it."""
        answer = await self.post("/two-factor/enable", password=self.password, **body)
        if answer.is_success and "totpURI" in answer.json():
            phone = pyotp.parse_uri(answer.json()["totpURI"])
            assert isinstance(phone, pyotp.TOTP)
            self.phone = phone
            self.backup_codes = answer.json()["backupCodes"]
        return answer

    async def turn_on_totp(self) -> None:
        """Enrol a phone and confirm it; then advance the clock, so that the next code is unused."""
        await self.enable()
        confirmed = await self.post("/two-factor/verify-totp", code=self.code())
        assert confirmed.status_code == 200, confirmed.text
        self.world.clock.advance(60)

    async def step_up(self) -> None:
        """Verify the second factor in this session again, so that it is recent."""
        verified = await self.post("/two-factor/verify-totp", code=self.code())
        assert verified.status_code == 200, verified.text
        self.world.clock.advance(60)

    async def change_password(self, new: str, **body: Any) -> httpx.Response:
        """Change the password, and continue with the token in the response."""
        answer = await self.post("/change-password", currentPassword=self.password, newPassword=new, **body)
        if answer.is_success:
            self.token, self.password = answer.json()["token"], new
            self.client = await self.world.bearer(self.token)
        return answer

    async def sign_in(self, client: httpx.AsyncClient | None = None, **body: Any) -> httpx.Response:
        """Sign in with the password, by default on a new device."""
        client = client or await self.world.client()
        credentials = {"email": self.email, "password": self.password, **body}
        return await client.post("/sign-in/email", json=credentials)

    async def challenge(self) -> str:
        """Sign in with the password and return the challenge token."""
        answer = await self.sign_in()
        assert answer.json()["twoFactorRedirect"] is True, answer.text
        token: str = answer.json()["token"]
        return token

    async def answer(self, challenge: str, path: str, **body: Any) -> httpx.Response:
        """Answer a challenge, as a bearer."""
        client = await self.world.bearer(challenge)
        return await client.post(f"/two-factor/{path}", json=body)

    async def session(self) -> Any:
        """Return what get-session says."""
        return (await self.client.get("/get-session")).json()


async def sign_up(world: World, email: str = "ada@example.com", name: str = "Ada") -> Person:
    """Create an account, and return its owner, who uses a bearer token."""
    client = await world.client()
    body = {"email": email, "password": PASSWORD, "name": name}
    answer = await client.post("/sign-up/email", json=body)
    assert answer.status_code == 200, answer.text
    token = answer.json()["token"]
    return Person(world, email, await world.bearer(token), token)
