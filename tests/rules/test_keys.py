"""Sealing and hashing under the operator's secrets, by their properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena_auth.crypto.keys import Keyring, UnreadableError

OLD = {1: b"the first secret, of enough bytes to be one"}
NEW = {2: b"the second secret, of enough bytes to be one"}
TEXT = st.text(max_size=40)


@given(st.binary(max_size=200), TEXT)
def test_what_is_sealed_opens_at_its_place(plaintext: bytes, place: str) -> None:
    ring = Keyring(OLD)

    sealed = ring.seal(plaintext, place)

    assert ring.unseal(sealed, place) == plaintext
    assert ring.seal(plaintext, place) != sealed


@given(st.binary(max_size=50), TEXT, TEXT)
def test_it_opens_nowhere_else(plaintext: bytes, place: str, other: str) -> None:
    ring = Keyring(OLD)
    if place == other:
        return

    with pytest.raises(UnreadableError):
        ring.unseal(ring.seal(plaintext, place), other)


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
    with pytest.raises(UnreadableError):
        Keyring(OLD).unseal(junk, "here")


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
def test_a_hash_belongs_to_one_code_at_one_place(code: str, place: str, other: str) -> None:
    ring = Keyring(OLD)

    assert ring.hash_code(code, place) == ring.hash_code(code, place)
    if place != other and ":" not in code + place + other:
        assert ring.hash_code(code, place) != ring.hash_code(code, other)
