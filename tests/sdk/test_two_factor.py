"""Turning two-factor authentication on and off with the SDK, and managing it."""

import pytest

from athena_auth import qr_code
from athena_auth_client import AthenaError, Method, OtpEnrolment, StepUpRequiredError, WrongCodeError
from support.sdk import PASSWORD, Client, Credentials, Kind, SdkHarness, harness_over


def test_an_authenticator_app_is_on_once_its_code_confirmed_it(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)
    before = harness.done(client.auth.two_factor.status())

    enrolment = harness.done(client.auth.two_factor.enable(PASSWORD, issuer="Analytical Engines"))
    pending = harness.done(client.auth.two_factor.status())
    phone = harness.phone(enrolment.totp_uri)
    confirmed = harness.done(client.auth.two_factor.verify_totp(phone.code()))
    after = harness.done(client.auth.two_factor.status())

    assert (before.enabled, before.methods, before.preferred_method) == (False, (), None)
    assert (pending.enabled, pending.pending_enrolment) == (False, Method.TOTP)
    assert phone.totp.issuer == "Analytical Engines"
    assert confirmed.user.two_factor_enabled
    assert (after.enabled, after.preferred_method, after.pending_enrolment) == (True, Method.TOTP, None)
    assert after.backup_codes_left == len(enrolment.backup_codes)
    assert harness.is_signed_in(client)


def test_codes_by_mail_are_on_once_one_confirmed_them(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)

    enrolment = harness.done(client.auth.two_factor.enable(PASSWORD, method="otp"))
    confirmed = harness.done(client.auth.two_factor.verify_otp(harness.sent_code()))
    again = harness.done(client.auth.two_factor.enable(PASSWORD, method="otp"))

    assert isinstance(enrolment, OtpEnrolment)
    assert enrolment.method == Method.OTP
    assert enrolment.backup_codes
    assert (enrolment.confirmation_pending, again.confirmation_pending) == (True, False)
    assert confirmed.user.two_factor_enabled


def test_a_phone_number_reaches_the_server(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)

    with pytest.raises(AthenaError) as refused:
        harness.done(client.auth.two_factor.enable(PASSWORD, method="otp", phone_number="next door"))

    assert refused.value.code == "VALIDATION_ERROR"
    assert "phoneNumber" in refused.value.message
    assert harness.done(client.auth.two_factor.status()).phone_number is None


def test_the_address_for_the_app_is_shown_again(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)
    enrolment = harness.done(client.auth.two_factor.enable(PASSWORD))

    shown = harness.done(client.auth.two_factor.get_totp_uri(PASSWORD))

    assert shown.totp_uri == enrolment.totp_uri
    assert enrolment.qr_code is shown.qr_code is None


def test_the_qr_code_is_there_for_whoever_asks(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)

    enrolment = harness.done(client.auth.two_factor.enable(PASSWORD, qr_code=True))
    shown = harness.done(client.auth.two_factor.get_totp_uri(PASSWORD, qr_code=True))

    assert enrolment.qr_code == shown.qr_code == qr_code.data_uri(enrolment.totp_uri)


def test_new_backup_codes_end_the_old_ones(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)
    _, old = harness.enrol(client)

    new = harness.done(client.auth.two_factor.generate_backup_codes(PASSWORD)).backup_codes

    assert not set(new) & set(old)
    with pytest.raises(WrongCodeError):
        harness.done(client.auth.two_factor.verify_backup_code(old[0]))
    used = harness.done(client.auth.two_factor.verify_backup_code(new[0]))
    assert used.backup_codes_left == len(new) - 1


def test_the_last_backup_code_says_that_it_was(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)
    _, codes = harness.enrol(client)

    used = [harness.done(client.auth.two_factor.verify_backup_code(code)) for code in codes]

    assert [answer.backup_codes_left for answer in used] == list(range(len(codes) - 1, -1, -1))
    assert used[0].message is None
    assert used[-1].message is not None


def test_a_factor_is_proven_again_by_a_mailed_code(harness: SdkHarness, client: Client) -> None:
    user = harness.sign_up(client)
    harness.enrol(client)

    harness.done(client.auth.two_factor.send_otp())

    assert harness.done(client.auth.two_factor.verify_otp(harness.sent_code())).user.id == user.id


def test_the_second_factor_is_turned_off(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)
    harness.enrol(client)

    harness.done(client.auth.two_factor.disable(PASSWORD))

    assert not harness.done(client.auth.two_factor.status()).enabled
    assert harness.is_signed_in(client)
    harness.sign_in(client)


def test_what_is_not_on_cannot_be_shown(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)

    with pytest.raises(AthenaError) as refused:
        harness.done(client.auth.two_factor.get_totp_uri(PASSWORD))

    assert (refused.value.code, refused.value.status) == ("TOTP_NOT_ENABLED", 400)


def test_turning_off_takes_a_fresh_proof(sqlite_url: str, kind: Kind, credentials: Credentials) -> None:
    with harness_over(sqlite_url, kind) as harness:
        client = harness.client(credentials=credentials)
        harness.sign_up(client)
        phone, _ = harness.enrol(client)
        harness.world.clock.advance(601)

        with pytest.raises(StepUpRequiredError) as refused:
            harness.done(client.auth.two_factor.disable(PASSWORD))
        harness.done(client.auth.two_factor.verify_totp(phone.code()))
        harness.done(client.auth.two_factor.disable(PASSWORD))

        assert refused.value.status == 403
        assert not harness.done(client.auth.two_factor.status()).enabled


def test_trusted_devices_are_listed_and_one_is_revoked(harness: SdkHarness, client: Client) -> None:
    phone, _ = harness.person_with_totp()
    for device in (harness.client(), client):
        harness.done(harness.challenge(device).verify_totp(phone.code(), trust_device=True))
        harness.world.clock.advance(60)

    own, other = harness.done(client.auth.two_factor.trusted_devices())
    harness.done(client.auth.two_factor.revoke_trusted_device(other.id))

    assert (own.current, other.current) == (True, False)
    assert (own.expires_at - own.created_at).days == 30
    assert [device.id for device in harness.done(client.auth.two_factor.trusted_devices())] == [own.id]
    assert harness.done(client.auth.two_factor.status()).trusted_devices == 1


def test_a_device_that_is_trusted_no_more_is_challenged(harness: SdkHarness, client: Client) -> None:
    phone, _ = harness.person_with_totp()
    harness.done(harness.challenge(client).verify_totp(phone.code(), trust_device=True))
    (own,) = harness.done(client.auth.two_factor.trusted_devices())

    harness.done(client.auth.two_factor.revoke_trusted_device(own.id))

    harness.challenge(client)


def test_no_device_is_trusted_any_more(harness: SdkHarness, client: Client) -> None:
    phone, _ = harness.person_with_totp()
    harness.done(harness.challenge(client).verify_totp(phone.code(), trust_device=True))

    harness.done(client.auth.two_factor.revoke_trusted_devices())

    assert harness.done(client.auth.two_factor.trusted_devices()) == ()
    harness.challenge(client)


def test_several_apps_are_managed_one_by_one(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)
    enrolment = harness.done(client.auth.two_factor.enable(PASSWORD))
    harness.done(client.auth.two_factor.verify_totp(harness.phone(enrolment.totp_uri).code()))

    added = harness.done(client.auth.two_factor.add_authenticator(PASSWORD, label="Work", qr_code=True))
    harness.done(client.auth.two_factor.verify_totp(harness.phone(added.totp_uri).code()))
    harness.done(client.auth.two_factor.rename_authenticator(added.id, "Work phone"))
    harness.done(client.auth.two_factor.suspend_authenticator(added.id))
    suspended = harness.done(client.auth.two_factor.authenticators())
    harness.done(client.auth.two_factor.resume_authenticator(added.id))
    status = harness.done(client.auth.two_factor.status())
    harness.done(client.auth.two_factor.remove_authenticator(added.id))
    [left] = harness.done(client.auth.two_factor.authenticators())
    with pytest.raises(AthenaError) as refused:
        harness.done(client.auth.two_factor.remove_authenticator(left.id))

    assert added.qr_code is not None
    assert {(each.label, each.suspended) for each in suspended} == {(None, False), ("Work phone", True)}
    assert status.authenticator_apps == 2
    assert refused.value.code == "LAST_AUTHENTICATOR"


def test_the_preferred_method_comes_with_the_challenge(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)
    enrolment = harness.done(client.auth.two_factor.enable(PASSWORD))
    harness.done(client.auth.two_factor.verify_totp(harness.phone(enrolment.totp_uri).code()))

    harness.done(client.auth.two_factor.set_preferred_method(Method.OTP))

    assert harness.done(client.auth.two_factor.status()).preferred_method == Method.OTP
    assert harness.challenge(client).preferred_method == Method.OTP
