"""What sign-in and the second step share: the factors, the one door to a session, and who hears of changes."""

import msgspec

from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.password_verifier import PasswordVerifier
from athena_auth.accounts.step_up import StepUp
from athena_auth.audit.model import EventName
from athena_auth.authenticators import sql as authenticators_sql
from athena_auth.backup_codes.factor import BackupCodeFactor
from athena_auth.challenge.audit_events import verification_events
from athena_auth.challenge.credentials import CredentialEvents
from athena_auth.challenge.recognized_browsers import RecognizedBrowsers
from athena_auth.challenge.replay import Replay
from athena_auth.challenge.second_step import SecondStep
from athena_auth.challenge.sign_in_policy import Lifetimes, SignInPolicy
from athena_auth.challenge.step_up import PolicyStepUp
from athena_auth.challenge.verification import AttemptVerifier
from athena_auth.enrolment.service import Factors
from athena_auth.otp.factor import OtpFactor, OtpSettings
from athena_auth.recovery import sql as recovery_sql
from athena_auth.recovery.recognition import RecognitionLinks
from athena_auth.settings import BASE_PATH, Settings
from athena_auth.totp.factor import TotpFactor, TotpSettings
from athena_auth.trusted_devices import sql as trusted_devices_sql
from athena_auth.trusted_devices.device_trust import TrustedDevices
from athena_auth.wiring.foundation import Foundation


def known_events() -> dict[str, str]:
    """Return the name of every event that this server records, with its meaning."""
    general = {event.value: event.meaning for event in EventName}
    return general | verification_events((TotpFactor, OtpFactor, BackupCodeFactor))


class Core(msgspec.Struct, frozen=True):
    """The parts that more than one slice works with."""

    factors: Factors
    trust: TrustedDevices
    browsers: RecognizedBrowsers
    passwords: PasswordVerifier
    notifications: SecurityNotifications
    events: CredentialEvents
    sign_in_policy: SignInPolicy
    second_step: SecondStep
    step_up: StepUp


def core_of(settings: Settings, base: Foundation) -> Core:
    """Build them on a foundation."""
    factors = _factors(settings, base)
    methods = (factors.totp, factors.otp, factors.backup_codes)
    trust = TrustedDevices(base.keyring, settings.trust_ttl)
    notifications = SecurityNotifications(
        base.outbox, settings.app_name, RecognitionLinks(_recognition_page(settings))
    )
    passwords = PasswordVerifier(base.store, base.clock, base.pool, notifications)
    events = CredentialEvents(
        notifications,
        (
            authenticators_sql.credentials_changed,
            *(factor.credentials_changed for factor in methods),
            trusted_devices_sql.credentials_changed,
            recovery_sql.credentials_changed,
        ),
    )
    verifier = AttemptVerifier(notifications, trust)
    lifetimes = Lifetimes(session=settings.session_ttl, challenge=settings.challenge_ttl)
    return Core(
        factors=factors,
        trust=trust,
        browsers=RecognizedBrowsers(base.keyring),
        passwords=passwords,
        notifications=notifications,
        events=events,
        sign_in_policy=SignInPolicy(methods, trust, notifications, lifetimes),
        second_step=SecondStep(
            store=base.store,
            clock=base.clock,
            verifier=verifier,
            events=events,
            replay=Replay(base.keyring),
            lifetimes=lifetimes,
        ),
        step_up=PolicyStepUp(
            store=base.store,
            clock=base.clock,
            passwords=passwords,
            verifier=verifier,
            methods=methods,
            relaxed=settings.step_up == "password",
        ),
    )


def _factors(settings: Settings, base: Foundation) -> Factors:
    return Factors(
        TotpFactor(base.keyring, _totp_settings(settings)),
        OtpFactor(base.keyring, base.outbox, _otp_settings(settings)),
        BackupCodeFactor(base.keyring),
    )


def _recognition_page(settings: Settings) -> str:
    return f"{settings.url}{BASE_PATH}/recognize-browser"


def _totp_settings(settings: Settings) -> TotpSettings:
    return TotpSettings(settings.app_name, settings.totp_parameters, settings.totp_window)


def _otp_settings(settings: Settings) -> OtpSettings:
    return OtpSettings(
        settings.app_name,
        settings.otp_ttl,
        fallback=settings.otp_fallback == "on",
        by_text=settings.sms_url is not None,
    )
