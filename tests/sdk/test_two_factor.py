"""Turning the second factor on and off with the SDK, and looking after it."""

import pytest

from athena_auth import qr_code
from athena_auth_client import AthenaError, Method, OtpEnrolment, StepUpRequiredError, WrongCodeError
from support.sdk import PASSWORD, Client, Credentials, Kind, Stage, stage_over


def test_an_authenticator_app_is_on_once_its_code_confirmed_it(stage: Stage, client: Client) -> None:
    stage.sign_up(client)
    before = stage.done(client.auth.two_factor.status())

    enrolment = stage.done(client.auth.two_factor.enable(PASSWORD, issuer="Analytical Engines"))
    pending = stage.done(client.auth.two_factor.status())
    phone = stage.phone(enrolment.totp_uri)
    confirmed = stage.done(client.auth.two_factor.verify_totp(phone.code()))
    after = stage.done(client.auth.two_factor.status())

    assert (before.enabled, before.methods, before.preferred_method) == (False, (), None)
    assert (pending.enabled, pending.pending_enrolment) == (False, Method.TOTP)
    assert phone.totp.issuer == "Analytical Engines"
    assert confirmed.user.two_factor_enabled
    assert (after.enabled, after.preferred_method, after.pending_enrolment) == (True, Method.TOTP, None)
    assert after.backup_codes_left == len(enrolment.backup_codes)
    assert stage.is_signed_in(client)


def test_codes_by_mail_are_on_once_one_confirmed_them(stage: Stage, client: Client) -> None:
    stage.sign_up(client)

    enrolment = stage.done(client.auth.two_factor.enable(PASSWORD, method="otp"))
    confirmed = stage.done(client.auth.two_factor.verify_otp(stage.sent_code()))
    again = stage.done(client.auth.two_factor.enable(PASSWORD, method="otp"))

    assert isinstance(enrolment, OtpEnrolment)
    assert enrolment.method == Method.OTP
    assert enrolment.backup_codes
    assert (enrolment.confirmation_pending, again.confirmation_pending) == (True, False)
    assert confirmed.user.two_factor_enabled


def test_a_phone_number_reaches_the_server(stage: Stage, client: Client) -> None:
    stage.sign_up(client)

    with pytest.raises(AthenaError) as refused:
        stage.done(client.auth.two_factor.enable(PASSWORD, method="otp", phone_number="next door"))

    assert refused.value.code == "VALIDATION_ERROR"
    assert "phoneNumber" in refused.value.message
    assert stage.done(client.auth.two_factor.status()).phone_number is None


def test_the_address_for_the_app_is_shown_again(stage: Stage, client: Client) -> None:
    stage.sign_up(client)
    enrolment = stage.done(client.auth.two_factor.enable(PASSWORD))

    shown = stage.done(client.auth.two_factor.get_totp_uri(PASSWORD))

    assert shown.totp_uri == enrolment.totp_uri
    assert enrolment.qr_code is shown.qr_code is None


def test_the_qr_code_is_there_for_whoever_asks(stage: Stage, client: Client) -> None:
    stage.sign_up(client)

    enrolment = stage.done(client.auth.two_factor.enable(PASSWORD, qr_code=True))
    shown = stage.done(client.auth.two_factor.get_totp_uri(PASSWORD, qr_code=True))

    assert enrolment.qr_code == shown.qr_code == qr_code.data_uri(enrolment.totp_uri)


def test_new_backup_codes_end_the_old_ones(stage: Stage, client: Client) -> None:
    stage.sign_up(client)
    _, old = stage.enrol(client)

    new = stage.done(client.auth.two_factor.generate_backup_codes(PASSWORD)).backup_codes

    assert not set(new) & set(old)
    with pytest.raises(WrongCodeError):
        stage.done(client.auth.two_factor.verify_backup_code(old[0]))
    used = stage.done(client.auth.two_factor.verify_backup_code(new[0]))
    assert used.backup_codes_left == len(new) - 1


def test_the_last_backup_code_says_that_it_was(stage: Stage, client: Client) -> None:
    stage.sign_up(client)
    _, codes = stage.enrol(client)

    used = [stage.done(client.auth.two_factor.verify_backup_code(code)) for code in codes]

    assert [answer.backup_codes_left for answer in used] == list(range(len(codes) - 1, -1, -1))
    assert used[0].message is None
    assert used[-1].message is not None


def test_a_factor_is_proven_again_by_a_mailed_code(stage: Stage, client: Client) -> None:
    user = stage.sign_up(client)
    stage.enrol(client)

    stage.done(client.auth.two_factor.send_otp())

    assert stage.done(client.auth.two_factor.verify_otp(stage.sent_code())).user.id == user.id


def test_the_second_factor_is_turned_off(stage: Stage, client: Client) -> None:
    stage.sign_up(client)
    stage.enrol(client)

    stage.done(client.auth.two_factor.disable(PASSWORD))

    assert not stage.done(client.auth.two_factor.status()).enabled
    assert stage.is_signed_in(client)
    stage.sign_in(client)


def test_what_is_not_on_cannot_be_shown(stage: Stage, client: Client) -> None:
    stage.sign_up(client)

    with pytest.raises(AthenaError) as refused:
        stage.done(client.auth.two_factor.get_totp_uri(PASSWORD))

    assert (refused.value.code, refused.value.status) == ("TOTP_NOT_ENABLED", 400)


def test_turning_off_takes_a_fresh_proof(sqlite_url: str, kind: Kind, credentials: Credentials) -> None:
    with stage_over(sqlite_url, kind) as stage:
        client = stage.client(credentials=credentials)
        stage.sign_up(client)
        phone, _ = stage.enrol(client)
        stage.world.clock.advance(601)

        with pytest.raises(StepUpRequiredError) as refused:
            stage.done(client.auth.two_factor.disable(PASSWORD))
        stage.done(client.auth.two_factor.verify_totp(phone.code()))
        stage.done(client.auth.two_factor.disable(PASSWORD))

        assert refused.value.status == 403
        assert not stage.done(client.auth.two_factor.status()).enabled


def test_trusted_devices_are_listed_and_one_is_revoked(stage: Stage, client: Client) -> None:
    phone, _ = stage.person_with_totp()
    for device in (stage.client(), client):
        stage.done(stage.challenge(device).verify_totp(phone.code(), trust_device=True))
        stage.world.clock.advance(60)

    own, other = stage.done(client.auth.two_factor.trusted_devices())
    stage.done(client.auth.two_factor.revoke_trusted_device(other.id))

    assert (own.current, other.current) == (True, False)
    assert (own.expires_at - own.created_at).days == 30
    assert [device.id for device in stage.done(client.auth.two_factor.trusted_devices())] == [own.id]
    assert stage.done(client.auth.two_factor.status()).trusted_devices == 1


def test_a_device_that_is_trusted_no_more_is_challenged(stage: Stage, client: Client) -> None:
    phone, _ = stage.person_with_totp()
    stage.done(stage.challenge(client).verify_totp(phone.code(), trust_device=True))
    (own,) = stage.done(client.auth.two_factor.trusted_devices())

    stage.done(client.auth.two_factor.revoke_trusted_device(own.id))

    stage.challenge(client)


def test_no_device_is_trusted_any_more(stage: Stage, client: Client) -> None:
    phone, _ = stage.person_with_totp()
    stage.done(stage.challenge(client).verify_totp(phone.code(), trust_device=True))

    stage.done(client.auth.two_factor.revoke_trusted_devices())

    assert stage.done(client.auth.two_factor.trusted_devices()) == ()
    stage.challenge(client)
