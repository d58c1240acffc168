"""`Athena`, the object that a host application creates."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

from athena_auth.accounts.service import Resolver
from athena_auth.accounts.step_up_policy import Requirement
from athena_auth.crypto.passwords import PasswordHasher
from athena_auth.delivery.transport import Transport
from athena_auth.host.errors import RefusedError, answer_refusal
from athena_auth.host.events import Events, Subscriber
from athena_auth.host.guard import Guard
from athena_auth.host.run import Parts, Run
from athena_auth.host.users import Users
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import Unavailable
from athena_auth.sessions.model import AmrClass, Level
from athena_auth.settings import BASE_PATH, Settings, SettingsError, load_settings
from athena_auth.wire.route import Route
from athena_auth.wiring.shared_services import BUILT_IN, FactorFactory, known_events

S = TypeVar("S", bound=Subscriber)
_WELL_KNOWN = "/.well-known/"


class Athena:
    """A two-factor authentication server inside a host application.

    Mount `asgi` at `/api/auth`, and run `lifespan` in the application's own: it upgrades the database and connects.

    Attributes:
        session: A guard that requires a signed-in user; see `require` for stricter ones.
        users: Accounts, for the application's code.
        exception_handlers: Handlers that turn a guard's refusal into this API's error response, for
            `FastAPI(exception_handlers=…)`.

    Args:
        settings: From the environment and `.env` by default.
        clock: The system's clock by default.
        transport: Sends mail; by default the transport of `ATHENA_MAIL_URL`.
        hasher: Hashes passwords; by default at the cost of the settings.
        factors: The second factors in the order they are offered, each a class or a function of `FactorParts`
            (`athena_auth.factors`).
        migrates: Whether starting upgrades the database. Processes that start together take turns.
        pages: Whether to serve the pages for account owners, besides those that mails link to: mount `pages` at
            `ATHENA_PAGES_PATH`.

    Raises:
        SettingsError: a setting cannot be used.
        ValueError: the factors do not go together.
        Unavailable: the generated secret of an SQLite file cannot be stored.
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
        pages: bool = False,
    ) -> None:
        self._parts = Parts(
            settings or load_settings(),
            clock=clock,
            transport=transport,
            hasher=hasher,
            factors=factors,
            migrates=migrates,
            pages=pages,
        )
        self._events = Events(lambda: known_events(self._run.components.factors))
        self._run = self._new_run()
        self._has_run = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self.session = Guard(lambda: self._run.guard_context, Requirement())
        self.users = Users(
            lambda: self._run.components.administration,
            lambda: self._run.components.invitations,
            lambda: self._run.components.enforcement,
            lambda: self._run.components.recoveries,
        )
        # FastAPI, Starlette and Litestar type this mapping differently.
        self.exception_handlers: dict[Any, Any] = {RefusedError: answer_refusal}

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request below the mount point."""
        await self._run.application(scope, receive, send)

    async def pages(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a page, below the mount point `ATHENA_PAGES_PATH`: `app.mount("/account", athena.pages)`.

        Raises:
            RuntimeError: this object was made without `pages=True`.
        """
        if not self._parts.pages:
            raise RuntimeError("Athena was made without pages; make it with Athena(pages=True)")
        await self._run.pages(scope, receive, send)

    async def well_known(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request below the mount point `/.well-known`, which is where browsers look for related origins of passkeys.

        `wrap` does this by itself, and leaves the other paths there to the application.
        """
        await self._run.well_known(scope, receive, send)

    @property
    def routes(self) -> tuple[Route, ...]:
        """Every endpoint of the API."""
        return self._run.routes

    @property
    def resolver(self) -> Resolver:
        """Authenticates session tokens."""
        return self._run.components.resolver

    def require(self, *, level: int = 1, fresh: int | None = None, amr: str | None = None) -> Guard:
        """Return a guard that requires more than a session.

        Args:
            level: The assurance level: 2 requires a session with a second factor.
            fresh: The most seconds since a factor was last verified in the session. With level 2 that must be the second
                factor itself, not a trusted device.
            amr: The kind of second factor that was verified in the session: `phishing_resistant`, a passkey or security key;
                `without_sent_codes`, any but codes by email or text message. It requires level 2. With `fresh`, the factor that
                was verified last must be of this kind.

        Raises:
            ValueError: the level or the kind does not exist, or `fresh` is not positive.
        """
        if fresh is not None and fresh <= 0:
            raise ValueError("fresh must be a positive number of seconds")
        kind = None if amr is None else AmrClass(amr)
        return Guard(lambda: self._run.guard_context, Requirement(Level(level), fresh, kind))

    def on(self, pattern: str) -> Callable[[S], S]:
        """Subscribe a function to the events whose name matches `pattern`: `@athena.on("account:*")`.

        It receives each `AuthEvent` after the commit, one at a time and in order, in the process where the event
        happened. It runs on the event loop of the requests: use a coroutine function if it waits for anything.

        Raises:
            ValueError: no event name matches the pattern.
        """

        def subscribe(subscriber: S) -> S:
            self._events.subscribe(subscriber, pattern)
            return subscriber

        return subscribe

    async def start(self) -> None:
        """Connect to the database and start. A stopped server can be started again, as tests of an application do.

        Raises:
            SettingsError: a needed secret is missing, or is not the one that the database was created with.
            Unavailable: the database is unreachable, or its schema is too old.
            RuntimeError: the server is already running: two lifespans start it.
        """
        self._refuse_if_running("start it in one lifespan only")
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
        """Finish background work and disconnect. Subscribers end first, because they may use the database."""
        if self._loop is None:
            return
        self._loop = None
        try:
            await self._events.stop()
        finally:
            await self._run.stop()

    async def sweep(self) -> int:
        """Delete expired rows now, and return how many. The server does so by itself once a minute."""
        return await self._run.components.sweeper.sweep()

    def _new_run(self) -> Run:
        return Run(self._parts, self._events.receive)

    @contextmanager
    def _replaced_parts(self, parts: Parts) -> Iterator[None]:
        """Use other parts until the block ends: `athena_auth.testing` does so with the object that a host imports.

        Raises:
            RuntimeError: the server is running on entry, or still on exit.
        """
        self._refuse_if_running("its parts cannot be replaced before it has stopped")
        before = self._parts, self._run, self._has_run
        self._parts, self._has_run = parts, False
        self._run = self._new_run()
        try:
            yield
        finally:
            self._refuse_if_running("leave the application's lifespan before the block of athena_for_tests")
            self._parts, self._run, self._has_run = before

    def _refuse_if_running(self, advice: str) -> None:
        if self._loop is not None:
            raise RuntimeError(f"Athena is already running; {advice}")

    async def _serve_lifespan(self, receive: Receive, send: Send) -> None:
        """Serve one ASGI lifespan. An error that an operator can fix is logged as one sentence, without a traceback."""
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
        """Start on entry, stop on exit: `FastAPI(lifespan=athena.lifespan)`, or `async with` in another lifespan."""
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    def wrap(self, app: ASGIApp, *, dev_outbox: bool = False) -> ASGIApp:
        """Return an application that serves `/api/auth` itself and passes every other request to `app`.

        With `pages=True` it also serves the pages, at `ATHENA_PAGES_PATH`; at `/`, which is the default, nothing is left
        for `app`. It is for applications that cannot mount another one, such as Django's. The lifespan of `app` is not run.
        The API's paths below `/.well-known/` are served at the root as well (RFC 8615).

        Args:
            app: Answers the other requests.
            dev_outbox: Whether to show at `/dev/outbox` the messages that were printed or written to a file. Only a
                developer's server does so: no mail is delivered, and it is reached from its own machine, as localhost.
        """
        api, below, settings = BASE_PATH, f"{BASE_PATH}/", self._parts.settings
        sub_path, pages = settings.sub_path, settings.pages_path.rstrip("/")
        well_known = self._well_known_paths()

        async def both(scope: Scope, receive: Receive, send: Send) -> None:
            # Starlette's route search costs a twelfth of a get-session, and a single prefix needs none.
            root = scope.get("root_path", "")
            # A proxy that serves us below a path either forwards the path or strips it; both are common.
            if sub_path and scope.get("path", "").startswith(f"{root}{sub_path}/"):
                root = scope["root_path"] = root + sub_path
            if scope["type"] == "http" and (scope["path"] + "/").startswith(root + below):
                scope["root_path"] = root + api
                await self.asgi(scope, receive, send)
            elif scope["type"] == "lifespan":
                await self._serve_lifespan(receive, send)
            elif scope["type"] == "http" and scope["path"].removeprefix(root) in well_known:
                scope["root_path"] = root
                await self._run.at_the_root(scope, receive, send)
            elif dev_outbox and (outbox := self._run.dev_outbox) is not None and outbox.admits(scope, root):
                await outbox.respond(scope, send)
            elif self._parts.pages and _is_below(scope, root := _root_of(scope, root, sub_path), pages):
                scope["root_path"] = root + pages
                await self.pages(scope, receive, send)
            else:
                await app(scope, receive, send)

        return both

    def _well_known_paths(self) -> set[str]:
        of_routes = {route.path for route in self.routes if route.path.startswith(_WELL_KNOWN)}
        return of_routes | self._run.well_known.paths


def _root_of(scope: Scope, root: str, sub_path: str) -> str:
    """Return the root path; a proxy that forwards the path leaves out the slash after it where nothing follows."""
    return root + sub_path if sub_path and scope["path"] == root + sub_path else root


def _is_below(scope: Scope, root: str, path: str) -> bool:
    return scope["type"] == "http" and f"{scope['path']}/".startswith(f"{root}{path}/")
