"""Encrypting and hashing with the operator's secrets, by their properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena_auth.crypto.keys import Keyring, UnreadableError, number_of

OLD = {1: b"the first secret, of enough bytes to be one"}
NEW = {2: b"the second secret, of enough bytes to be one"}
TEXT = st.text(max_size=40)


@given(st.binary(max_size=200), TEXT)
def test_a_sealed_value_decrypts_in_its_context(plaintext: bytes, context: str) -> None:
    ring = Keyring(OLD)

    sealed = ring.seal(plaintext, context)

    assert ring.unseal(sealed, context) == plaintext
    assert ring.seal(plaintext, context) != sealed


@given(st.binary(max_size=50), TEXT, TEXT)
def test_it_decrypts_in_no_other_context(plaintext: bytes, context: str, other: str) -> None:
    ring = Keyring(OLD)
    if context == other:
        return

    with pytest.raises(UnreadableError):
        ring.unseal(ring.seal(plaintext, context), other)


@given(st.binary(max_size=50), st.data())
def test_one_changed_bit_makes_it_unreadable(plaintext: bytes, data: st.DataObject) -> None:
    ring = Keyring(OLD)
    sealed = bytearray(ring.seal(plaintext, "here"))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << (bit % 8)

    with pytest.raises(UnreadableError):
        ring.unseal(bytes(sealed), "here")


@given(st.binary(max_size=20))
def test_what_was_never_sealed_is_unreadable(junk: bytes) -> None:
    for sealed in (junk, b"\x00\x01" + junk):
        with pytest.raises(UnreadableError):
            Keyring(OLD).unseal(sealed, "here")


def test_a_new_secret_in_front_keeps_the_old_values_readable() -> None:
    sealed = Keyring(OLD).seal(b"value", "here")
    rotated = Keyring({**NEW, **OLD})

    assert rotated.unseal(sealed, "here") == b"value"
    assert not rotated.is_current_seal(sealed)
    assert rotated.is_current_seal(rotated.seal(b"value", "here"))
    with pytest.raises(UnreadableError):
        Keyring(NEW).unseal(sealed, "here")


def test_codes_hashed_under_the_old_secret_are_still_found() -> None:
    stored = Keyring(OLD).hash_code("123456", "here")

    assert stored in Keyring({**NEW, **OLD}).possible_hashes("123456", "here")
    assert stored not in Keyring(NEW).possible_hashes("123456", "here")


@given(TEXT, TEXT, TEXT)
def test_a_hash_belongs_to_one_code_in_one_context(code: str, context: str, other: str) -> None:
    ring = Keyring(OLD)

    assert ring.hash_code(code, context) == ring.hash_code(code, context)
    if context != other and ":" not in code + context + other:
        assert ring.hash_code(code, context) != ring.hash_code(code, other)


SECRETS = st.binary(min_size=32, max_size=64)
NUMBERS = st.integers(1, 2**16 - 1)


@given(st.dictionaries(NUMBERS, SECRETS, min_size=1, max_size=4))
def test_each_value_names_the_secret_it_was_made_with(secrets: dict[int, bytes]) -> None:
    ring, newest = Keyring(secrets), next(iter(secrets))

    assert ring.current == newest
    assert number_of(ring.seal(b"value", "here")) == newest
    assert number_of(ring.hash_code("123456", "here")) == newest
    assert [number_of(code_hash) for code_hash in ring.possible_hashes("123456", "here")] == list(secrets)


@given(NUMBERS, SECRETS, NUMBERS, SECRETS)
def test_a_hash_of_an_unknown_secret_is_neither_right_nor_wrong(
    number: int, secret: bytes, other: int, its_secret: bytes
) -> None:
    code_hash = Keyring({number: secret}).hash_code("123456", "here")
    ring = Keyring({other: its_secret})
    if number == other:
        ring.require_known(code_hash)
        return

    with pytest.raises(UnreadableError) as raised:
        ring.require_known(code_hash)
    assert (raised.value.number, raised.value.is_configured) == (number, False)


@given(NUMBERS, SECRETS, NUMBERS, SECRETS)
def test_a_check_value_tells_secrets_apart_and_nothing_else(
    number: int, secret: bytes, other: int, its_secret: bytes
) -> None:
    """It is the same wherever the secret stands, and no key: what is stored must not help to open what is stored."""
    ring = Keyring({number: secret})
    value = ring.check_values[number]

    assert len(value) == 32
    assert (Keyring({other: its_secret}).check_values[other] == value) is (secret == its_secret)
    assert secret not in value
    assert value not in ring.seal(b"", "here") + ring.hash_code("", "here")
