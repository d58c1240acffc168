"""Which passwords are accepted: length, not common, not containing the email address."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from athena_auth.accounts import common_passwords
from athena_auth.accounts.rules import refuse_password
from athena_auth.crypto.passwords import MAX_LENGTH, MIN_LENGTH
from athena_auth.kernel.errors import ErrorCode

ADA = "ada.lovelace@example.com"
ASVS_LEAST = 3000
"""How many passwords of a length that is allowed ASVS 6.2.4 wants a new one to be checked against."""

printable = st.characters(exclude_categories=("C", "Z"))


def judged(password: str, email: str = ADA) -> ErrorCode | None:
    refused = refuse_password(password, email)
    return None if refused is None else refused.code


@given(st.text(max_size=6 * MAX_LENGTH))
@example("\u0301" * (4 * MAX_LENGTH))
def test_length_is_counted_in_characters_after_normalisation(password: str) -> None:
    length = len(unicodedata.normalize("NFKC", password))
    verdict = judged(password)

    if len(password) <= 4 * MAX_LENGTH:
        assert (verdict is ErrorCode.PASSWORD_TOO_SHORT) == (length < MIN_LENGTH)
        assert (verdict is ErrorCode.PASSWORD_TOO_LONG) == (length > MAX_LENGTH)
    else:
        assert verdict is ErrorCode.PASSWORD_TOO_LONG


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "Tr0ub4dor&3",
        "        ",
        "пароль длинный",
        "🐎🔋📎✅🐎🔋📎✅",
        "password of the day: 12345678",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ],
)
def test_nothing_is_asked_of_its_composition(password: str) -> None:
    """SP 800-63B-4 section 3.1.1.2 forbids it: rules of composition make passwords alike."""
    assert judged(password) is None


@pytest.mark.parametrize(
    "password", ["password", "Password1", "QWERTYUIOP", "iloveyou", "12345678", "1q2w3e4r"]
)
def test_a_common_password_is_refused_in_any_case(password: str) -> None:
    assert judged(password) is ErrorCode.PASSWORD_TOO_COMMON


def wide(text: str) -> str:
    """Return the text in the wide forms of its letters."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


def test_a_common_password_is_refused_in_any_form_of_its_letters() -> None:
    """The wide letters of an Asian keyboard are hashed as the plain ones: an attacker's list need not hold both."""
    assert judged(wide("password")) is ErrorCode.PASSWORD_TOO_COMMON


def test_the_list_is_long_enough_and_each_entry_is_written_as_it_is_compared() -> None:
    entries = common_passwords._common_passwords()  # noqa: SLF001 - the data has no other door

    assert len(entries) >= ASVS_LEAST
    for entry in entries:
        assert entry == unicodedata.normalize("NFKC", entry).casefold()
        assert judged(entry) is ErrorCode.PASSWORD_TOO_COMMON


@given(before=st.text(printable, max_size=8), after=st.text(printable, max_size=8), shout=st.booleans())
def test_the_address_or_its_local_part_is_refused_wherever_it_stands(
    before: str, after: str, *, shout: bool
) -> None:
    """Attackers know an account's address and try it first."""
    for known in (ADA, "ada.lovelace"):
        password = f"{before} {known.upper() if shout else known} {after}"

        assert judged(password) is ErrorCode.PASSWORD_CONTAINS_EMAIL


@pytest.mark.parametrize(
    ("email", "password", "verdict"),
    [
        ("ada@example.com", "adagio in G minor", None),
        ("adam@example.com", "adamant as ever", ErrorCode.PASSWORD_CONTAINS_EMAIL),
        ("ada@example.com", "x ADA@example.com x", ErrorCode.PASSWORD_CONTAINS_EMAIL),
        ("adam@example.com", "mada mada example.com", None),
        ("zoë.k@example.com", "my name is ZOE\u0308.K", ErrorCode.PASSWORD_CONTAINS_EMAIL),
        ("strasse@example.com", "Hauptstraße 7", ErrorCode.PASSWORD_CONTAINS_EMAIL),
        ("straße@example.com", "HAUPTSTRASSE 7", ErrorCode.PASSWORD_CONTAINS_EMAIL),
    ],
)
def test_a_short_local_part_may_stand_in_a_password_by_chance(
    email: str, password: str, verdict: ErrorCode | None
) -> None:
    assert judged(password, email) is verdict
