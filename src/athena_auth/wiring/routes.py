"""Builds the services and the routes of every slice."""

import msgspec

from athena_auth.accounts.breaches.notifier import BreachNotifier
from athena_auth.accounts.current_session import CurrentSessionApi
from athena_auth.accounts.forward_auth import ForwardAuthApi, SignInUrls
from athena_auth.accounts.linked_accounts import LinkedAccountsApi
from athena_auth.accounts.routes import AccountApi
from athena_auth.accounts.service import AccountService
from athena_auth.accounts.session_check import SessionCheckApi
from athena_auth.assertions.routes import TokenApi
from athena_auth.assertions.rules import TokenIssuer
from athena_auth.assertions.service import SigningKeys
from athena_auth.email_change.routes import EmailChangeApi
from athena_auth.enrolment.authenticator_routes import AuthenticatorApi
from athena_auth.enrolment.authenticator_service import AuthenticatorService
from athena_auth.enrolment.preferred_method import PreferredMethodApi
from athena_auth.enrolment.required import RequiredEnrolment
from athena_auth.enrolment.routes import EnrolmentApi, with_methods
from athena_auth.enrolment.service import EnrolmentService, Factors
from athena_auth.enrolment.status import StatusApi, StatusService
from athena_auth.factors.backup_codes.factor import BackupCodes
from athena_auth.factors.backup_codes.routes import BackupCodeApi, BackupCodeService
from athena_auth.factors.otp.factor import Otp
from athena_auth.factors.otp.routes import OtpApi
from athena_auth.factors.passkeys.factor import Passkeys
from athena_auth.factors.totp.factor import Totp
from athena_auth.factors.totp.routes import TotpApi, TotpService
from athena_auth.mfa.answers import SignInCookies
from athena_auth.mfa.factor import Enrollable
from athena_auth.mfa.password_login import PasswordLogin
from athena_auth.mfa.prompts import Prompts
from athena_auth.mfa.routes import VerifyEndpoint, routes_of_factor
from athena_auth.passwords.routes import PasswordApi
from athena_auth.recovery.cases.routes import RecoveryCaseApi
from athena_auth.recovery.cases.service import RecoveryCaseService
from athena_auth.recovery.email_links import EmailLinkSender
from athena_auth.recovery.requests import EmailLinkRequests
from athena_auth.recovery.routes import RecoveryApi
from athena_auth.recovery.service import RecoveryService
from athena_auth.settings import BASE_PATH, Settings, SettingsError
from athena_auth.sign_in.model import SignUpPolicy
from athena_auth.sign_in.routes import SignInApi
from athena_auth.sign_in.service import SignInService
from athena_auth.sign_in.sign_up import SignUpService
from athena_auth.throttle.passwords.budget import PasswordBudget
from athena_auth.trusted_devices.routes import TrustedDeviceApi, TrustedDeviceService
from athena_auth.wire.handlers import routes_of
from athena_auth.wire.redirects import RedirectPolicy
from athena_auth.wire.route import Route
from athena_auth.wiring.email_change import email_change_api
from athena_auth.wiring.passkeys import PasskeyApis, passkey_apis
from athena_auth.wiring.passwords import password_api
from athena_auth.wiring.resources import Resources
from athena_auth.wiring.shared_services import SharedServices


class Apis(msgspec.Struct, frozen=True):
    """The objects whose handlers serve the endpoints, in the order of the reference."""

    totp: TotpApi
    otp: OtpApi
    backup_codes: BackupCodeApi
    enrolment: EnrolmentApi
    status: StatusApi
    authenticators: AuthenticatorApi
    preferred_method: PreferredMethodApi
    trusted_devices: TrustedDeviceApi
    sign_in: SignInApi
    current_session: CurrentSessionApi
    accounts: AccountApi
    linked_accounts: LinkedAccountsApi
    session_check: SessionCheckApi
    forward_auth: ForwardAuthApi
    recovery: RecoveryApi
    recovery_cases: RecoveryCaseApi
    passwords: PasswordApi
    email_change: EmailChangeApi
    required_enrolment: RequiredEnrolment
    """Has no routes of its own; the pages use it too."""
    tokens: TokenApi
    passkeys: PasskeyApis | None
    """None if the host application has left passkeys out."""
    own_factors: dict[str, tuple[Route, ...]]
    """The routes of the factors that the host has added, by the factor's name; the one that verifies is the first."""


def build_apis(
    settings: Settings,
    resources: Resources,
    shared: SharedServices,
    accounts: AccountService,
    redirects: RedirectPolicy,
    pages_url: str | None,
) -> Apis:
    """Build the services and the objects with the handlers. `pages_url` is None if the server has no pages."""
    cookies = SignInCookies(shared.browsers, resources.clock, settings.trust_ttl)
    links = _links(settings, resources, shared, redirects)
    login = _password_login(settings, resources, shared)
    enrolment = _enrolment(resources, shared)
    required = RequiredEnrolment(resources.store, resources.clock, login, enrolment)
    factors, verify = shared.factors, VerifyEndpoint(shared.second_step, cookies)
    prompts = Prompts(factors.offered, resources.store, resources.clock)
    return Apis(
        totp=TotpApi(_totp(resources, shared), factors.totp, verify),
        otp=OtpApi(factors.otp, prompts, verify),
        backup_codes=BackupCodeApi(_backup_codes(resources, shared), factors.backup_codes, verify),
        enrolment=EnrolmentApi(enrolment, required),
        status=_status(resources, shared, required),
        authenticators=AuthenticatorApi(_authenticators(resources, shared)),
        preferred_method=PreferredMethodApi(factors, resources.store),
        trusted_devices=TrustedDeviceApi(TrustedDeviceService(resources.store, resources.clock)),
        sign_in=_sign_in_api(settings, resources, shared, links, login),
        current_session=CurrentSessionApi(accounts),
        accounts=AccountApi(accounts),
        linked_accounts=LinkedAccountsApi(),
        session_check=SessionCheckApi(resources.clock),
        forward_auth=_forward_auth(resources, redirects, pages_url),
        recovery=RecoveryApi(links, _recovery(settings, resources, shared), cookies, resources.languages),
        recovery_cases=RecoveryCaseApi(_recovery_cases(settings, resources, shared)),
        passwords=password_api(resources, shared, cookies),
        email_change=email_change_api(settings, resources, shared, links),
        required_enrolment=required,
        tokens=_tokens(settings, resources),
        passkeys=passkey_apis(resources, shared, prompts, verify, cookies),
        own_factors=_own_factors(factors, verify, prompts),
    )


def _own_factors(factors: Factors, verify: VerifyEndpoint, prompts: Prompts) -> dict[str, tuple[Route, ...]]:
    own = [each for each in factors.every if not isinstance(each, Totp | Otp | BackupCodes | Passkeys)]
    return {factor.name: routes_of_factor(factor, verify, prompts) for factor in own}


def _forward_auth(resources: Resources, redirects: RedirectPolicy, pages_url: str | None) -> ForwardAuthApi:
    return ForwardAuthApi(resources.clock, None if pages_url is None else SignInUrls(pages_url, redirects))


def all_routes(apis: Apis, factors: Factors) -> tuple[Route, ...]:
    """Return every route of every slice."""
    *built_in, passkeys, own = msgspec.structs.astuple(apis)
    routes = routes_of(*built_in, *(passkeys or ()))
    if own:
        enrollable = tuple(each.name for each in factors.every if isinstance(each, Enrollable))
        routes = tuple(
            with_methods(route, enrollable) if route.path == "/two-factor/enable" else route
            for route in routes
        )
    return (*routes, *(route for each in own.values() for route in each))


def _sign_in_api(
    settings: Settings,
    resources: Resources,
    shared: SharedServices,
    links: EmailLinkRequests,
    login: PasswordLogin,
) -> SignInApi:
    sign_in = _sign_in(resources, shared, links, login)
    sign_up = _sign_up(settings, resources, shared, links)
    cookies = SignInCookies(shared.browsers, resources.clock, settings.trust_ttl)
    return SignInApi(sign_in, sign_up, cookies, links.redirects, resources.languages)


def _totp(resources: Resources, shared: SharedServices) -> TotpService:
    return TotpService(shared.factors.totp, shared.step_up, shared.notifications, resources.clock)


def _backup_codes(resources: Resources, shared: SharedServices) -> BackupCodeService:
    factors = shared.factors
    return BackupCodeService(
        factors.backup_codes, factors.offered, shared.step_up, shared.notifications, resources.clock
    )


def _status(resources: Resources, shared: SharedServices, required: RequiredEnrolment) -> StatusApi:
    service = StatusService(shared.factors, resources.store, resources.clock)
    return StatusApi(service, required, shared.deadlines.policy)


def _enrolment(resources: Resources, shared: SharedServices) -> EnrolmentService:
    return EnrolmentService(
        factors=shared.factors,
        step_up=shared.step_up,
        events=shared.events,
        notifications=shared.notifications,
        clock=resources.clock,
    )


def _authenticators(resources: Resources, shared: SharedServices) -> AuthenticatorService:
    return AuthenticatorService(
        shared.factors, shared.authenticator_changes, shared.step_up, resources.store, resources.clock
    )


def _sign_up(
    settings: Settings, resources: Resources, shared: SharedServices, links: EmailLinkRequests
) -> SignUpService:
    return SignUpService(
        store=resources.store,
        clock=resources.clock,
        pool=resources.pool,
        sign_in_policy=shared.sign_in_policy,
        notifications=shared.notifications,
        links=links,
        policy=SignUpPolicy(settings.sign_up, settings.require_verified_email == "on"),
        password_policy=shared.password_policy,
    )


def _sign_in(
    resources: Resources, shared: SharedServices, links: EmailLinkRequests, login: PasswordLogin
) -> SignInService:
    return SignInService(
        store=resources.store,
        clock=resources.clock,
        passwords=shared.passwords,
        login=login,
        sign_in_policy=shared.sign_in_policy,
        links=links,
        breaches=BreachNotifier(
            resources.breaches,
            resources.store,
            resources.clock,
            resources.background,
            shared.notifications,
        ),
    )


def _password_login(settings: Settings, resources: Resources, shared: SharedServices) -> PasswordLogin:
    return PasswordLogin(
        store=resources.store,
        clock=resources.clock,
        passwords=shared.passwords,
        budget=PasswordBudget(resources.store, by_network=settings.rate_limit == "on"),
        trust=shared.trust,
        browsers=shared.browsers,
        notifications=shared.notifications,
    )


def _tokens(settings: Settings, resources: Resources) -> TokenApi:
    keys = SigningKeys(resources.store, resources.clock, resources.keyring, settings.token_algorithm)
    issuer = TokenIssuer(settings.url, settings.token_audience or settings.url, settings.token_ttl)
    return TokenApi(keys, resources.clock, issuer)


def _links(
    settings: Settings, resources: Resources, shared: SharedServices, redirects: RedirectPolicy
) -> EmailLinkRequests:
    mail = EmailLinkSender(
        resources.store, resources.clock, resources.outbox, shared.browsers, settings.app_name
    )
    return EmailLinkRequests(mail, resources.background, redirects, settings.sub_path + BASE_PATH)


def _recovery(settings: Settings, resources: Resources, shared: SharedServices) -> RecoveryService:
    return RecoveryService(
        store=resources.store,
        clock=resources.clock,
        pool=resources.pool,
        events=shared.events,
        sign_in_policy=shared.sign_in_policy,
        login=_password_login(settings, resources, shared),
        password_policy=shared.password_policy,
    )


def _recovery_cases(settings: Settings, resources: Resources, shared: SharedServices) -> RecoveryCaseService:
    return RecoveryCaseService(
        store=resources.store,
        clock=resources.clock,
        events=shared.events,
        notifications=shared.notifications,
        login=_password_login(settings, resources, shared),
        sign_in_policy=shared.sign_in_policy,
        mails=shared.recovery_mails,
        is_on=settings.recovery == "on",
        days=settings.recovery_days,
    )


def redirect_policy(settings: Settings) -> RedirectPolicy:
    """Return the policy for links and redirects. Raises `SettingsError` for an unusable ATHENA_RESET_PAGES."""
    own_page = f"{settings.sub_path}{BASE_PATH}/reset-password"
    try:
        return RedirectPolicy(settings.origin, settings.trusted_origins, own_page, settings.reset_pages)
    except ValueError as error:
        raise SettingsError(f"ATHENA_RESET_PAGES: {error}.") from None
