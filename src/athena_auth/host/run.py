"""One run of the server, from its start to its stop."""

import asyncio

import msgspec
from starlette.types import Receive, Scope, Send

from athena_auth.crypto.passwords import PasswordHasher
from athena_auth.delivery.recent_messages import RecentMessages
from athena_auth.delivery.transport import Transport
from athena_auth.host.guard import GuardContext
from athena_auth.kernel.clock import Clock, SystemClock
from athena_auth.kernel.log import Log
from athena_auth.secret_checks.service import verify_secrets
from athena_auth.server.app import applications, edge_policy
from athena_auth.server.clock_watch import ClockWatch
from athena_auth.server.dev_outbox import DevOutbox, shows_dev_outbox
from athena_auth.server.limits import request_limits
from athena_auth.server.readiness import LivenessApi, Readiness, ReadinessApi
from athena_auth.server.well_known import WellKnown
from athena_auth.settings import Settings
from athena_auth.store.migrate import is_current, migrate, require_current
from athena_auth.store.transaction import Listener
from athena_auth.wire.handlers import routes_of
from athena_auth.wire.route import Route
from athena_auth.wiring import build
from athena_auth.wiring.messages import Messaging, find_undelivered, open_messaging
from athena_auth.wiring.resources import open_keyring, open_store
from athena_auth.wiring.shared_services import BUILT_IN, FactorFactory

_log = Log(__name__)

_SHOWN = "codes and links are printed or written to a file, where users cannot read them and others can"


class Parts(msgspec.Struct, frozen=True):
    """What a server is built from: its settings, and what replaces the real clock, transports and hasher."""

    settings: Settings
    clock: Clock | None = None
    transport: Transport | None = None
    texts: Transport | None = None
    hasher: PasswordHasher | None = None
    factors: tuple[FactorFactory, ...] = BUILT_IN
    migrates: bool = True
    """Whether starting upgrades the database."""
    pages: bool = False
    """Whether the pages for account owners are served, besides those that mails link to."""


class Run:
    """The parts of a server for one run. Connections, queues and threads cannot be used again after a stop.

    Raises:
        SettingsError: a setting cannot be used.
        Unavailable: the generated secret of an SQLite file cannot be stored.
    """

    def __init__(self, parts: Parts, listener: Listener) -> None:
        settings = parts.settings
        self._database_url, self._migrates = settings.database_url, parts.migrates
        self._undelivered = find_undelivered(settings, parts.transport)
        recent = RecentMessages(settings.app_name) if shows_dev_outbox(settings) else None
        messaging = open_messaging(settings, parts.transport, parts.texts)
        self.components = build(
            settings,
            clock=parts.clock,
            messaging=messaging if recent is None else _watched(messaging, recent),
            hasher=parts.hasher,
            factors=parts.factors,
            pages=parts.pages,
        )
        resources = self.components.resources
        readiness = Readiness(self._missing_schema, self._missing_outbox)
        self.routes: tuple[Route, ...] = (
            *self.components.routes,
            *routes_of(LivenessApi(), ReadinessApi(readiness)),
        )
        resources.store.listen(listener)
        self._clock_watch = ClockWatch(resources.clock)
        self._limits = request_limits(settings, resources.clock)
        policy = edge_policy(settings, self._limits, resources.languages)
        built = applications(self.routes, self.components, settings, policy)
        self.application, self.pages = built.api, built.pages
        self.well_known = WellKnown(settings, has_pages=parts.pages)
        sheets = self.components.pages.templates.stylesheets
        self.dev_outbox = None if recent is None else DevOutbox(recent, settings, resources.languages, sheets)
        self.guard_context = GuardContext(policy, self.components.resolver, resources.clock)

    async def start(self) -> None:
        """Upgrade the database or check its schema, connect, and start the background work.

        Raises:
            SettingsError: a needed secret is missing, or is not the one that the database was created with.
            Unavailable: the database is unreachable, or its schema is too old.
        """
        for each in self._undelivered:
            _log.warning(f"{each.channel}.not_delivered", setting=each.setting, meanwhile=_SHOWN)
        resources = self.components.resources
        await asyncio.to_thread(migrate if self._migrates else require_current, self._database_url)
        await resources.store.open()
        try:
            await verify_secrets(resources.store, resources.keyring, resources.clock.now())
        except BaseException:
            await resources.store.close()
            raise
        resources.outbox.start()
        self.components.sweeper.start()
        self._clock_watch.start()

    async def at_the_root(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a path below `/.well-known`: a document, or a route of the API."""
        if self.well_known.admits(scope):
            await self.well_known.respond(scope, send)
        else:
            await self.application(scope, receive, send)

    async def _missing_schema(self) -> str | None:
        if await is_current(self.components.resources.store):
            return None
        return "The database's schema is older than this program: run athena-auth migrate."

    async def _missing_outbox(self) -> str | None:
        return None if self.components.resources.outbox.is_at_work else "The outbox is not sending."

    async def stop(self) -> None:
        """Finish background work and disconnect."""
        resources = self.components.resources
        if self._limits is not None:
            await self._limits.close()
        await self._clock_watch.stop()
        await self.components.sweeper.stop()
        await resources.background.stop()
        await resources.outbox.stop()
        resources.pool.close()
        resources.breaches.close()
        await resources.store.close()


def _watched(messaging: Messaging, recent: RecentMessages) -> Messaging:
    """Let the development outbox see what leaves."""
    texts = None if messaging.texts is None else recent.watch(messaging.texts)
    return Messaging(messaging.languages, recent.watch(messaging.mail), texts)


async def verify_database(settings: Settings) -> None:
    """Check the secrets against an upgraded database, as `Run.start` does, before the server announces itself.

    Raises:
        SettingsError: a needed secret is missing, or is not the one that the database was created with.
        Unavailable: the database is unreachable.
    """
    store = open_store(settings)
    await store.open()
    try:
        await verify_secrets(store, open_keyring(settings), SystemClock().now())
    finally:
        await store.close()
