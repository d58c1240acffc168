"""Codes that users type: how they are generated, and how typed input is normalised."""

import secrets
import unicodedata

BACKUP_CODE_COUNT = 10
_BACKUP_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_BACKUP_CHARACTERS = frozenset(_BACKUP_ALPHABET)
_BACKUP_GROUPS = 4
_BACKUP_GROUP_LENGTH = 4

# Spaces and line separators, dashes, and format characters: directional marks, joiners, soft hyphens, byte order marks.
_IGNORABLE_CATEGORIES = frozenset({"Zs", "Zl", "Zp", "Pd", "Cf"})
# From other categories: the minus sign, the hyphen bullet and the modifier minus that word processors insert, the long
# vowel mark that the dash key of Japanese keyboards produces, the blank Braille pattern, and Unicode's default
# ignorables: fillers and variation selectors, which have no width. Control characters other than whitespace are not
# ignored, nor are dots, underscores and slashes: no app, mail or keyboard puts them into a code.
_IGNORABLE = frozenset(
    "\u2212\u2043\u02d7\u30fc\u2800\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f"
).union(map(chr, range(0xFE00, 0xFE10)), map(chr, range(0xE0100, 0xE01F0)))


def new_numeric_code(digits: int) -> str:
    """Return a uniformly random code of this many decimal digits."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def new_backup_code() -> str:
    """Return a code `xxxx-xxxx-xxxx-xxxx` of 80 bits, without characters that look alike.

    80 bits exceed what NIST SP 800-63B-4 section 3.1.2 requires of a look-up secret (20) and of a recovery
    code (64). The code cannot be guessed online or, because it is stored as a keyed hash, offline.
    """
    groups = (
        "".join(secrets.choice(_BACKUP_ALPHABET) for _ in range(_BACKUP_GROUP_LENGTH))
        for _ in range(_BACKUP_GROUPS)
    )
    return "-".join(groups)


def normalised_code(code: str) -> str:
    """Return a typed or pasted code in the form that is compared: NFKC, lower case, without ignorable characters.

    Full-width digits become ASCII digits. Digits of other scripts stay as they are and make the code malformed.
    """
    if code.isascii() and code.isalnum():  # most codes: nothing to drop
        return code.lower()
    # Each character on its own: on a whole text NFKC sorts runs of combining marks, which takes quadratic time, and
    # composes characters that become adjacent when a mark between them is dropped, so it would not be idempotent.
    return "".join(c for typed in code for c in _compatible(typed) if not _is_ignorable(c))


def is_backup_code(code: str) -> bool:
    """Tell whether a normalised code could be a backup code."""
    return len(code) == _BACKUP_GROUPS * _BACKUP_GROUP_LENGTH and _BACKUP_CHARACTERS.issuperset(code)


def _compatible(character: str) -> str:
    return unicodedata.normalize("NFKC", character).lower()


def _is_ignorable(character: str) -> bool:
    category = unicodedata.category(character)
    return character.isspace() or category in _IGNORABLE_CATEGORIES or character in _IGNORABLE
