"""The slices' services and their routes."""

from athena_auth.accounts.api import AccountApi
from athena_auth.accounts.current_session import CurrentSessionApi
from athena_auth.accounts.linked_accounts import LinkedAccountsApi
from athena_auth.accounts.service import AccountService
from athena_auth.accounts.session_check import SessionCheckApi
from athena_auth.backup_codes.api import BackupCodeApi
from athena_auth.backup_codes.factor import BackupCodes
from athena_auth.backup_codes.service import BackupCodeService
from athena_auth.challenge.answers import SecondFactorReply, SignInCookies
from athena_auth.challenge.factor import Enrollable
from athena_auth.challenge.factor_api import FactorApi
from athena_auth.challenge.password_login import PasswordLogin
from athena_auth.enrolment.api import EnrolmentApi, with_methods
from athena_auth.enrolment.service import EnrolmentService
from athena_auth.enrolment.status import StatusService
from athena_auth.enrolment.status_api import StatusApi
from athena_auth.otp.api import OtpApi
from athena_auth.otp.factor import Otp
from athena_auth.otp.service import OtpService
from athena_auth.passwords.api import PasswordApi
from athena_auth.passwords.service import PasswordService
from athena_auth.recovery.api import RecoveryApi
from athena_auth.recovery.email_links import EmailLinkSender
from athena_auth.recovery.requests import EmailLinkRequests
from athena_auth.recovery.service import RecoveryService
from athena_auth.settings import BASE_PATH, Settings, SettingsError
from athena_auth.sign_in.api import SignInApi
from athena_auth.sign_in.service import SignInService
from athena_auth.throttle.passwords.budget import PasswordBudget
from athena_auth.totp.api import TotpApi
from athena_auth.totp.factor import Totp
from athena_auth.totp.service import TotpService
from athena_auth.trusted_devices.api import TrustedDeviceApi
from athena_auth.trusted_devices.service import TrustedDeviceService
from athena_auth.wire.handlers import routes_of
from athena_auth.wire.redirects import RedirectPolicy
from athena_auth.wire.route import Route
from athena_auth.wiring.core import Core
from athena_auth.wiring.foundation import Foundation


def all_routes(
    settings: Settings, base: Foundation, core: Core, accounts: AccountService
) -> tuple[Route, ...]:
    """Return every route of every slice."""
    cookies = SignInCookies(core.browsers, base.clock, settings.trust_ttl)
    redirects = _redirects(settings)
    passwords = PasswordService(core.step_up, base.pool, core.events, base.clock)
    reply = SecondFactorReply(cookies)
    own = [each for each in core.factors.every if not isinstance(each, Totp | Otp | BackupCodes)]
    enrollable = tuple(each.name for each in core.factors.every if isinstance(each, Enrollable))
    routes = routes_of(
        TotpApi(_totp(base, core), reply),
        OtpApi(OtpService(core.factors.otp, core.second_step, base.store, base.clock), reply),
        BackupCodeApi(_backup_codes(base, core), reply),
        EnrolmentApi(_enrolment(base, core)),
        StatusApi(StatusService(core.factors, base.store, base.clock)),
        TrustedDeviceApi(TrustedDeviceService(base.store, base.clock)),
        SignInApi(_sign_in(settings, base, core), cookies, redirects),
        CurrentSessionApi(accounts),
        AccountApi(accounts),
        LinkedAccountsApi(),
        SessionCheckApi(base.clock),
        _recovery(settings, base, core, cookies, redirects),
        PasswordApi(passwords, cookies),
    )
    if own:
        routes = tuple(
            with_methods(route, enrollable) if route.path == "/two-factor/enable" else route
            for route in routes
        )
    return (*routes, *(FactorApi(factor, core.second_step, reply).route() for factor in own))


def _totp(base: Foundation, core: Core) -> TotpService:
    return TotpService(core.factors.totp, core.second_step, core.step_up, core.notifications, base.clock)


def _backup_codes(base: Foundation, core: Core) -> BackupCodeService:
    factor = core.factors.backup_codes
    return BackupCodeService(factor, core.second_step, core.step_up, core.notifications, base.clock)


def _enrolment(base: Foundation, core: Core) -> EnrolmentService:
    return EnrolmentService(
        factors=core.factors,
        step_up=core.step_up,
        events=core.events,
        notifications=core.notifications,
        clock=base.clock,
    )


def _sign_in(settings: Settings, base: Foundation, core: Core) -> SignInService:
    return SignInService(
        store=base.store,
        clock=base.clock,
        passwords=core.passwords,
        login=_password_login(settings, base, core),
        pool=base.pool,
        sign_in_policy=core.sign_in_policy,
    )


def _password_login(settings: Settings, base: Foundation, core: Core) -> PasswordLogin:
    return PasswordLogin(
        store=base.store,
        clock=base.clock,
        passwords=core.passwords,
        budget=PasswordBudget(base.store, by_network=settings.rate_limit == "on"),
        trust=core.trust,
        browsers=core.browsers,
        notifications=core.notifications,
    )


def _recovery(
    settings: Settings, base: Foundation, core: Core, cookies: SignInCookies, redirects: RedirectPolicy
) -> RecoveryApi:
    mail = EmailLinkSender(base.store, base.clock, base.outbox, core.browsers, settings.app_name)
    service = RecoveryService(
        store=base.store,
        clock=base.clock,
        pool=base.pool,
        events=core.events,
        sign_in_policy=core.sign_in_policy,
        login=_password_login(settings, base, core),
    )
    requests = EmailLinkRequests(mail, base.background, redirects, settings.sub_path + BASE_PATH)
    return RecoveryApi(requests, service, cookies)


def _redirects(settings: Settings) -> RedirectPolicy:
    own_page = f"{settings.sub_path}{BASE_PATH}/reset-password"
    try:
        return RedirectPolicy(settings.origin, settings.trusted_origins, own_page, settings.reset_pages)
    except ValueError as error:
        raise SettingsError(f"ATHENA_RESET_PAGES: {error}.") from None
