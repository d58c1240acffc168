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


UNSEEN = "\t\n\r\x0b\x0c \u00a0\u00ad\u180e\u2002\u2009\u200b\u200c\u200d\u200e\u200f\u2028\u202a\u202e\u2060\u2066\u2069\u3000\ufeff\ufe0f"
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u30fc\uff70"


@given(
    st.sampled_from(["123456", "12345678", "k7wm3xqa9tfehd2p"]).flatmap(
        lambda code: st.tuples(
            st.just(code),
            st.lists(st.text(UNSEEN + DASHES, max_size=3), min_size=len(code), max_size=len(code)),
        )
    )
)
def test_what_a_paste_brings_along_does_not_matter(typed: tuple[str, list[str]]) -> None:
    code, between = typed
    pasted = "".join(a + b for a, b in zip(between, code.upper(), strict=True)) + between[0]

    assert normalised_code(pasted) == code


@given(st.text("0123456789", min_size=6, max_size=8))
def test_full_width_digits_are_digits(code: str) -> None:
    wide = code.translate({ord(digit): 0xFF10 + int(digit) for digit in "0123456789"})

    assert normalised_code(wide) == code


@given(st.text("\u0661\u0662\u0663\u0967\u0968\u0969", min_size=6, max_size=6))
def test_digits_of_other_scripts_are_none(code: str) -> None:
    assert normalised_code(code) == code


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
