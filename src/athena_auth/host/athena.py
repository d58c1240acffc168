"""The object a host holds."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

from athena_auth.accounts.requirement import Requirement
from athena_auth.accounts.service import Resolver
from athena_auth.crypto.passwords import PasswordHasher
from athena_auth.delivery.transport import Transport
from athena_auth.host.errors import RefusedError, answer_refusal
from athena_auth.host.events import Events, Subscriber
from athena_auth.host.guard import Guard
from athena_auth.host.run import Parts, Run
from athena_auth.host.users import Users
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.outcome import Unavailable
from athena_auth.sessions.model import Level
from athena_auth.settings import BASE_PATH, Settings, SettingsError, load_settings
from athena_auth.wire.route import Route
from athena_auth.wiring.core import BUILT_IN, FactorFactory, known_events

S = TypeVar("S", bound=Subscriber)


class Athena:
    """A two-factor authentication server inside a host's application.

    Mount `asgi` at `/api/auth`, and run `lifespan` in the host's own: it connects, and brings the database up to date.

    Attributes:
        session: The guard of whoever is signed in; see `require` for more than that.
        users: Accounts, for the host's own code.
        exception_handlers: What answers a guard's no in the one shape, for `FastAPI(exception_handlers=…)`.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        transport: Transport | None = None,
        hasher: PasswordHasher | None = None,
        migrates: bool = True,
        factors: tuple[FactorFactory, ...] = BUILT_IN,
    ) -> None:
        """Build the server; nothing is connected yet.

        Args:
            settings: From the environment and `.env` by default.
            clock: Tells the time; the system's by default.
            transport: Takes mail; the one of `ATHENA_MAIL_URL` by default.
            hasher: Hashes passwords; at the cost of the settings by default.
            factors: The second factors in the order they are offered, each a class or function of `FactorParts`
                (`athena_auth.factors`).
            migrates: Whether starting brings the database up to date. Processes that start together take turns.

        Raises:
            SettingsError: a setting cannot be used.
            Unavailable: the secret beside an SQLite file cannot be kept.
        """
        self._parts = Parts(
            settings or load_settings(),
            clock=clock,
            transport=transport,
            hasher=hasher,
            factors=factors,
            migrates=migrates,
        )
        self._events = Events(lambda: known_events(self._run.wired.factors))
        self._run = self._new_run()
        self._has_run = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self.session = Guard(lambda: self._run.guard_context, Requirement())
        self.users = Users(lambda: self._run.wired.administration)
        # FastAPI, Starlette and Litestar each type this mapping in their own way.
        self.exception_handlers: dict[Any, Any] = {RefusedError: answer_refusal}

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request below the mount."""
        await self._run.application(scope, receive, send)

    @property
    def routes(self) -> tuple[Route, ...]:
        """Every endpoint of the API."""
        return self._run.routes

    @property
    def resolver(self) -> Resolver:
        """Finds out who a session token belongs to."""
        return self._run.wired.resolver

    def require(self, *, level: int = 1, fresh: int | None = None) -> Guard:
        """Return a guard that asks for more than a session.

        Args:
            level: The assurance level: 2 where a second factor must stand behind the session.
            fresh: How many seconds ago the proof may have been given at most; with level 2 that of the second factor
                itself, not of a trusted device in its place.

        Raises:
            ValueError: there is no such level, or `fresh` is not positive.
        """
        if fresh is not None and fresh <= 0:
            raise ValueError("fresh is a number of seconds, more than 0")
        return Guard(lambda: self._run.guard_context, Requirement(Level(level), fresh))

    def on(self, pattern: str) -> Callable[[S], S]:
        """Have a function told, after the commit, of events whose name matches `pattern`: `@athena.on("account:*")`.

        It is given an `AuthEvent`, one at a time and in order, beside requests. A function that blocks would
        block them: let it be a coroutine function. Events are told in the process where they happened.

        Raises:
            ValueError: no event has such a name.
        """

        def subscribe(subscriber: S) -> S:
            self._events.subscribe(subscriber, pattern)
            return subscriber

        return subscribe

    async def start(self) -> None:
        """Connect to the database and begin; again after a stop, as tests of a host do.

        Raises:
            SettingsError: a secret is not the one that the database was made with, or one that is needed is missing.
            Unavailable: the database is out of reach, or its schema is too old.
            RuntimeError: it runs already: two lifespans start it.
        """
        if self._loop is not None:
            raise RuntimeError("Athena runs already; start it in one lifespan only")
        self._loop = asyncio.get_running_loop()
        try:
            if self._has_run:
                self._run = self._new_run()
            self._has_run = True
            await self._run.start()
            self._events.start()
        except BaseException:
            self._loop = None
            raise

    async def stop(self) -> None:
        """Finish what is under way and disconnect; subscribers first, who may use what is about to close."""
        if self._loop is None:
            return
        self._loop = None
        try:
            await self._events.stop()
        finally:
            await self._run.stop()

    async def sweep(self) -> int:
        """Delete now what has expired; return how many rows. The server does so by itself once a minute."""
        return await self._run.wired.sweeper.sweep()

    def _new_run(self) -> Run:
        return Run(self._parts, self._events.hear)

    @contextmanager
    def _made_of(self, parts: Parts) -> Iterator[None]:
        """Consist of other parts until the block ends: `athena_auth.testing` uses it on the object a host imports.

        Raises:
            RuntimeError: the server runs, on entry or still on exit.
        """
        self._refuse_if_running("its parts cannot be replaced before it has stopped")
        before = self._parts, self._run, self._has_run
        self._parts, self._has_run = parts, False
        self._run = self._new_run()
        try:
            yield
        finally:
            self._refuse_if_running("leave the application's lifespan first")
            self._parts, self._run, self._has_run = before

    def _refuse_if_running(self, advice: str) -> None:
        if self._loop is not None:
            raise RuntimeError(f"Athena is running; {advice}")

    async def _live(self, receive: Receive, send: Send) -> None:
        """Serve one ASGI lifespan. What an operator can mend is one sentence in the log, without a traceback."""
        await receive()
        try:
            await self.start()
        except (SettingsError, Unavailable) as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    @asynccontextmanager
    async def lifespan(self, _app: Any = None) -> AsyncIterator[None]:
        """Start on entry, stop on exit: `FastAPI(lifespan=athena.lifespan)`, or `async with` in the host's own."""
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Return an application that has this server at `/api/auth` and `app`, which has no lifespan, elsewhere.

        For what cannot mount: Django's ASGI application, for one.
        """
        api, below = BASE_PATH, f"{BASE_PATH}/"
        sub_path = self._parts.settings.sub_path

        async def both(scope: Scope, receive: Receive, send: Send) -> None:
            # Starlette's search for a route costs a twelfth of a get-session; the one prefix needs none.
            root = scope.get("root_path", "")
            # A proxy that serves us below a path passes that path on, or takes it off: both are common.
            if sub_path and scope.get("path", "").startswith(f"{root}{sub_path}/"):
                root = scope["root_path"] = root + sub_path
            if scope["type"] == "http" and (scope["path"] + "/").startswith(root + below):
                scope["root_path"] = root + api
                await self.asgi(scope, receive, send)
            elif scope["type"] == "lifespan":
                await self._live(receive, send)
            else:
                await app(scope, receive, send)

        return both
