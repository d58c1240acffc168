"""The slices' services and their routes."""

from athena_auth.accounts.api import AccountApi
from athena_auth.accounts.service import AccountService
from athena_auth.backup_codes.api import BackupCodeApi
from athena_auth.backup_codes.service import BackupCodeService
from athena_auth.challenge.answers import PassedReply
from athena_auth.enrolment.api import EnrolmentApi
from athena_auth.enrolment.service import EnrolmentService
from athena_auth.enrolment.status import StatusService
from athena_auth.enrolment.status_api import StatusApi
from athena_auth.otp.api import OtpApi
from athena_auth.otp.service import OtpService
from athena_auth.passwords.api import PasswordApi
from athena_auth.passwords.service import PasswordService
from athena_auth.recovery.api import RecoveryApi
from athena_auth.recovery.links import Links
from athena_auth.recovery.mail import LinkMail
from athena_auth.recovery.requests import LinkRequests
from athena_auth.recovery.service import RecoveryService
from athena_auth.settings import BASE_PATH, Settings
from athena_auth.sign_in.api import SignInApi
from athena_auth.sign_in.gate import PasswordGate
from athena_auth.sign_in.service import SignInService
from athena_auth.throttle.passwords.budget import PasswordBudget
from athena_auth.totp.api import TotpApi
from athena_auth.totp.service import TotpService
from athena_auth.trusted_devices.api import TrustedDeviceApi
from athena_auth.trusted_devices.service import TrustedDeviceService
from athena_auth.wire.route import Route
from athena_auth.wiring.core import Core
from athena_auth.wiring.foundation import Foundation


def all_routes(
    settings: Settings, base: Foundation, core: Core, accounts: AccountService
) -> tuple[Route, ...]:
    """Return every route of every slice."""
    reply = PassedReply(settings.trust_ttl)
    return (
        *_second_step(settings, base, core, reply),
        *EnrolmentApi(_enrolment(settings, base, core)).routes(),
        *StatusApi(StatusService(core.factors, base.store, base.clock)).routes(),
        *TrustedDeviceApi(TrustedDeviceService(base.store, base.clock)).routes(),
        *SignInApi(_sign_in(settings, base, core), reply).routes(),
        *AccountApi(accounts).routes(),
        *_recovery(settings, base, core).routes(),
        *PasswordApi(PasswordService(core.proof, base.pool, core.events, base.clock)).routes(),
    )


def _second_step(settings: Settings, base: Foundation, core: Core, reply: PassedReply) -> tuple[Route, ...]:
    factors, step, proof = core.factors, core.second_step, core.proof
    totp = TotpService(factors.totp, step, proof, base.clock)
    otp = OtpService(factors.otp, step, base.store, base.clock)
    backup_codes = BackupCodeService(
        factors.backup_codes,
        step,
        proof,
        core.news,
        base.clock,
        takes_a_factor=settings.disable_requires == "second-factor",
    )
    return (
        *TotpApi(totp, reply).routes(),
        *OtpApi(otp, reply).routes(),
        *BackupCodeApi(backup_codes, reply).routes(),
    )


def _enrolment(settings: Settings, base: Foundation, core: Core) -> EnrolmentService:
    return EnrolmentService(
        factors=core.factors,
        proof=core.proof,
        events=core.events,
        news=core.news,
        clock=base.clock,
        takes_a_factor=settings.disable_requires == "second-factor",
    )


def _sign_in(settings: Settings, base: Foundation, core: Core) -> SignInService:
    budget = PasswordBudget(base.store, by_network=settings.rate_limit == "on")
    return SignInService(
        store=base.store,
        clock=base.clock,
        proof=core.proof,
        gate=PasswordGate(
            store=base.store,
            clock=base.clock,
            proof=core.proof,
            budget=budget,
            trust=core.trust,
            news=core.news,
        ),
        pool=base.pool,
        admission=core.admission,
    )


def _recovery(settings: Settings, base: Foundation, core: Core) -> RecoveryApi:
    mail = LinkMail(base.store, base.clock, base.outbox, settings.app_name)
    links = Links(settings.origin, settings.trusted_origins)
    service = RecoveryService(
        store=base.store,
        clock=base.clock,
        pool=base.pool,
        events=core.events,
        admission=core.admission,
    )
    return RecoveryApi(LinkRequests(mail, base.errands, links, BASE_PATH), service)
