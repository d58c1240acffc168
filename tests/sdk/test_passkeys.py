"""Passkeys with the SDK, as a back end uses it between its browser and the server."""

import pytest

from athena_auth.delivery.model import MessageKind
from athena_auth_client import AthenaError, Method, PasskeyEnrolment, StepUpRequiredError, WrongCodeError
from support.passkey import Authenticator
from support.sdk import EMAIL, PASSWORD, Client, SdkHarness


def test_passkeys_are_added_named_and_removed(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)
    passkeys = client.auth.passkeys

    options = harness.done(passkeys.registration_options(password=PASSWORD))
    added = harness.done(passkeys.register(Authenticator().create(options), name="Blue key"))
    renamed = harness.done(passkeys.rename(added.id, "Red key"))
    listed = harness.done(passkeys.list())
    harness.done(passkeys.delete(added.id, password=PASSWORD))

    assert (added.name, renamed.name, listed) == ("Blue key", "Red key", (renamed,))
    current = harness.done(client.auth.get_session())
    assert current is not None
    assert added.user_id == current.user.id
    assert harness.done(passkeys.list()) == ()
    assert harness.is_signed_in(client)


def test_a_passkey_is_the_second_factor(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)
    device = Authenticator()
    two_factor = client.auth.two_factor

    enrolment = harness.done(two_factor.enable(PASSWORD, method="passkey", label="Blue key"))
    assert isinstance(enrolment, PasskeyEnrolment)
    assert enrolment.options is not None
    harness.done(two_factor.verify_passkey(device.create(enrolment.options)))
    prompt = harness.done(two_factor.prompt_passkey())
    stepped_up = harness.done(two_factor.verify_passkey(device.get(prompt.options)))

    assert stepped_up.user.two_factor_enabled
    assert harness.done(two_factor.status()).preferred_method == Method.PASSKEY
    (only,) = harness.done(client.auth.passkeys.list())
    with pytest.raises(AthenaError) as refused:
        harness.done(client.auth.passkeys.delete(only.id))
    assert refused.value.code == "LAST_AUTHENTICATOR"


def test_a_passkey_completes_a_sign_in(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)
    device = Authenticator()
    enrolment = harness.done(client.auth.two_factor.enable(PASSWORD, method="passkey"))
    harness.done(client.auth.two_factor.verify_passkey(device.create(enrolment.options or {})))
    harness.done(client.auth.sign_out())

    challenge = harness.challenge(client)
    wrong = Authenticator().get(harness.done(challenge.prompt_passkey()).options)
    with pytest.raises(WrongCodeError):
        harness.done(challenge.verify_passkey(wrong))
    harness.done(challenge.verify_passkey(device.get(harness.done(challenge.prompt_passkey()).options)))

    assert harness.is_signed_in(client)


def test_a_passkey_takes_the_place_of_the_password(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)
    harness.done(client.auth.send_verification_email(EMAIL))
    harness.done(client.auth.verify_email(harness.link_token(MessageKind.EMAIL_VERIFICATION)))
    device = Authenticator()
    two_factor = client.auth.two_factor
    enrolment = harness.done(two_factor.enable(PASSWORD, method="passkey"))
    harness.done(two_factor.verify_passkey(device.create(enrolment.options or {})))
    with pytest.raises(StepUpRequiredError):
        harness.done(client.auth.remove_password())
    harness.done(two_factor.verify_passkey(device.get(harness.done(two_factor.prompt_passkey()).options)))

    harness.done(client.auth.remove_password())
    status = harness.done(two_factor.status())
    codes = harness.done(two_factor.generate_backup_codes())
    with pytest.raises(AthenaError) as refused:
        harness.done(two_factor.disable(PASSWORD))
    harness.done(client.auth.set_password("another good password"))

    assert not status.has_password
    assert codes.backup_codes
    assert refused.value.code == "CREDENTIAL_ACCOUNT_NOT_FOUND"
    assert harness.done(two_factor.status()).has_password
    assert harness.is_signed_in(client)
