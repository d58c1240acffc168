"""One run of the server, from its start to its stop."""

import asyncio

import msgspec
from starlette.types import ASGIApp

from athena_auth.crypto.passwords import PasswordHasher
from athena_auth.delivery.transport import Transport
from athena_auth.host.guard import GuardContext
from athena_auth.kernel.clock import Clock, SystemClock
from athena_auth.kernel.log import Log
from athena_auth.secret_checks.service import verify_secrets
from athena_auth.server.app import application, edge_policy
from athena_auth.server.clock_watch import ClockWatch
from athena_auth.server.limits import request_limits
from athena_auth.server.readiness import Readiness, ReadinessApi
from athena_auth.server.status import LivenessApi
from athena_auth.settings import Settings
from athena_auth.store.migrate import is_current, migrate, require_current
from athena_auth.store.transaction import Listener
from athena_auth.wire.handlers import routes_of
from athena_auth.wire.route import Route
from athena_auth.wiring import build
from athena_auth.wiring.core import BUILT_IN, FactorFactory
from athena_auth.wiring.foundation import open_keyring, open_store
from athena_auth.wiring.messages import find_undelivered

_log = Log(__name__)

_SHOWN = "codes and links are printed or written to a file, where users cannot read them and others can"


class Parts(msgspec.Struct, frozen=True):
    """What a server is made of: its settings, and what takes the place of the real clock, transports and hasher."""

    settings: Settings
    clock: Clock | None = None
    transport: Transport | None = None
    texts: Transport | None = None
    hasher: PasswordHasher | None = None
    factors: tuple[FactorFactory, ...] = BUILT_IN
    migrates: bool = True
    """Whether starting brings the database up to date."""


class Run:
    """The parts of a server, put together for one run: connections, queues and threads do not come back from a stop."""

    def __init__(self, parts: Parts, listener: Listener) -> None:
        """Put them together; nothing is connected yet.

        Raises:
            SettingsError: a setting cannot be used.
            Unavailable: the secret beside an SQLite file cannot be kept.
        """
        settings = parts.settings
        self._database_url, self._migrates = settings.database_url, parts.migrates
        self._undelivered = find_undelivered(settings, parts.transport)
        self.wired = build(
            settings,
            clock=parts.clock,
            transport=parts.transport,
            texts=parts.texts,
            hasher=parts.hasher,
            factors=parts.factors,
        )
        base = self.wired.foundation
        readiness = Readiness(self._missing_schema, self._missing_outbox)
        self.routes: tuple[Route, ...] = (
            *self.wired.routes,
            *routes_of(LivenessApi(), ReadinessApi(readiness)),
        )
        base.store.listen(listener)
        self._clock_watch = ClockWatch(base.clock)
        self._limits = request_limits(settings, base.clock)
        policy = edge_policy(settings, self._limits)
        self.application: ASGIApp = application(self.routes, self.wired.resolver, settings, policy)
        self.guard_context = GuardContext(policy, self.wired.resolver, base.clock)

    async def start(self) -> None:
        """Connect to the database; begin to send mail and to sweep.

        Raises:
            SettingsError: a secret is not the one that the database was made with, or one that is needed is missing.
            Unavailable: the database is out of reach, or its schema is too old.
        """
        for each in self._undelivered:
            _log.warning(f"{each.channel}.not_delivered", setting=each.setting, meanwhile=_SHOWN)
        base = self.wired.foundation
        await asyncio.to_thread(migrate if self._migrates else require_current, self._database_url)
        await base.store.open()
        try:
            await verify_secrets(base.store, base.keyring, base.clock.now())
        except BaseException:
            await base.store.close()
            raise
        base.outbox.start()
        self.wired.sweeper.start()
        self._clock_watch.start()

    async def _missing_schema(self) -> str | None:
        if await is_current(self.wired.foundation.store):
            return None
        return "The database's schema is older than this program: run athena-auth migrate."

    async def _missing_outbox(self) -> str | None:
        return None if self.wired.foundation.outbox.is_at_work else "The outbox is not sending."

    async def stop(self) -> None:
        """Finish what is under way and disconnect."""
        base = self.wired.foundation
        if self._limits is not None:
            await self._limits.close()
        await self._clock_watch.stop()
        await self.wired.sweeper.stop()
        await base.background.stop()
        await base.outbox.stop()
        base.pool.close()
        await base.store.close()


async def verify_database(settings: Settings) -> None:
    """Find out what `Run.start` would refuse about a database that is up to date, before anything is announced.

    Raises:
        SettingsError: a secret is not the one that the database was made with, or one that is needed is missing.
        Unavailable: the database is out of reach.
    """
    store = open_store(settings)
    await store.open()
    try:
        await verify_secrets(store, open_keyring(settings), SystemClock().now())
    finally:
        await store.close()
