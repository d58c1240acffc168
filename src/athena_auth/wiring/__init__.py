"""Builds a server from its settings, but for the HTTP side: `server.app` builds that, and `host.run` combines the two.

`build` opens the resources (database, keys, outbox), makes the services that several packages share, and collects the routes.
"""

from typing import Any

import msgspec

from athena_auth import enrolment_tokens
from athena_auth import invites as invites_sql
from athena_auth import retired_tokens as retired_tokens_sql
from athena_auth.accounts.enforcement import sql as enforcement_sql
from athena_auth.accounts.enforcement.coverage import Coverage
from athena_auth.accounts.enforcement.reminders import Reminders
from athena_auth.accounts.recovery_cases import rules as recovery_rules
from athena_auth.accounts.recovery_cases import sql as recovery_cases_sql
from athena_auth.accounts.service import AccountService, Resolver
from athena_auth.administration.enforcement import EnforcementService
from athena_auth.administration.invitations import InvitationService
from athena_auth.administration.recoveries import RecoveryAdministration
from athena_auth.administration.service import AdministrationService
from athena_auth.assertions import sql as signing_keys_sql
from athena_auth.audit import sql as audit_sql
from athena_auth.crypto.passwords import PasswordHasher
from athena_auth.email_change import sql as email_change_sql
from athena_auth.kernel.clock import Clock, SystemClock, after
from athena_auth.kernel.ids import first_id_at
from athena_auth.mfa import prompts
from athena_auth.mfa import sql as challenge_sql
from athena_auth.mfa.factor import Factor
from athena_auth.recovery import sql as recovery_sql
from athena_auth.recovery.cases.daily_mails import DailyRecoveryMails
from athena_auth.sessions import sql as sessions_sql
from athena_auth.settings import Settings
from athena_auth.store.sweeper import Sweep, Sweeper
from athena_auth.throttle.passwords import sql as password_budget_sql
from athena_auth.throttle.sends import sql as sends_sql
from athena_auth.trusted_devices import sql as trusted_devices_sql
from athena_auth.wire.redirects import RedirectPolicy
from athena_auth.wire.route import Route
from athena_auth.wiring.messages import Messaging, open_messaging
from athena_auth.wiring.pages import PageParts, build_pages
from athena_auth.wiring.resources import Resources, open_resources
from athena_auth.wiring.routes import all_routes, build_apis, redirect_policy
from athena_auth.wiring.shared_services import BUILT_IN, FactorFactory, SharedServices, shared_services

__all__ = ["Components", "build"]

SIGN_UP_PAGE = "/sign-up"
"""The path of the page that invitations lead to by default."""


class Components(msgspec.Struct, frozen=True):
    """The parts of a server, built but not started."""

    resources: Resources
    resolver: Resolver
    sweeper: Sweeper
    routes: tuple[Route, ...]
    pages: PageParts
    administration: AdministrationService
    invitations: InvitationService
    enforcement: EnforcementService
    recoveries: RecoveryAdministration
    factors: tuple[Factor[Any], ...]


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    messaging: Messaging | None = None,
    hasher: PasswordHasher | None = None,
    factors: tuple[FactorFactory, ...] = BUILT_IN,
    pages: bool = False,
) -> Components:
    """Build a server, by default without pages but for those that mails link to.

    Tests replace the clock, how messages leave, and the hasher; by default all are real.

    Raises:
        SettingsError: a setting cannot be used.
        ValueError: the factors do not go together.
        Unavailable: the generated secret of an SQLite file cannot be stored.
    """
    messages = messaging or open_messaging(settings, None, None)
    resources = open_resources(settings, clock or SystemClock(), messages, hasher)
    shared = shared_services(settings, resources, factors)
    redirects = redirect_policy(settings)
    accounts = _accounts(settings, resources, shared)
    pages_url = f"{settings.origin}{settings.pages_prefix}" if pages else None
    apis = build_apis(settings, resources, shared, accounts, redirects, pages_url)
    return Components(
        resources,
        accounts,
        _sweeper(settings, resources, shared),
        all_routes(apis, shared.factors),
        build_pages(settings, resources, shared, apis, redirects, is_on=pages),
        _administration(resources, shared),
        _invitations(settings, resources, redirects, pages_url),
        EnforcementService(resources.store, resources.clock, shared.deadlines),
        _recoveries(settings, resources, shared),
        shared.factors.every,
    )


def _administration(resources: Resources, shared: SharedServices) -> AdministrationService:
    return AdministrationService(
        resources.store,
        resources.clock,
        resources.pool,
        shared.events,
        shared.notifications,
        resources.languages,
        shared.authenticator_changes,
        shared.password_policy,
    )


def _accounts(settings: Settings, resources: Resources, shared: SharedServices) -> AccountService:
    return AccountService(
        store=resources.store,
        clock=resources.clock,
        step_up=shared.step_up,
        notifications=shared.notifications,
        languages=resources.languages,
        requires_verified_email=settings.require_verified_email == "on",
        session_max_age=settings.session_max_age,
    )


def _invitations(
    settings: Settings, resources: Resources, redirects: RedirectPolicy, pages_url: str | None
) -> InvitationService:
    return InvitationService(
        store=resources.store,
        clock=resources.clock,
        outbox=resources.outbox,
        redirects=redirects,
        app_name=settings.app_name,
        mode=settings.sign_up,
        page=None if pages_url is None else pages_url + SIGN_UP_PAGE,
        days=settings.invite_days,
    )


def _recoveries(settings: Settings, resources: Resources, shared: SharedServices) -> RecoveryAdministration:
    return RecoveryAdministration(
        store=resources.store,
        clock=resources.clock,
        mails=shared.recovery_mails,
        notifications=shared.notifications,
        is_on=settings.recovery == "on",
        days=settings.recovery_days,
    )


def _sweeper(settings: Settings, resources: Resources, shared: SharedServices) -> Sweeper:
    expiring = (
        sessions_sql.SWEEP,
        challenge_sql.SWEEP,
        prompts.SWEEP,
        *(sweep for factor in shared.factors.every for sweep in factor.sweeps),
        trusted_devices_sql.SWEEP,
        password_budget_sql.SWEEP,
        recovery_sql.SWEEP,
        email_change_sql.SWEEP,
        retired_tokens_sql.SWEEP,
        invites_sql.SWEEP,
        sends_sql.SWEEP,
        enrolment_tokens.SWEEP,
        signing_keys_sql.SWEEP,
    )
    audit_log = Sweep(audit_sql.SWEEP, lambda now: first_id_at(after(now, -settings.audit_ttl)))
    recovery_cases = Sweep(recovery_cases_sql.SWEEP, lambda now: now - recovery_rules.INTERVAL)
    sweeps = (*map(Sweep, expiring), audit_log, recovery_cases)
    daily = DailyRecoveryMails(
        resources.store,
        resources.clock,
        shared.recovery_mails,
        shared.notifications,
        is_on=settings.recovery == "on",
    )
    if settings.require_second_factor == "off":
        return Sweeper(resources.store, resources.clock, sweeps, jobs=(daily.send,))
    # A session of an overdue account would otherwise outlive the deadline for as long as it is used.
    overdue = Sweep(enforcement_sql.END_OVERDUE_SESSIONS)
    reminders = Reminders(resources.store, resources.clock, shared.deadlines)
    coverage = Coverage(resources.store, resources.clock)
    return Sweeper(
        resources.store,
        resources.clock,
        (*sweeps, overdue),
        jobs=(reminders.send, daily.send),
        # Nobody else reads the numbers.
        reports=() if settings.metrics_token is None else (coverage.log,),
    )
