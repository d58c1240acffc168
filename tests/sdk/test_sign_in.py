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
from support.sdk import EMAIL, PASSWORD, AnyChallenge, Client, Phone, Stage

Finish = Callable[[Stage, AnyChallenge, Phone, tuple[str, ...]], SignedIn]


def by_totp(stage: Stage, challenge: AnyChallenge, phone: Phone, _: tuple[str, ...]) -> SignedIn:
    signed_in: SignedIn = stage.done(challenge.verify_totp(phone.code()))
    return signed_in


def by_mail(stage: Stage, challenge: AnyChallenge, _: Phone, __: tuple[str, ...]) -> SignedIn:
    stage.done(challenge.send_otp())
    signed_in: SignedIn = stage.done(challenge.verify_otp(stage.sent_code()))
    return signed_in


def by_backup_code(stage: Stage, challenge: AnyChallenge, _: Phone, codes: tuple[str, ...]) -> SignedIn:
    signed_in = stage.done(challenge.verify_backup_code(codes[0]))
    assert isinstance(signed_in, SignedInByBackupCode)
    assert signed_in.backup_codes_left == len(codes) - 1
    assert signed_in.session.user_id == signed_in.user.id
    return signed_in


def test_a_new_account_is_signed_in(stage: Stage, client: Client) -> None:
    user = stage.sign_up(client)

    current = stage.done(client.auth.get_session())

    assert current is not None
    assert current.user == user
    assert current.session.user_id == user.id
    assert (user.email, user.name, user.two_factor_enabled) == (EMAIL, "Ada", False)
    assert user.created_at.timestamp() * 1000 == stage.world.clock.now()


def test_a_password_alone_signs_in_where_no_second_factor_is_on(stage: Stage, client: Client) -> None:
    user = stage.sign_up(stage.client())

    signed_in = stage.sign_in(client)

    assert signed_in.user == user
    assert stage.is_signed_in(client)


def test_a_wrong_password_is_no_wrong_code(stage: Stage, client: Client) -> None:
    stage.sign_up(stage.client())

    with pytest.raises(AthenaError) as refused:
        stage.done(client.auth.sign_in.email(email=EMAIL, password="wrong"))

    assert type(refused.value) is AthenaError
    assert (refused.value.code, refused.value.status) == ("INVALID_EMAIL_OR_PASSWORD", 401)


@pytest.mark.parametrize("finish", [by_totp, by_mail, by_backup_code])
def test_each_method_finishes_a_sign_in(stage: Stage, client: Client, finish: Finish) -> None:
    phone, codes = stage.person_with_totp()
    challenge = stage.challenge(client)
    assert set(challenge.methods) == {Method.TOTP, Method.OTP, Method.BACKUP_CODE}
    assert not stage.is_signed_in(client)

    signed_in = finish(stage, challenge, phone, codes)

    assert signed_in.user.two_factor_enabled
    current = stage.done(client.auth.get_session())
    assert current is not None
    assert current.session.level == 2


def test_a_wrong_code_leaves_the_challenge_open(stage: Stage, client: Client) -> None:
    phone, _ = stage.person_with_totp()
    challenge = stage.challenge(client)

    with pytest.raises(WrongCodeError) as refused:
        stage.done(challenge.verify_totp(phone.wrong_code()))
    with pytest.raises(WrongCodeError):
        stage.done(challenge.verify_backup_code("aaaa-aaaa-aaaa-aaaa"))

    assert (refused.value.code, refused.value.status) == ("INVALID_CODE", 401)
    assert refused.value.request_id
    stage.done(challenge.verify_totp(phone.code()))
    assert stage.is_signed_in(client)


def test_guessing_ends_in_a_wait_that_is_told(stage: Stage, client: Client) -> None:
    phone, _ = stage.person_with_totp()
    challenge = stage.challenge(client)
    for _ in range(5):
        with pytest.raises(WrongCodeError):
            stage.done(challenge.verify_totp(phone.wrong_code()))
    another = stage.challenge(client)

    with pytest.raises(RateLimitedError) as locked:
        stage.done(another.verify_totp(phone.code()))

    assert (locked.value.code, locked.value.status) == ("ACCOUNT_TEMPORARILY_LOCKED", 429)
    assert locked.value.retry_after == 30
    stage.world.clock.advance(locked.value.retry_after)
    stage.done(another.verify_totp(phone.code()))
    assert stage.is_signed_in(client)


def test_a_challenge_that_took_too_long_says_to_begin_again(stage: Stage, client: Client) -> None:
    phone, _ = stage.person_with_totp()
    challenge = stage.challenge(client)
    stage.world.clock.advance(601)

    with pytest.raises(ChallengeEndedError) as ended:
        stage.done(challenge.verify_totp(phone.code()))

    assert ended.value.code == "INVALID_TWO_FACTOR_COOKIE"


def test_a_trusted_device_skips_the_second_step_next_time(stage: Stage, client: Client) -> None:
    phone, _ = stage.person_with_totp()
    stage.done(stage.challenge(client).verify_totp(phone.code(), trust_device=True))
    stage.done(client.auth.sign_out())
    assert not stage.is_signed_in(client)

    stage.sign_in(client)

    assert stage.is_signed_in(client)
    stage.challenge(stage.client())


def test_a_device_is_not_trusted_unless_asked_to(stage: Stage, client: Client) -> None:
    phone, _ = stage.person_with_totp()
    stage.done(stage.challenge(client).verify_totp(phone.code()))
    stage.done(client.auth.sign_out())

    stage.challenge(client)


def test_a_sign_in_goes_on_in_another_process_by_its_token(stage: Stage, client: Client) -> None:
    phone, _ = stage.person_with_totp()
    begun = stage.challenge(stage.client())

    challenge = client.auth.sign_in.resume(begun.token, begun.methods)
    stage.done(challenge.verify_totp(phone.code()))

    assert challenge.methods == begun.methods
    assert stage.is_signed_in(client)


def test_a_session_that_is_disabled_is_in_the_answer_only(stage: Stage, client: Client) -> None:
    _, codes = stage.person_with_totp()

    signed_in = stage.done(stage.challenge(client).verify_backup_code(codes[0], disable_session=True))

    assert not stage.is_signed_in(client)
    passed_on = stage.client(tokens=MemoryTokenStore(session=signed_in.token))
    assert stage.is_signed_in(passed_on)


def test_a_sign_in_under_way_leaves_the_session_that_was_there(stage: Stage, client: Client) -> None:
    """An answer that issues a challenge ends no session: another tab may have just been given it."""
    stage.sign_up(client)
    stage.enrol(client)

    stage.challenge(client)

    assert stage.is_signed_in(client)


def test_a_new_password_still_takes_the_second_factor(stage: Stage, client: Client) -> None:
    elsewhere = stage.client()
    stage.sign_up(elsewhere)
    stage.done(elsewhere.auth.send_verification_email(EMAIL))
    stage.done(elsewhere.auth.verify_email(stage.link_token(MessageKind.EMAIL_VERIFICATION)))
    phone, _ = stage.enrol(elsewhere)
    stage.done(client.auth.request_password_reset(EMAIL))

    challenge = stage.reset_password(client, "another good password")

    assert challenge is not None
    assert Method.TOTP in challenge.methods
    stage.done(challenge.verify_totp(phone.code()))
    assert stage.is_signed_in(client)


def test_a_new_password_alone_signs_nobody_in(stage: Stage, client: Client) -> None:
    stage.sign_up(stage.client())
    stage.done(client.auth.request_password_reset(EMAIL))

    assert stage.reset_password(client, "another good password") is None

    assert not stage.is_signed_in(client)
    with pytest.raises(AthenaError, match="wrong"):
        stage.done(client.auth.sign_in.email(email=EMAIL, password=PASSWORD))
