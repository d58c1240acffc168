"""Codes and tokens: how they are generated and normalised."""

import re
import time

from hypothesis import example, given
from hypothesis import strategies as st

from athena_auth.crypto.codes import is_backup_code, new_backup_code, new_numeric_code, normalised_code
from athena_auth.crypto.passwords import PasswordHasher
from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.testing.server import CheapHasher

CHEAP = CheapHasher()


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


CODES = st.sampled_from(["123456", "12345678", "k7wm3xqa9tfehd2p"])
DASHES = "\u2212\u2043\u02d7\u30fc\uff70\ufe58\ufe63\uff0d"
FILLERS = "\u034f\u115f\u1160\u17b4\u180b\u180f\u2800\u3164\uffa0\ufe0f\U000e0100\U000e01ef"
IGNORABLE = st.characters(categories=["Zs", "Zl", "Zp", "Pd", "Cf"]) | st.sampled_from(
    "\t\n\r\x0b\x0c\x85" + DASHES + FILLERS
)


@given(CODES, st.data())
def test_what_a_paste_brings_along_does_not_matter(code: str, data: st.DataObject) -> None:
    """A trailing tab, a no-break space or any dash but ASCII's made a right code a failed attempt."""
    marks = st.lists(IGNORABLE, max_size=3).map("".join)
    pasted = "".join(data.draw(marks) + character for character in code.upper()) + data.draw(marks)

    assert normalised_code(pasted) == code


@given(st.text())
@example("e\u200d\u0301")
def test_a_code_that_was_read_is_read_the_same_again(typed: str) -> None:
    """Whole, NFKC composes what a dropped mark had kept apart: an `e`, a joiner and an accent needed a second reading."""
    once = normalised_code(typed)

    assert normalised_code(once) == once


@given(st.text(), st.text())
@example("a\u0301", "\u0323")
def test_each_character_is_read_by_itself(before: str, after: str) -> None:
    """So the work grows with the length only: NFKC sorts a long run of combining marks in quadratic time."""
    assert normalised_code(before + after) == normalised_code(before) + normalised_code(after)


@given(st.text() | st.text("k7wm3xqa9tfe01lo\u00e9\u0661\uff17\uff2b-", min_size=14, max_size=18))
@example("k7wm3xqa9tfehd2\u00e9")
def test_only_letters_and_digits_of_its_alphabet_are_a_backup_code(typed: str) -> None:
    code = normalised_code(typed)

    assert is_backup_code(code) == (re.fullmatch(r"[a-km-np-z2-9]{16}", code) is not None)


@given(CODES, st.integers(0, 5), st.sampled_from("\x00\x1b\x7f._/'\u00b7\u2044"))
def test_what_nobody_puts_into_a_code_is_not_passed_over(code: str, at: int, mark: str) -> None:
    assert mark in normalised_code(code[:at] + mark + code[at:])


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


def test_verifying_without_an_account_costs_as_much_as_a_wrong_password() -> None:
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
