"""Signing in with the SDK, from the password to the last factor."""

from collections.abc import Callable

import pytest

from athena_auth.delivery.model import MessageKind
from athena_auth_client import (
    AthenaError,
    ChallengeEndedError,
    MemoryTokenStore,
    Method,
    RateLimitedError,
    SignedIn,
    SignedInByBackupCode,
    WrongCodeError,
)
from support.sdk import EMAIL, PASSWORD, AnyChallenge, Client, Phone, SdkHarness

Finish = Callable[[SdkHarness, AnyChallenge, Phone, tuple[str, ...]], SignedIn]


def by_totp(harness: SdkHarness, challenge: AnyChallenge, phone: Phone, _: tuple[str, ...]) -> SignedIn:
    signed_in: SignedIn = harness.done(challenge.verify_totp(phone.code()))
    return signed_in


def by_mail(harness: SdkHarness, challenge: AnyChallenge, _: Phone, __: tuple[str, ...]) -> SignedIn:
    harness.done(challenge.send_otp())
    signed_in: SignedIn = harness.done(challenge.verify_otp(harness.sent_code()))
    return signed_in


def by_backup_code(
    harness: SdkHarness, challenge: AnyChallenge, _: Phone, codes: tuple[str, ...]
) -> SignedIn:
    signed_in = harness.done(challenge.verify_backup_code(codes[0]))
    assert isinstance(signed_in, SignedInByBackupCode)
    assert signed_in.backup_codes_left == len(codes) - 1
    assert signed_in.session.user_id == signed_in.user.id
    return signed_in


def test_a_new_account_is_signed_in(harness: SdkHarness, client: Client) -> None:
    user = harness.sign_up(client)

    current = harness.done(client.auth.get_session())

    assert current is not None
    assert current.user == user
    assert current.session.user_id == user.id
    assert (user.email, user.name, user.two_factor_enabled) == (EMAIL, "Ada", False)
    assert user.created_at.timestamp() * 1000 == harness.world.clock.now()


def test_a_password_alone_signs_in_where_no_second_factor_is_on(harness: SdkHarness, client: Client) -> None:
    user = harness.sign_up(harness.client())

    signed_in = harness.sign_in(client)

    assert signed_in.user == user
    assert harness.is_signed_in(client)


def test_a_client_that_has_signed_in_before_is_recognized(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(harness.client())
    for _ in range(3):
        harness.sign_in(client)
        harness.done(client.auth.sign_out())

    harness.portal.call(harness.world.delivered)

    assert harness.world.mailbox.kinds_for(EMAIL).count(MessageKind.NEW_BROWSER) == 1


def test_a_wrong_password_is_no_wrong_code(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(harness.client())

    with pytest.raises(AthenaError) as refused:
        harness.done(client.auth.sign_in.email(email=EMAIL, password="wrong"))

    assert type(refused.value) is AthenaError
    assert (refused.value.code, refused.value.status) == ("INVALID_EMAIL_OR_PASSWORD", 401)


@pytest.mark.parametrize("finish", [by_totp, by_mail, by_backup_code])
def test_each_method_finishes_a_sign_in(harness: SdkHarness, client: Client, finish: Finish) -> None:
    phone, codes = harness.person_with_totp()
    challenge = harness.challenge(client)
    assert set(challenge.methods) == {Method.TOTP, Method.OTP, Method.BACKUP_CODE}
    assert not harness.is_signed_in(client)

    signed_in = finish(harness, challenge, phone, codes)

    assert signed_in.user.two_factor_enabled
    current = harness.done(client.auth.get_session())
    assert current is not None
    assert current.session.level == 2


def test_a_wrong_code_leaves_the_challenge_open(harness: SdkHarness, client: Client) -> None:
    phone, _ = harness.person_with_totp()
    challenge = harness.challenge(client)

    with pytest.raises(WrongCodeError) as refused:
        harness.done(challenge.verify_totp(phone.wrong_code()))
    with pytest.raises(WrongCodeError):
        harness.done(challenge.verify_backup_code("aaaa-aaaa-aaaa-aaaa"))

    assert (refused.value.code, refused.value.status) == ("INVALID_CODE", 401)
    assert refused.value.request_id
    harness.done(challenge.verify_totp(phone.code()))
    assert harness.is_signed_in(client)


def test_guessing_ends_in_a_wait_that_is_told(harness: SdkHarness, client: Client) -> None:
    phone, _ = harness.person_with_totp()
    challenge = harness.challenge(client)
    for _ in range(5):
        with pytest.raises(WrongCodeError):
            harness.done(challenge.verify_totp(phone.wrong_code()))
    another = harness.challenge(client)

    with pytest.raises(RateLimitedError) as locked:
        harness.done(another.verify_totp(phone.code()))

    assert (locked.value.code, locked.value.status) == ("ACCOUNT_TEMPORARILY_LOCKED", 429)
    assert locked.value.retry_after == 30
    harness.world.clock.advance(locked.value.retry_after)
    harness.done(another.verify_totp(phone.code()))
    assert harness.is_signed_in(client)


def test_a_challenge_that_took_too_long_says_to_begin_again(harness: SdkHarness, client: Client) -> None:
    phone, _ = harness.person_with_totp()
    challenge = harness.challenge(client)
    harness.world.clock.advance(601)

    with pytest.raises(ChallengeEndedError) as ended:
        harness.done(challenge.verify_totp(phone.code()))

    assert ended.value.code == "INVALID_TWO_FACTOR_COOKIE"


def test_a_trusted_device_skips_the_second_step_next_time(harness: SdkHarness, client: Client) -> None:
    phone, _ = harness.person_with_totp()
    harness.done(harness.challenge(client).verify_totp(phone.code(), trust_device=True))
    harness.done(client.auth.sign_out())
    assert not harness.is_signed_in(client)

    harness.sign_in(client)

    assert harness.is_signed_in(client)
    harness.challenge(harness.client())


def test_a_device_is_not_trusted_unless_asked_to(harness: SdkHarness, client: Client) -> None:
    phone, _ = harness.person_with_totp()
    harness.done(harness.challenge(client).verify_totp(phone.code()))
    harness.done(client.auth.sign_out())

    harness.challenge(client)


def test_a_sign_in_goes_on_in_another_process_by_its_token(harness: SdkHarness, client: Client) -> None:
    phone, _ = harness.person_with_totp()
    begun = harness.challenge(harness.client())

    challenge = client.auth.sign_in.resume(begun.token, begun.methods)
    harness.done(challenge.verify_totp(phone.code()))

    assert challenge.methods == begun.methods
    assert harness.is_signed_in(client)


def test_a_session_that_is_disabled_is_in_the_answer_only(harness: SdkHarness, client: Client) -> None:
    _, codes = harness.person_with_totp()

    signed_in = harness.done(harness.challenge(client).verify_backup_code(codes[0], disable_session=True))

    assert not harness.is_signed_in(client)
    passed_on = harness.client(tokens=MemoryTokenStore(session=signed_in.token))
    assert harness.is_signed_in(passed_on)


def test_a_sign_in_under_way_leaves_the_session_that_was_there(harness: SdkHarness, client: Client) -> None:
    """An answer that issues a challenge ends no session: another tab may have just been given it."""
    harness.sign_up(client)
    harness.enrol(client)

    harness.challenge(client)

    assert harness.is_signed_in(client)


def test_a_new_password_still_takes_the_second_factor(harness: SdkHarness, client: Client) -> None:
    elsewhere = harness.client()
    harness.sign_up(elsewhere)
    harness.done(elsewhere.auth.send_verification_email(EMAIL))
    harness.done(elsewhere.auth.verify_email(harness.link_token(MessageKind.EMAIL_VERIFICATION)))
    phone, _ = harness.enrol(elsewhere)
    harness.done(client.auth.request_password_reset(EMAIL))

    challenge = harness.reset_password(client, "another good password")

    assert challenge is not None
    assert Method.TOTP in challenge.methods
    harness.done(challenge.verify_totp(phone.code()))
    assert harness.is_signed_in(client)


def test_a_new_password_alone_signs_nobody_in(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(harness.client())
    harness.done(client.auth.request_password_reset(EMAIL))

    assert harness.reset_password(client, "another good password") is None

    assert not harness.is_signed_in(client)
    with pytest.raises(AthenaError, match="wrong"):
        harness.done(client.auth.sign_in.email(email=EMAIL, password=PASSWORD))
