"""The only place that builds things: from settings to routes."""

import msgspec

from athena_auth.accounts.api import AccountApi
from athena_auth.accounts.hashing import HashingPool
from athena_auth.accounts.proof import PasswordProof
from athena_auth.accounts.service import AccountService, Resolver
from athena_auth.backup_codes import sql as backup_codes_sql
from athena_auth.backup_codes.api import BackupCodeApi
from athena_auth.backup_codes.method import BackupCodeMethod
from athena_auth.backup_codes.service import BackupCodeService
from athena_auth.challenge import sql as challenge_sql
from athena_auth.challenge.admission import Admission, Lifetimes
from athena_auth.challenge.answers import PassedReply
from athena_auth.challenge.credentials import CredentialEvents
from athena_auth.challenge.second_step import SecondStep
from athena_auth.crypto.keys import Keyring
from athena_auth.crypto.passwords import PasswordHasher
from athena_auth.delivery.outbox import Outbox
from athena_auth.delivery.transport import Transport, open_transport
from athena_auth.enrolment.api import EnrolmentApi
from athena_auth.enrolment.service import EnrolmentService, Factors
from athena_auth.kernel.clock import Clock, SystemClock
from athena_auth.otp import sql as otp_sql
from athena_auth.otp.api import OtpApi
from athena_auth.otp.method import OtpMethod, OtpSettings
from athena_auth.otp.service import OtpService
from athena_auth.passwords.api import PasswordApi
from athena_auth.passwords.service import PasswordService
from athena_auth.sessions import sql as sessions_sql
from athena_auth.settings import HOW_TO_MAKE_ONE, Settings, SettingsError, parse_secrets
from athena_auth.sign_in.api import SignInApi
from athena_auth.sign_in.service import SignInService
from athena_auth.store.address import sqlite_path, store_at
from athena_auth.store.secret_file import secret_beside
from athena_auth.store.sweeper import Sweeper
from athena_auth.store.transaction import Store
from athena_auth.totp import sql as totp_sql
from athena_auth.totp.api import TotpApi
from athena_auth.totp.method import TotpMethod, TotpSettings
from athena_auth.totp.service import TotpService
from athena_auth.trusted_devices import sql as trusted_devices_sql
from athena_auth.trusted_devices.method import TrustedDevices
from athena_auth.wire.route import Route


class Foundation(msgspec.Struct, frozen=True):
    """What every slice stands on."""

    store: Store
    clock: Clock
    keyring: Keyring
    pool: HashingPool
    outbox: Outbox


class Wired(msgspec.Struct, frozen=True):
    """A server's parts, put together but not started."""

    foundation: Foundation
    resolver: Resolver
    sweeper: Sweeper
    routes: tuple[Route, ...]


def build(settings: Settings, *, clock: Clock | None = None, transport: Transport | None = None) -> Wired:
    """Put a server together. The clock and the mail transport are seams; both are real by default.

    Raises:
        SettingsError: an address among the settings cannot be used.
        Unavailable: the secret beside an SQLite file cannot be kept.
    """
    return _slices(settings, _foundation(settings, clock or SystemClock(), transport))


def _foundation(settings: Settings, clock: Clock, transport: Transport | None) -> Foundation:
    try:
        store = store_at(settings.database_url)
        mail = transport or open_transport(settings.mail_url, settings.mail_from)
    except ValueError as error:
        raise SettingsError(str(error)) from None
    keyring = Keyring(_secrets(settings))
    outbox = Outbox(store, clock, keyring, mail)
    pool = HashingPool(PasswordHasher(settings.argon2_cost))
    return Foundation(store, clock, keyring, pool, outbox)


def _secrets(settings: Settings) -> dict[int, bytes]:
    given = settings.secrets or settings.secret
    if given is not None:
        return parse_secrets(given)
    path = sqlite_path(settings.database_url)
    if path is None:
        # Beside a database that several machines share there is no place for a made-up secret.
        raise SettingsError(f"ATHENA_SECRET is needed with PostgreSQL; {HOW_TO_MAKE_ONE}.")
    return {1: secret_beside(path)}


def _slices(settings: Settings, base: Foundation) -> Wired:
    proof = PasswordProof(base.store, base.clock, base.pool)
    lifetimes = Lifetimes(session=settings.session_ttl, challenge=settings.challenge_ttl)
    totp = TotpMethod(base.keyring, _totp_settings(settings))
    otp = OtpMethod(base.keyring, base.outbox, _otp_settings(settings))
    backup_codes = BackupCodeMethod(base.keyring)
    trust = TrustedDevices(settings.trust_ttl)
    events = CredentialEvents(
        (
            totp_sql.credentials_changed,
            otp_sql.credentials_changed,
            backup_codes_sql.credentials_changed,
            trusted_devices_sql.credentials_changed,
        )
    )
    admission = Admission((totp, otp, backup_codes), trust, lifetimes)
    second_step = SecondStep(base.store, base.clock, events, trust, lifetimes)
    reply = PassedReply(settings.trust_ttl)
    account_service = AccountService(base.store, base.clock, proof)
    enrolment = EnrolmentService(
        factors=Factors(totp, otp, backup_codes),
        proof=proof,
        events=events,
        outbox=base.outbox,
        clock=base.clock,
    )
    routes = (
        *TotpApi(TotpService(totp, second_step, proof, base.clock), reply).routes(),
        *OtpApi(OtpService(otp, second_step, base.store, base.clock, base.outbox), reply).routes(),
        *BackupCodeApi(BackupCodeService(backup_codes, second_step, proof, base.clock), reply).routes(),
        *EnrolmentApi(enrolment).routes(),
        *SignInApi(SignInService(base.store, base.clock, proof, base.pool, admission), reply).routes(),
        *AccountApi(account_service).routes(),
        *PasswordApi(PasswordService(proof, base.pool, events, base.clock)).routes(),
    )
    return Wired(base, account_service, _sweeper(base), routes)


def _sweeper(base: Foundation) -> Sweeper:
    statements = (sessions_sql.SWEEP, challenge_sql.SWEEP, otp_sql.SWEEP, trusted_devices_sql.SWEEP)
    return Sweeper(base.store, base.clock, statements)


def _totp_settings(settings: Settings) -> TotpSettings:
    return TotpSettings(settings.app_name, settings.totp_parameters, settings.totp_window)


def _otp_settings(settings: Settings) -> OtpSettings:
    return OtpSettings(settings.app_name, settings.otp_ttl, fallback=settings.otp_fallback == "on")
