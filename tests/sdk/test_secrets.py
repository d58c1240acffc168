"""Secrets can be read by attribute, and are never printed."""

import io

from rich.console import Console

from athena_auth_client import AthenaClient, MemoryTokenStore, SignedIn
from support.sdk import EMAIL, PASSWORD, AnyChallenge, Client, Kind, SdkHarness, harness_over


def printed(value: object) -> str:
    """Return the value as print, an f-string, an error reporter and rich show it."""
    shown = io.StringIO()
    Console(file=shown, width=10_000).print(value, [value])
    return (
        f"{value} {value!r} {[value]} {vars(value) if hasattr(value, '__dict__') else ''}{shown.getvalue()}"
    )


def test_an_enrolment_prints_without_its_secrets(harness: SdkHarness, client: Client) -> None:
    harness.sign_up(client)
    harness.enrol(client)

    enrolment = harness.done(client.auth.two_factor.enable(PASSWORD, qr_code=True))
    uri = harness.done(client.auth.two_factor.get_totp_uri(PASSWORD, qr_code=True))
    codes = harness.done(client.auth.two_factor.generate_backup_codes(PASSWORD))

    for value in (enrolment, uri, codes):
        assert "otpauth" not in printed(value)
        assert "svg" not in printed(value)
        assert not [code for code in (*enrolment.backup_codes, *codes.backup_codes) if code in printed(value)]
    assert "method='totp'" in printed(enrolment)


def test_a_sign_in_prints_without_its_tokens(harness: SdkHarness, client: Client) -> None:
    phone, codes = harness.person_with_totp()
    store = MemoryTokenStore()
    challenge: AnyChallenge = harness.challenge(client)
    by_code: SignedIn = harness.done(challenge.verify_totp(phone.code(), trust_device=True))
    other = harness.challenge(harness.client(tokens=store))
    by_backup_code = harness.done(other.verify_backup_code(codes[0], trust_device=True))
    tokens = store.load()

    secrets = [challenge.token, by_code.token, by_backup_code.token, tokens.session, tokens.trusted_device]
    assert len({secret for secret in secrets if secret}) == 4
    for value in (by_code, by_backup_code, tokens, client, client.auth):
        assert not [secret for secret in secrets if secret and secret in printed(value)], value
    assert challenge.token not in f"{challenge} {challenge!r} {[challenge]}"
    assert EMAIL in printed(by_code)


def test_an_enrolment_token_is_not_printed(sqlite_url: str, kind: Kind) -> None:
    with harness_over(sqlite_url, kind, require_second_factor="all", require_grace=0) as strict:
        email = strict.client().auth.sign_up.email
        signed_up = strict.done(email(name="Ada", email=EMAIL, password=PASSWORD))

    assert signed_up.enrolment_token
    assert signed_up.enrolment_token not in printed(signed_up)


def test_a_challenge_prints_its_methods() -> None:
    with AthenaClient() as client:
        challenge = client.auth.sign_in.resume("2fa_secret", ("totp",))

    assert repr(challenge) == "Challenge(methods=('totp',))"
