"""Builds the pages."""

from typing import Any

import msgspec

from athena_auth.accounts.security_events import SecurityEventsApi
from athena_auth.enrolment.account_status import AccountStatusApi
from athena_auth.enrolment.challenge_status import ChallengeStatusApi
from athena_auth.enrolment.pending_enrolment import PendingEnrolmentApi
from athena_auth.factors.passkeys.overview import PasskeyOverviewApi
from athena_auth.mfa.model import FactorName
from athena_auth.pages.access import PageAccess
from athena_auth.pages.account import AccountPages
from athena_auth.pages.assets import Assets, assets_of
from athena_auth.pages.authenticator import AuthenticatorPages
from athena_auth.pages.authenticators import AddedAppPages, AuthenticatorListPages, PendingApp
from athena_auth.pages.backup_codes import BackupCodePages
from athena_auth.pages.devices import DevicePages, SessionPages
from athena_auth.pages.email_change import EmailChangeLinkPages, EmailPages
from athena_auth.pages.factor_forms import FactorForms
from athena_auth.pages.language_choice import LanguagePages
from athena_auth.pages.mail_links import MailLinkPages
from athena_auth.pages.new_credentials import NewCredentialsForms
from athena_auth.pages.page import Page, pages_of
from athena_auth.pages.passkey_enrolment import PasskeyEnrolmentPages
from athena_auth.pages.passkeys import PasskeyPages
from athena_auth.pages.password_removal import PasswordRemovalPages
from athena_auth.pages.recovery import ForgotPasswordPages
from athena_auth.pages.recovery_cases import LostFactorsPages, RecoveryLinkPages
from athena_auth.pages.required_enrolment import RequiredEnrolmentPages
from athena_auth.pages.sealed_state import SealedState
from athena_auth.pages.second_step import SecondStepPages
from athena_auth.pages.security import SecurityPages
from athena_auth.pages.sent_codes import SentCodePages
from athena_auth.pages.sign_in import SignInPages
from athena_auth.pages.site import Site
from athena_auth.pages.step_up import StepUpPages
from athena_auth.pages.templates import Templates, appearance_of
from athena_auth.pages.visit import AnsweringHandler
from athena_auth.settings import BASE_PATH, Settings
from athena_auth.wire.handlers import routes_of
from athena_auth.wire.redirects import RedirectPolicy
from athena_auth.wire.route import Route
from athena_auth.wiring.resources import Resources
from athena_auth.wiring.routes import Apis
from athena_auth.wiring.shared_services import SharedServices

_TURN_ON = {
    FactorName.TOTP: "/security/authenticator",
    FactorName.PASSKEY: "/security/passkeys/turn-on",
    FactorName.OTP: "/security/otp",
}
"""The pages on which two-factor authentication is turned on, by the method; the first that is offered is the one."""


class PageParts(msgspec.Struct, frozen=True):
    """The pages of a server.

    Attributes:
        pages: The pages; those that mails link to are among them even if the others are off.
        routes: Handlers that only the pages call: they serve no endpoint.
        templates: Renders them.
        assets: What they load.
        site: Where they are.
    """

    pages: tuple[Page, ...]
    routes: tuple[Route, ...]
    templates: Templates
    assets: Assets
    site: Site


class PageApis(msgspec.Struct, frozen=True):
    """The objects whose handlers only the pages call: they serve no endpoint."""

    challenges: ChallengeStatusApi
    accounts: AccountStatusApi
    events: SecurityEventsApi
    enrolments: PendingEnrolmentApi
    passkeys: PasskeyOverviewApi | None

    def routes(self) -> tuple[Route, ...]:
        """Return how the pages call them."""
        return routes_of(*filter(None, msgspec.structs.astuple(self)))


def build_pages(
    settings: Settings,
    resources: Resources,
    shared: SharedServices,
    apis: Apis,
    redirects: RedirectPolicy,
    *,
    is_on: bool,
) -> PageParts:
    """Build the pages.

    Raises:
        SettingsError: the logo, the stylesheet or a template cannot be used.
    """
    prefix = settings.pages_prefix if is_on else None
    apis = _offered(apis, shared)
    methods = tuple(each.name for each in shared.factors.offered.factors)
    site = Site(prefix, settings.sub_path + BASE_PATH, redirects, _turn_on(methods))
    assets = assets_of(settings)
    appearance = appearance_of(settings, site, assets.names, resources.languages, methods)
    templates = Templates(site, appearance, settings.templates)
    status = _page_apis(resources, shared, apis)
    forms = FactorForms(
        _verifiers(apis), None if apis.passkeys is None else apis.passkeys.second_step, settings.totp_digits
    )
    account_pages = (
        _sign_in_pages(settings, apis, site),
        *_second_step_pages(settings, apis, site, status, forms),
        ForgotPasswordPages(site, apis.recovery),
        *_settings_pages(settings, resources, shared, apis, site, status, forms),
    )
    always = (
        MailLinkPages(site, apis.recovery),
        EmailChangeLinkPages(site, apis.email_change),
        RecoveryLinkPages(site, apis.recovery_cases, settings.recovery_days),
        LanguagePages(site, resources.languages, apis.accounts),
    )
    pages = pages_of(*always, *(account_pages if is_on else ()))
    return PageParts(pages, status.routes(), templates, assets, site)


def _page_apis(resources: Resources, shared: SharedServices, apis: Apis) -> PageApis:
    factors, store, clock = shared.factors, resources.store, resources.clock
    passkeys = None if apis.passkeys is None else factors.passkeys
    return PageApis(
        ChallengeStatusApi(factors, store, clock),
        AccountStatusApi(shared.step_up, factors.backup_codes, store),
        SecurityEventsApi(store),
        PendingEnrolmentApi(apis.required_enrolment, factors),
        None if passkeys is None else PasskeyOverviewApi(passkeys, shared.step_up, store, clock),
    )


def _sign_in_pages(settings: Settings, apis: Apis, site: Site) -> SignInPages:
    return SignInPages(
        site,
        apis.sign_in,
        apis.current_session,
        apis.accounts,
        apis.recovery,
        None if apis.passkeys is None else apis.passkeys.sign_in,
        settings.relying_party_id,
        settings.sign_up,
    )


def _second_step_pages(
    settings: Settings, apis: Apis, site: Site, status: PageApis, forms: FactorForms
) -> tuple[object, ...]:
    return (
        SecondStepPages(
            site,
            status.challenges,
            apis.otp,
            forms,
            settings.trust_ttl,
            offers_recovery=settings.recovery == "on",
        ),
        LostFactorsPages(site, status.challenges, apis.recovery_cases, settings.recovery_days),
    )


def _settings_pages(
    settings: Settings,
    resources: Resources,
    shared: SharedServices,
    apis: Apis,
    site: Site,
    status: PageApis,
    factor_forms: FactorForms,
) -> tuple[object, ...]:
    access = PageAccess(site, status.accounts)
    forms = NewCredentialsForms.build(access, status.accounts, resources.keyring, resources.clock)
    goes_by_text, digits = shared.factors.otp.goes_by_text, settings.totp_digits
    return (
        RequiredEnrolmentPages(forms, status.enrolments, apis.enrolment, apis.otp, _enrolments(apis), digits),
        SecurityPages(
            access, apis.status, status.events, apis.preferred_method, status.passkeys, goes_by_text
        ),
        AuthenticatorListPages(access, apis.authenticators, apis.status),
        *_method_pages(settings, resources, shared, apis, access, forms),
        DevicePages(access, apis.trusted_devices),
        SessionPages(access, apis.accounts),
        AccountPages(access, apis.passwords, apis.enrolment, apis.accounts),
        EmailPages(access, apis.email_change),
        StepUpPages(access, apis.session_check, apis.status, apis.otp, factor_forms),
        *_passkey_pages(access, forms, apis, status),
    )


def _passkey_pages(
    access: PageAccess, forms: NewCredentialsForms, apis: Apis, status: PageApis
) -> tuple[object, ...]:
    if apis.passkeys is None or status.passkeys is None:
        return ()
    return (
        PasskeyPages(access, apis.passkeys.passkeys, status.passkeys),
        PasswordRemovalPages(access, apis.passwords, status.passkeys),
        PasskeyEnrolmentPages(forms, apis.enrolment, apis.passkeys.second_step, status.passkeys),
    )


def _method_pages(
    settings: Settings,
    resources: Resources,
    shared: SharedServices,
    apis: Apis,
    access: PageAccess,
    forms: NewCredentialsForms,
) -> tuple[object, ...]:
    """Return the pages on which the methods are set up that are offered."""
    offered, goes_by_text = shared.factors.offered, shared.factors.otp.goes_by_text
    is_fallback, digits = settings.otp_fallback == "on", settings.totp_digits
    added = SealedState(resources.keyring, resources.clock, "added-app", PendingApp)
    pages = {
        FactorName.TOTP: (
            AddedAppPages(access, apis.authenticators, apis.totp, added, digits),
            AuthenticatorPages(forms, apis.enrolment, apis.totp, apis.status, digits),
        ),
        FactorName.OTP: (
            SentCodePages(forms, apis.enrolment, apis.otp, apis.status, goes_by_text, is_fallback),
        ),
        FactorName.BACKUP_CODE: (BackupCodePages(forms, apis.backup_codes, apis.status),),
    }
    return tuple(page for name, parts in pages.items() if offered.has(name) for page in parts)


def _offered(apis: Apis, shared: SharedServices) -> Apis:
    """Return the handlers without those of passkeys where they are not offered, so that no page has them."""
    if shared.factors.offered.has(FactorName.PASSKEY):
        return apis
    return msgspec.structs.replace(apis, passkeys=None)


def _turn_on(methods: tuple[str, ...]) -> str:
    return next((path for name, path in _TURN_ON.items() if name in methods), "/security")


def _enrolments(apis: Apis) -> dict[str, AnsweringHandler[Any]]:
    """Return the handlers that confirm the factors which the pages can enrol at sign-in, by the factor's name."""
    return {FactorName.TOTP: apis.totp.verify_totp, FactorName.OTP: apis.otp.verify_otp}


def _verifiers(apis: Apis) -> dict[str, AnsweringHandler[Any]]:
    """Return the handler that verifies the code of each factor, by the factor's name."""
    built_in: dict[str, AnsweringHandler[Any]] = {
        FactorName.TOTP: apis.totp.verify_totp,
        FactorName.OTP: apis.otp.verify_otp,
        FactorName.BACKUP_CODE: apis.backup_codes.verify,
    }
    # A factor that prompts needs a form of its own, as passkeys have.
    by_code = {name: routes[0].handler for name, routes in apis.own_factors.items() if len(routes) == 1}
    return built_in | by_code
