"""Runs one test with either client of the SDK, against a whole server with its clock and its mailbox.

The server lives in an event loop on a thread of its own. A blocking client reaches it from the test's thread through a
bridge, an awaiting one inside that loop.
"""

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, Unpack

import httpx
import pyotp
from anyio.from_thread import BlockingPortal, start_blocking_portal

from athena_auth.delivery.model import Message, MessageKind
from athena_auth.host.standalone import standalone
from athena_auth.settings import BASE_PATH
from athena_auth_client import AsyncAthenaClient, AthenaClient, Challenge, Options, SignedIn, User
from support.world import ORIGIN, World, world_over

T = TypeVar("T")

Client = AthenaClient | AsyncAthenaClient
AnyChallenge = Challenge[Any]
Kind = Literal["blocking", "awaiting"]
Credentials = Literal["bearer", "cookie"]
BASE_URL = ORIGIN + BASE_PATH
EMAIL = "ada@example.com"
PASSWORD = "correct horse battery staple"


class Bridge(httpx.BaseTransport):
    """Carries a blocking client's requests to a transport in the loop's thread."""

    def __init__(self, portal: BlockingPortal, inner: httpx.AsyncBaseTransport) -> None:
        self._portal = portal
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._portal.call(self._exchange, request)

    async def _exchange(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


@dataclass(frozen=True)
class Phone:
    """An authenticator app."""

    world: World
    totp: pyotp.TOTP

    def code(self) -> str:
        """Return the code that it shows now."""
        return self.totp.at(self.world.clock.now() // 1000)

    def wrong_code(self) -> str:
        """Return six digits that it does not show within a quarter of an hour of now."""
        now = self.world.clock.now() // 1000
        shown = {self.totp.at(now + steps * self.totp.interval) for steps in range(-30, 31)}
        return next(code for code in (f"{number:06d}" for number in range(100)) if code not in shown)


@dataclass(frozen=True)
class SdkHarness:
    """A running server, and clients of one kind for it."""

    portal: BlockingPortal
    world: World
    kind: Kind

    def client(self, **options: Unpack[Options]) -> Client:
        """Return a client of this kind, on a new device."""
        transport = httpx.ASGITransport(standalone(self.world.athena), client=("127.0.0.1", 50_000))
        return client_over(self.kind, transport, self.portal, **options)

    def done(self, outcome: T | Coroutine[Any, Any, T]) -> T:
        """Return the result of a call of either client."""
        if isinstance(outcome, Coroutine):
            result: T = self.portal.call(lambda: outcome)
            return result
        return outcome

    def mail(self, kind: MessageKind, *, nth: int = 1) -> Message:
        """Wait for the n-th mail of this kind to Ada."""
        return self.portal.call(lambda: self.world.mailbox.message_for(EMAIL, kind, nth=nth))

    def sent_code(self) -> str:
        """Wait for the first code that is mailed to Ada."""
        code = self.mail(MessageKind.TWO_FACTOR_OTP).code
        assert code is not None
        return code

    def link_token(self, kind: MessageKind, to: str = EMAIL) -> str:
        """Wait for the mail of this kind, by default to Ada's first address, and return the token of the link in it."""
        url = self.portal.call(lambda: self.world.mailbox.message_for(to, kind)).url
        assert url is not None
        return httpx.URL(url).params["token"]

    def sign_up(self, client: Client) -> User:
        """Make Ada's account, signed in with this client."""
        return self.done(client.auth.sign_up.email(name="Ada", email=EMAIL, password=PASSWORD)).user

    def enrol(self, client: Client) -> tuple[Phone, tuple[str, ...]]:
        """Turn an authenticator app on, and advance the clock to an unused code; return the app and the backup codes."""
        enrolment = self.done(client.auth.two_factor.enable(PASSWORD))
        phone = self.phone(enrolment.totp_uri)
        self.done(client.auth.two_factor.verify_totp(phone.code()))
        self.world.clock.advance(60)
        return phone, enrolment.backup_codes

    def person_with_totp(self) -> tuple[Phone, tuple[str, ...]]:
        """Sign Ada up and enrol an app with another client; return her phone and backup codes."""
        elsewhere = self.client()
        self.sign_up(elsewhere)
        return self.enrol(elsewhere)

    def phone(self, totp_uri: str) -> Phone:
        """Return an authenticator app with this URI."""
        totp = pyotp.parse_uri(totp_uri)
        assert isinstance(totp, pyotp.TOTP)
        return Phone(self.world, totp)

    def challenge(self, client: Client) -> AnyChallenge:
        """Sign Ada in with her password, when a second factor is required."""
        challenge = self.done(client.auth.sign_in.email(email=EMAIL, password=PASSWORD))
        assert isinstance(challenge, Challenge)
        return challenge

    def reset_password(self, client: Client, new_password: str) -> AnyChallenge | None:
        """Reset Ada's password with the token of the emailed link."""
        token = self.link_token(MessageKind.PASSWORD_RESET)
        challenge: AnyChallenge | None
        if isinstance(client, AthenaClient):
            challenge = client.auth.reset_password(token=token, new_password=new_password)
        else:
            reset = client.auth.reset_password
            challenge = self.portal.call(lambda: reset(token=token, new_password=new_password))
        return challenge

    def sign_in(self, client: Client) -> SignedIn:
        """Sign Ada in with her password, when no second factor is required."""
        signed_in = self.done(client.auth.sign_in.email(email=EMAIL, password=PASSWORD))
        assert isinstance(signed_in, SignedIn)
        return signed_in

    def is_signed_in(self, client: Client) -> bool:
        """Tell whether the server finds a session for this client."""
        return self.done(client.auth.get_session()) is not None


def client_over(
    kind: Kind, transport: httpx.AsyncBaseTransport, portal: BlockingPortal, **options: Unpack[Options]
) -> Client:
    """Return a client of either kind whose requests go to this transport."""
    if kind == "awaiting":
        return AsyncAthenaClient(BASE_URL, http=httpx.AsyncClient(transport=transport), **options)
    return AthenaClient(BASE_URL, http=httpx.Client(transport=Bridge(portal, transport)), **options)


@contextmanager
def harness_over(database_url: str, kind: Kind, **settings: Any) -> Iterator[SdkHarness]:
    """Run a server over this database, for clients of one kind."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(world_over(database_url, **settings)) as world,
    ):
        yield SdkHarness(portal, world, kind)
