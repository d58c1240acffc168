"""Untrusted text made fit for one line of a mail, a header or a terminal."""

import unicodedata

# Control characters forge header lines and drive terminals (ESC); surrogates cannot be encoded.
_UNPRINTABLE = frozenset({"Cc", "Cs"})

# Bidirectional embeddings, overrides and isolates reverse the text that follows them, our warnings included.
# The joiners U+200C and U+200D stay: Persian, the Indic scripts and emoji need them.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str, limit: int = 80) -> str:
    """Return `text` on one line of at most `limit` characters, without control or reordering characters."""
    kept = "".join(" " if _is_unfit(character) else character for character in text)
    # split() knows every line break, U+2028 and U+2029 included.
    return " ".join(kept.split())[:limit].rstrip()


def _is_unfit(character: str) -> bool:
    return character in _REORDERING or unicodedata.category(character) in _UNPRINTABLE
