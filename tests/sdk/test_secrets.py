"""What is secret is there for whoever asks for it by name, and for nobody who prints."""

import io

from rich.console import Console

from athena_auth_client import AthenaClient, MemoryTokenStore, SignedIn
from support.sdk import EMAIL, PASSWORD, AnyChallenge, Client, Stage


def printed(value: object) -> str:
    """Return the value as print, an f-string, an error reporter and rich show it."""
    shown = io.StringIO()
    Console(file=shown, width=10_000).print(value, [value])
    return (
        f"{value} {value!r} {[value]} {vars(value) if hasattr(value, '__dict__') else ''}{shown.getvalue()}"
    )


def test_an_enrolment_prints_without_its_secrets(stage: Stage, client: Client) -> None:
    stage.sign_up(client)
    stage.enrol(client)

    enrolment = stage.done(client.auth.two_factor.enable(PASSWORD, qr_code=True))
    uri = stage.done(client.auth.two_factor.get_totp_uri(PASSWORD, qr_code=True))
    codes = stage.done(client.auth.two_factor.generate_backup_codes(PASSWORD))

    for value in (enrolment, uri, codes):
        assert "otpauth" not in printed(value)
        assert "svg" not in printed(value)
        assert not [code for code in (*enrolment.backup_codes, *codes.backup_codes) if code in printed(value)]
    assert "method='totp'" in printed(enrolment)


def test_a_sign_in_prints_without_its_tokens(stage: Stage, client: Client) -> None:
    phone, codes = stage.person_with_totp()
    store = MemoryTokenStore()
    challenge: AnyChallenge = stage.challenge(client)
    by_code: SignedIn = stage.done(challenge.verify_totp(phone.code(), trust_device=True))
    other = stage.challenge(stage.client(tokens=store))
    by_backup_code = stage.done(other.verify_backup_code(codes[0], trust_device=True))
    tokens = store.load()

    secrets = [challenge.token, by_code.token, by_backup_code.token, tokens.session, tokens.trusted_device]
    assert len({secret for secret in secrets if secret}) == 4
    for value in (by_code, by_backup_code, tokens, client, client.auth):
        assert not [secret for secret in secrets if secret and secret in printed(value)], value
    assert challenge.token not in f"{challenge} {challenge!r} {[challenge]}"
    assert EMAIL in printed(by_code)


def test_a_challenge_prints_its_methods() -> None:
    with AthenaClient() as client:
        challenge = client.auth.sign_in.resume("2fa_secret", ("totp",))

    assert repr(challenge) == "Challenge(methods=('totp',))"
