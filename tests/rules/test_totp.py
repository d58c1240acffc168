"""TOTP against the standards' vectors, against an independent implementation, and by its properties."""

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena_auth.crypto.totp import (
    Algorithm,
    Parameters,
    code_at,
    matching_step,
    new_secret,
    otpauth_uri,
    step_at,
)
from athena_auth.kernel.clock import Millis

RFC_4226_SECRET = b"12345678901234567890"
RFC_4226_CODES = [
    "755224",
    "287082",
    "359152",
    "969429",
    "338314",
    "254676",
    "287922",
    "162583",
    "399871",
    "520489",
]
RFC_6238 = [
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]
SECONDS = st.integers(0, 2**33)
SECRETS = st.binary(min_size=20, max_size=64)
WINDOWS = st.integers(0, 2)
PARAMETERS = st.builds(
    Parameters, st.sampled_from(Algorithm), st.integers(6, 8), st.sampled_from([15, 30, 60, 120])
)


def at(seconds: int) -> Millis:
    return Millis(seconds * 1000)


@pytest.mark.parametrize(("counter", "code"), list(enumerate(RFC_4226_CODES)))
def test_rfc_4226_appendix_d(counter: int, code: str) -> None:
    assert code_at(RFC_4226_SECRET, counter, Parameters()) == code


@pytest.mark.parametrize(("seconds", "sha1", "sha256", "sha512"), RFC_6238)
def test_rfc_6238_appendix_b(seconds: int, sha1: str, sha256: str, sha512: str) -> None:
    for algorithm, length, code in [
        (Algorithm.SHA1, 20, sha1),
        (Algorithm.SHA256, 32, sha256),
        (Algorithm.SHA512, 64, sha512),
    ]:
        secret = (RFC_4226_SECRET * 4)[:length]
        parameters = Parameters(algorithm, digits=8)
        assert code_at(secret, step_at(at(seconds), parameters), parameters) == code
        assert matching_step(secret, parameters, code, at(seconds), window=0) == seconds // 30


@given(PARAMETERS, SECONDS)
def test_an_authenticator_nobody_here_wrote_shows_the_same_code(parameters: Parameters, seconds: int) -> None:
    secret = new_secret(parameters.algorithm)
    uri = otpauth_uri(secret, parameters, issuer="Ada & Söhne", account="ada@example.com")

    app = pyotp.parse_uri(uri)

    assert isinstance(app, pyotp.TOTP)
    assert app.issuer == "Ada & Söhne"
    assert app.name == "ada@example.com"
    assert app.at(seconds) == code_at(secret, step_at(at(seconds), parameters), parameters)


@given(SECRETS, PARAMETERS, SECONDS, WINDOWS, st.integers(-5, 5))
def test_a_code_matches_within_the_window(
    secret: bytes, parameters: Parameters, seconds: int, window: int, offset: int
) -> None:
    step = step_at(at(seconds), parameters) + offset
    code = code_at(secret, max(step, 0), parameters)

    found = matching_step(secret, parameters, code, at(seconds), window)

    if step >= 0 and abs(offset) <= window:
        assert found is not None
        assert found >= step
        assert code_at(secret, found, parameters) == code


@given(SECRETS, PARAMETERS, SECONDS, WINDOWS, st.text(max_size=10))
def test_what_matches_is_a_code_of_the_window_and_nothing_else_is(
    secret: bytes, parameters: Parameters, seconds: int, window: int, typed: str
) -> None:
    now = step_at(at(seconds), parameters)
    codes = [code_at(secret, s, parameters) for s in range(max(0, now - window), now + window + 1)]

    assert (matching_step(secret, parameters, typed, at(seconds), window) is not None) == (typed in codes)


def test_secrets_have_the_length_of_their_hash() -> None:
    """RFC 4226 section 4 asks for 160 bits; RFC 6238 section 5.1 for the length of the hash's output."""
    assert [len(new_secret(a)) for a in Algorithm] == [20, 32, 64]
    assert new_secret(Algorithm.SHA1) != new_secret(Algorithm.SHA1)
