"""Builds the services that several packages use: the factors, sign-in policy, second step, step-up and credential events."""

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

import msgspec

from athena_auth.accounts.enforcement.deadlines import Deadlines
from athena_auth.accounts.enforcement.rules import EnforcementPolicy
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.password_policy import PasswordPolicy
from athena_auth.accounts.password_verifier import PasswordVerifier
from athena_auth.accounts.step_up_policy import StepUp
from athena_auth.audit.model import EventName
from athena_auth.authenticator_changes import AuthenticatorChanges
from athena_auth.email_change import sql as email_change_sql
from athena_auth.enrolment.service import Factors
from athena_auth.factors.backup_codes.factor import BackupCodes
from athena_auth.factors.otp.factor import Otp
from athena_auth.factors.passkeys.factor import Passkeys, verifies_its_user
from athena_auth.factors.totp.factor import Totp
from athena_auth.mfa import authenticators as authenticators_sql
from athena_auth.mfa import prompts
from athena_auth.mfa.authenticators import Authenticator
from athena_auth.mfa.credentials import CredentialEvents
from athena_auth.mfa.enrolment_sign_in import EnrolmentSignIn
from athena_auth.mfa.factor import Factor, FactorParts, Prompting
from athena_auth.mfa.offered import OfferedFactors, offered_factors
from athena_auth.mfa.recognized_browsers import RecognizedBrowsers
from athena_auth.mfa.repeated_submissions import RepeatedSubmissions
from athena_auth.mfa.second_step import SecondStep
from athena_auth.mfa.sign_in_policy import Lifetimes, SignInPolicy
from athena_auth.mfa.step_up import PolicyStepUp
from athena_auth.mfa.verification import AttemptVerifier, verification_events
from athena_auth.recovery import sql as recovery_sql
from athena_auth.recovery.cases.mails import RecoveryMails
from athena_auth.recovery.email_links import RecognitionLinks
from athena_auth.settings import BASE_PATH, Settings, SettingsError
from athena_auth.trusted_devices import sql as trusted_devices_sql
from athena_auth.trusted_devices.device_trust import TrustedDevices
from athena_auth.wiring.resources import Resources

T = TypeVar("T")

_NAME = re.compile(r"[a-z][a-z0-9-]{0,15}")

FactorFactory = Callable[[FactorParts], Factor[Any]]
BUILT_IN: tuple[FactorFactory, ...] = (Passkeys, Totp, Otp, BackupCodes)
"""The factors that come with the server, in the order they are offered."""


def known_events(factors: Iterable[Factor[Any] | type[Factor[Any]]]) -> dict[str, str]:
    """Return the name of every event that a server with these factors records, with its meaning."""
    general = {event.value: event.meaning for event in EventName}
    return general | verification_events(factors)


class SharedServices(msgspec.Struct, frozen=True):
    """The objects that several packages use."""

    factors: Factors
    trust: TrustedDevices
    browsers: RecognizedBrowsers
    passwords: PasswordVerifier
    password_policy: PasswordPolicy
    notifications: SecurityNotifications
    events: CredentialEvents
    authenticator_changes: AuthenticatorChanges
    sign_in_policy: SignInPolicy
    second_step: SecondStep
    step_up: StepUp
    recovery_mails: RecoveryMails
    deadlines: Deadlines


def shared_services(
    settings: Settings, resources: Resources, factories: tuple[FactorFactory, ...]
) -> SharedServices:
    """Build them.

    Raises:
        ValueError: the factors do not go together.
        SettingsError: ATHENA_METHODS does not name methods of these factors.
    """
    factors = _factors(FactorParts(resources.keyring, resources.outbox, settings), factories)
    trust = TrustedDevices(resources.keyring, settings.trust_ttl)
    links = RecognitionLinks(_recognition_page(settings))
    notifications = SecurityNotifications(resources.outbox, settings.app_name, links)
    passwords = PasswordVerifier(resources.store, resources.clock, resources.pool, notifications)
    events = _credential_events(notifications, factors)
    deadlines = _deadlines(settings, notifications)
    with_nonce = {each.name for each in factors.every if isinstance(each, Prompting) and each.has_nonce}
    verifier = AttemptVerifier(notifications, trust, frozenset(with_nonce))
    return SharedServices(
        factors=factors,
        trust=trust,
        browsers=RecognizedBrowsers(resources.keyring),
        passwords=passwords,
        password_policy=PasswordPolicy(resources.breaches),
        notifications=notifications,
        events=events,
        authenticator_changes=AuthenticatorChanges(
            events, partial(_is_usable, factors), partial(_signs_in_alone, factors)
        ),
        sign_in_policy=_sign_in_policy(settings, factors, trust, notifications, deadlines),
        second_step=_second_step(settings, resources, factors, verifier, events),
        step_up=_step_up(settings, resources, passwords, verifier, factors),
        recovery_mails=RecoveryMails(resources.outbox, settings.app_name, settings.url + BASE_PATH),
        deadlines=deadlines,
    )


def _sign_in_policy(
    settings: Settings,
    factors: Factors,
    trust: TrustedDevices,
    notifications: SecurityNotifications,
    deadlines: Deadlines,
) -> SignInPolicy:
    return SignInPolicy(
        factors.offered,
        trust,
        notifications,
        _lifetimes(settings),
        requires_verified_email=settings.require_verified_email == "on",
        deadlines=deadlines,
    )


def _step_up(
    settings: Settings,
    resources: Resources,
    passwords: PasswordVerifier,
    verifier: AttemptVerifier,
    factors: Factors,
) -> StepUp:
    return PolicyStepUp(
        store=resources.store,
        clock=resources.clock,
        passwords=passwords,
        verifier=verifier,
        offered=factors.offered,
        relaxed=settings.step_up == "password",
    )


def _deadlines(settings: Settings, notifications: SecurityNotifications) -> Deadlines:
    return Deadlines(EnforcementPolicy(settings.require_second_factor, settings.require_grace), notifications)


def _is_usable(factors: Factors, authenticator: Authenticator) -> bool:
    """Tell whether this server accepts and can verify an active authenticator."""
    is_reached = authenticator.factor != factors.otp.name or factors.otp.reaches(authenticator)
    return is_reached and factors.offered.has(authenticator.factor)


def _signs_in_alone(factors: Factors, authenticator: Authenticator) -> bool:
    """Tell whether this server accepts an active authenticator at sign-in in place of a password."""
    return verifies_its_user(authenticator) and factors.offered.has(authenticator.factor)


def _lifetimes(settings: Settings) -> Lifetimes:
    return Lifetimes(
        session=settings.session_ttl,
        challenge=settings.challenge_ttl,
        session_max_age=settings.session_max_age,
    )


def _second_step(
    settings: Settings,
    resources: Resources,
    factors: Factors,
    verifier: AttemptVerifier,
    events: CredentialEvents,
) -> SecondStep:
    repeated_submissions = RepeatedSubmissions(resources.keyring)
    lifetimes = _lifetimes(settings)
    requires_verified_email = settings.require_verified_email == "on"
    return SecondStep(
        offered=factors.offered,
        store=resources.store,
        clock=resources.clock,
        verifier=verifier,
        events=events,
        repeated_submissions=repeated_submissions,
        enrolment_sign_in=EnrolmentSignIn(
            store=resources.store,
            verifier=verifier,
            events=events,
            repeated_submissions=repeated_submissions,
            lifetimes=lifetimes,
            requires_verified_email=requires_verified_email,
        ),
        lifetimes=lifetimes,
        requires_verified_email=requires_verified_email,
    )


def _credential_events(notifications: SecurityNotifications, factors: Factors) -> CredentialEvents:
    subscribers = (
        authenticators_sql.credentials_changed,
        *(factor.credentials_changed for factor in factors.every),
        prompts.credentials_changed,
        trusted_devices_sql.credentials_changed,
        recovery_sql.credentials_changed,
        email_change_sql.credentials_changed,
    )
    return CredentialEvents(notifications, subscribers)


def _factors(parts: FactorParts, factories: tuple[FactorFactory, ...]) -> Factors:
    every = tuple(make(parts) for make in factories)
    names = [factor.name for factor in every]
    for name in names:
        if _NAME.fullmatch(name) is None or names.count(name) > 1:
            raise ValueError(
                f"factors: {name!r} is no name of its own, of up to 16 letters a-z, digits and hyphens"
            )
    passkeys = next((factor for factor in every if isinstance(factor, Passkeys)), None)
    offered = _offered(every, parts.settings)
    return Factors(every, offered, _only(every, Totp), _only(every, Otp), _only(every, BackupCodes), passkeys)


def _offered(every: tuple[Factor[Any], ...], settings: Settings) -> OfferedFactors:
    try:
        return offered_factors(every, settings.methods)
    except ValueError as error:
        raise SettingsError(f"ATHENA_METHODS: {error}.") from None


def _only(factors: tuple[Factor[Any], ...], kind: type[T]) -> T:
    found = [factor for factor in factors if isinstance(factor, kind)]
    if len(found) != 1:
        raise ValueError(
            f"factors: {kind.__name__} must be among them once, since its endpoints are always there"
        )
    return found[0]


def _recognition_page(settings: Settings) -> str:
    return f"{settings.url}{BASE_PATH}/recognize-browser"
