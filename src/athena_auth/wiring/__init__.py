"""The only place that builds things: from settings to routes.

`foundation` makes what every slice stands on, `core` what sign-in and the second step share, and `routes` puts
the slices on top of both.
"""

import msgspec

from athena_auth.accounts.service import AccountService, Resolver
from athena_auth.administration.service import AdministrationService
from athena_auth.audit import sql as audit_sql
from athena_auth.challenge import sql as challenge_sql
from athena_auth.challenge.factor import Factor
from athena_auth.crypto.passwords import PasswordHasher
from athena_auth.delivery.transport import Transport
from athena_auth.kernel.clock import Clock, SystemClock, after
from athena_auth.kernel.ids import first_id_at
from athena_auth.recovery import sql as recovery_sql
from athena_auth.retired_tokens import sql as retired_tokens_sql
from athena_auth.sessions import sql as sessions_sql
from athena_auth.settings import Settings
from athena_auth.store.sweeper import Sweep, Sweeper
from athena_auth.throttle.passwords import sql as password_budget_sql
from athena_auth.throttle.sends import sql as sends_sql
from athena_auth.trusted_devices import sql as trusted_devices_sql
from athena_auth.wire.route import Route
from athena_auth.wiring.core import BUILT_IN, Core, FactorFactory, core_of
from athena_auth.wiring.foundation import Foundation, lay_foundation
from athena_auth.wiring.routes import all_routes

__all__ = ["Wired", "build"]


class Wired(msgspec.Struct, frozen=True):
    """A server's parts, put together but not started."""

    foundation: Foundation
    resolver: Resolver
    sweeper: Sweeper
    routes: tuple[Route, ...]
    administration: AdministrationService
    factors: tuple[Factor, ...]


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    transport: Transport | None = None,
    texts: Transport | None = None,
    hasher: PasswordHasher | None = None,
    factors: tuple[FactorFactory, ...] = BUILT_IN,
) -> Wired:
    """Put a server together. The clock, the transports and the hasher are seams; all are real by default.

    Args:
        settings: Say what the rest does not.
        clock: Tells the time.
        transport: Takes mail.
        texts: Takes text messages, where the settings name a gateway.
        hasher: Hashes passwords.
        factors: The second factors in the order they are offered.

    Raises:
        SettingsError: an address among the settings cannot be used.
        ValueError: the factors do not go together.
        Unavailable: the secret beside an SQLite file cannot be kept.
    """
    base = lay_foundation(settings, clock or SystemClock(), transport, texts, hasher)
    core = core_of(settings, base, factors)
    accounts = AccountService(base.store, base.clock, core.step_up, core.notifications)
    administration = AdministrationService(base.store, base.clock, base.pool, core.events, core.notifications)
    routes = all_routes(settings, base, core, accounts)
    return Wired(base, accounts, _sweeper(settings, base, core), routes, administration, core.factors.every)


def _sweeper(settings: Settings, base: Foundation, core: Core) -> Sweeper:
    expiring = (
        sessions_sql.SWEEP,
        challenge_sql.SWEEP,
        *(sweep for factor in core.factors.every for sweep in factor.sweeps),
        trusted_devices_sql.SWEEP,
        password_budget_sql.SWEEP,
        recovery_sql.SWEEP,
        retired_tokens_sql.SWEEP,
        sends_sql.SWEEP,
    )
    trail = Sweep(audit_sql.SWEEP, lambda now: first_id_at(after(now, -settings.audit_ttl)))
    return Sweeper(base.store, base.clock, (*map(Sweep, expiring), trail))
