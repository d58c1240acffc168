"""Signing in with the SDK to an account that must enrol a second factor first."""

from collections.abc import Iterator
from typing import Any

import pytest

from athena_auth_client import ChallengeEndedError, RequiredEnrolment, SignedInByPassword, WrongCodeError
from support.passkey import Authenticator
from support.sdk import EMAIL, PASSWORD, Client, Kind, SdkHarness, harness_over

DAY = 86_400


@pytest.fixture
def harness(sqlite_url: str, kind: Kind) -> Iterator[SdkHarness]:
    with harness_over(sqlite_url, kind, require_second_factor="all") as running:
        running.sign_up(running.client())
        yield running


def required(harness: SdkHarness, client: Client) -> RequiredEnrolment[Any]:
    """Sign in after the deadline."""
    harness.world.clock.advance(15 * DAY)
    answer = harness.done(client.auth.sign_in.email(email=EMAIL, password=PASSWORD))
    assert isinstance(answer, RequiredEnrolment)
    return answer


def test_before_the_deadline_the_sign_in_says_when_it_is(harness: SdkHarness, client: Client) -> None:
    signed_in = harness.sign_in(client)
    assert isinstance(signed_in, SignedInByPassword)
    assert signed_in.second_factor_due_at is not None
    assert harness.done(client.auth.two_factor.status()).second_factor_due_at is not None


def test_an_app_completes_the_sign_in(harness: SdkHarness, client: Client) -> None:
    enrolment = required(harness, client)
    assert enrolment.methods == ("passkey", "totp", "otp")
    assert not harness.is_signed_in(client)
    phone = harness.phone(harness.done(enrolment.enable_totp(PASSWORD)).totp_uri)
    with pytest.raises(WrongCodeError):
        harness.done(enrolment.verify_totp(phone.wrong_code()))

    harness.done(enrolment.verify_totp(phone.code()))

    assert harness.is_signed_in(client)


def test_a_mailed_code_completes_it_in_another_request(harness: SdkHarness, client: Client) -> None:
    kept = required(harness, client)
    harness.done(kept.enable_otp(PASSWORD))
    resumed = client.auth.sign_in.resume_enrolment(kept.token, kept.methods)

    harness.done(resumed.verify_otp(harness.sent_code()))

    assert harness.is_signed_in(client)


def test_a_passkey_completes_it(harness: SdkHarness, client: Client) -> None:
    enrolment = required(harness, client)
    begun = harness.done(enrolment.enable_passkey(PASSWORD, label="Blue key"))
    assert begun.options is not None

    harness.done(enrolment.verify_passkey(Authenticator().create(begun.options)))

    assert harness.is_signed_in(client)
    assert [passkey.name for passkey in harness.done(client.auth.passkeys.list())] == ["Blue key"]


def test_it_ends_after_twenty_minutes(harness: SdkHarness, client: Client) -> None:
    enrolment = required(harness, client)
    harness.world.clock.advance(1201)

    with pytest.raises(ChallengeEndedError):
        harness.done(enrolment.enable_totp(PASSWORD))
