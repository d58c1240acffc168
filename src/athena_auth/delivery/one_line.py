"""Sanitizes untrusted text for one line of a mail, a header or a terminal."""

import unicodedata

# Control characters forge header lines and control terminals (ESC). Surrogates cannot be encoded.
_UNPRINTABLE = frozenset({"Cc", "Cs"})

# Bidirectional embeddings, overrides and isolates reorder the text that follows them, including our warnings.
# The joiners U+200C and U+200D stay: Persian, the Indic scripts and emoji need them.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str, limit: int = 80) -> str:
    """Return `text` on one line of at most `limit` characters, without control or reordering characters."""
    kept = "".join(" " if _is_unfit(character) else character for character in text)
    # split() handles every line break, including U+2028 and U+2029.
    return " ".join(kept.split())[:limit].rstrip()


def _is_unfit(character: str) -> bool:
    return character in _REORDERING or unicodedata.category(character) in _UNPRINTABLE
