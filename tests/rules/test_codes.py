"""Codes and tokens: how they are drawn and read."""

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from athena_auth.crypto.codes import new_backup_code, new_numeric_code, normalised_code
from athena_auth.crypto.passwords import Cost, PasswordHasher
from athena_auth.crypto.tokens import TokenKind, digest, new_token

CHEAP = PasswordHasher(Cost(8, 1))


def test_backup_codes_are_eighty_bits_of_letters_that_cannot_be_mistaken() -> None:
    codes = [new_backup_code() for _ in range(500)]

    assert len(set(codes)) == 500
    assert all(re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", code) for code in codes)
    letters = set("".join(codes)) - {"-"}
    assert len(letters) == 32
    assert letters.isdisjoint("01lo")


@given(st.integers(6, 8))
def test_numeric_codes_keep_their_leading_zeros(digits: int) -> None:
    assert all(re.fullmatch(rf"[0-9]{{{digits}}}", new_numeric_code(digits)) for _ in range(50))


@given(st.lists(st.sampled_from(["abcd", "2345", "-", " "]), max_size=10))
def test_spaces_dashes_and_case_do_not_matter(parts: list[str]) -> None:
    typed = "".join(parts)

    assert normalised_code(typed.upper()) == "".join(part for part in parts if part not in "- ")


def test_tokens_have_256_bits_and_their_kind_is_part_of_them() -> None:
    token = new_token(TokenKind.SESSION)

    assert len(token) == 43
    assert new_token(TokenKind.CHALLENGE).startswith("2fa_")
    assert len({digest(kind, token) for kind in TokenKind}) == len(TokenKind)
    assert token not in digest(TokenKind.SESSION, token).decode("latin-1")


@given(st.text(max_size=30))
def test_a_password_is_verified_by_itself_only(password: str) -> None:
    encoded = CHEAP.hash(password)

    assert CHEAP.verify(encoded, password)
    assert not CHEAP.verify(encoded, password + "x")
    assert not CHEAP.verify(None, password)


def test_passwords_are_hashed_with_argon2id_at_owasps_cost() -> None:
    encoded = PasswordHasher().hash("password")

    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PasswordHasher().is_outdated(CHEAP.hash("password"))
    assert not PasswordHasher().is_outdated(encoded)


def test_a_password_of_nobody_costs_as_much_as_a_wrong_one() -> None:
    """ASVS 6.3.8: an answer that comes sooner for unknown addresses tells which ones are known.

    Measured as CPU time of this thread, with a margin of three: other processes do not disturb it.
    """
    hasher = PasswordHasher()
    encoded = hasher.hash("password")

    def cost(hashed: str | None) -> float:
        started = time.thread_time()
        assert not hasher.verify(hashed, "another password")
        return time.thread_time() - started

    assert min(cost(None) for _ in range(3)) > min(cost(encoded) for _ in range(3)) / 3
