"""A whole server inside the test's process, reached through HTTP, with the clock and the mail in the test's hands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from athena_auth.accounts.model import SignedIn
from athena_auth.crypto.passwords import PasswordHasher
from athena_auth.host.athena import Athena
from athena_auth.host.standalone import standalone
from athena_auth.kernel.errors import Refused
from athena_auth.settings import BASE_PATH, Settings
from athena_auth.testing.server import CheapHasher
from athena_auth.wire.caller import Caller, ClientInfo, Tokens
from athena_auth.wire.route import Call
from athena_auth.wiring.shared_services import BUILT_IN, FactorFactory
from support.clock import FakeClock
from support.dump import fetch_all
from support.mailbox import Mailbox
from support.process import PATIENCE

ORIGIN = "http://localhost:3001"
HERE = ClientInfo("127.0.0.1", "test")
SECRET = "test-secret-of-more-than-thirty-two-bytes"
QUICK_HASHER = CheapHasher()
"""As good as the real one wherever the time it takes is not what is tested."""


@dataclass
class World:
    """One server and everybody who talks to it."""

    athena: Athena
    clock: FakeClock
    mailbox: Mailbox
    database_url: str
    paths: tuple[str, ...] = ()
    """The path of the server, and where `/` leads, if they are not the default."""
    _clients: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def client(self, **headers: str) -> httpx.AsyncClient:
        """Return a client without cookies' past and with these headers; it keeps cookies like a browser."""
        return await self._client(ORIGIN + BASE_PATH, headers)

    async def visitor(self, **headers: str) -> httpx.AsyncClient:
        """Return a client that visits pages as a browser does: it keeps cookies, asks for HTML and sends Origin."""
        return await self._client(ORIGIN, {"origin": ORIGIN, "accept": "text/html", **headers})

    async def _client(self, base_url: str, headers: dict[str, str]) -> httpx.AsyncClient:
        app = standalone(self.athena, *self.paths)
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))
        client = httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers)
        return await self._clients.enter_async_context(client)

    async def resolve(self, token: str) -> SignedIn:
        """Do what the edge does first: find the owner of a session."""
        signed_in = await self.athena.resolver.resolve(token, HERE)
        assert signed_in is not None
        return signed_in

    async def call(self, path: str, principal: SignedIn, **body: Any) -> str | None:
        """Do what the edge does then: call the handler. Return the code of its refusal, or None."""
        route = next(route for route in self.athena.routes if route.path == path)
        caller = Caller(HERE, Tokens())
        outcome = await route.handler(Call(principal, msgspec.convert(body, route.body), caller))
        return outcome.code if isinstance(outcome, Refused) else None

    async def delivered(self) -> None:
        """Wait until all mail is delivered and its rows are deleted, so that nothing changes the database any more."""
        async with asyncio.timeout(PATIENCE):
            # A database has no event to wait for
            while await fetch_all(self.database_url, "SELECT 1 FROM athena_outbox"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def sweep(self) -> None:
        """Do what the server does by itself once a minute."""
        await self.athena.sweep()

    async def browser(self) -> httpx.AsyncClient:
        """Return a client that behaves as a page of this site: it keeps cookies and sends Origin."""
        return await self.client(origin=ORIGIN)

    async def bearer(self, token: str) -> httpx.AsyncClient:
        """Return a client that shows this token."""
        return await self.client(authorization=f"Bearer {token}")


@asynccontextmanager
async def world_over(
    database_url: str,
    *,
    hasher: PasswordHasher | None = QUICK_HASHER,
    factors: tuple[FactorFactory, ...] = BUILT_IN,
    **settings: Any,
) -> AsyncIterator[World]:
    """Run a server over this database; without a hasher, passwords are hashed at the cost of the settings."""
    clock, mailbox = FakeClock(), Mailbox()
    # Tests ask more often than people: limits by address are on where they are what is tested.
    defaults = {"secret": SECRET, "database_url": database_url, "rate_limit": "off", "_env_file": None}
    chosen = Settings(**{**defaults, **settings})
    athena = Athena(
        chosen,
        clock=clock,
        transport=mailbox,
        hasher=hasher,
        factors=factors,
        migrates=False,
        pages=chosen.pages == "on",
    )
    paths = (chosen.sub_path, chosen.pages_path) if chosen.pages == "on" else ()
    world = World(athena, clock, mailbox, database_url, paths)
    async with athena.lifespan(), world._clients:  # noqa: SLF001 - its own module
        yield world
