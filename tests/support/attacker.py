"""What an attacker does."""

from dataclasses import dataclass

import httpx

from support.person import Person
from support.world import World

PROXY = "127.0.0.0/8"
"""The tests' own address: with this as `trusted_proxies` a test chooses the address that a request comes from."""
BACKUP_CODE = "aaaa-bbbb-cccc-dddd"
"""Has the form of a backup code, but no account has it: there are 2^80."""


def wrong(code: str) -> str:
    """Return a code that is not this one."""
    return code[:-1] + str((int(code[-1]) + 5) % 10)


def wrong_totp(person: Person) -> str:
    """Return six digits that the person's phone does not show within twenty minutes of now."""
    shown = {person.code(steps) for steps in range(-40, 41)}
    return next(code for code in map("{:06}".format, range(100)) if code not in shown)


def network(number: int) -> str:
    """Return an address of the number-th network; no two numbers share one."""
    return f"10.{number >> 8}.{number & 255}.7"


async def sign_in_from(
    world: World, address: str, email: str, password: str, client: httpx.AsyncClient | None = None
) -> httpx.Response:
    """Sign in from this address, by default on a new device."""
    client = client or await world.client()
    body = {"email": email, "password": password}
    return await client.post("/sign-in/email", json=body, headers={"x-forwarded-for": address})


@dataclass(frozen=True)
class ObservableResponse:
    """What a response reveals to an attacker who wants to know whether an account exists."""

    status: int
    code: str
    message: str
    retry_after: str | None


def observable(answer: httpx.Response) -> ObservableResponse:
    body = answer.json()
    return ObservableResponse(
        answer.status_code, body.get("code", ""), body.get("message", ""), answer.headers.get("retry-after")
    )
