"""Renders a text message (SMS): one part, in the GSM alphabet if it can write the language."""

import unicodedata

from athena_auth.delivery.message_texts import TEXT
from athena_auth.delivery.model import Message
from athena_auth.delivery.one_line import one_line
from athena_auth.languages import ENGLISH, Language
from athena_auth.languages.formats import duration

# 3GPP TS 23.038, the characters that count as one. With a single other character a part has 70 instead of 160.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_LONGEST, _LONGEST_UNICODE = 160, 134
"""The most characters: one part of the alphabet, or two parts of Unicode for a language that it cannot write."""


def render_text(message: Message, host: str, language: Language = ENGLISH) -> str:
    """Return the text of a message.

    The last line makes it an origin-bound one-time code (W3C WebOTP): a phone fills the code in on pages of `host`
    and not on imitations of them. The line is left out if it does not fit.
    """
    text = language.gettext(TEXT).format(
        app_name=_in_gsm(one_line(message.app_name)) or host,
        code=message.code,
        lifetime=duration(message.valid_for or 0, language),
    )
    in_gsm = _in_gsm(text)
    is_writable = _letters(in_gsm) == _letters(text)
    longest = _LONGEST if is_writable else _LONGEST_UNICODE
    shown = in_gsm if is_writable else text
    bound = f"{shown}\n@{host} #{message.code}"
    return bound if len(bound) <= longest else shown


def _letters(text: str) -> int:
    """Return the number of letters, without their accents."""
    return sum(letter.isalpha() for letter in text)


def _in_gsm(text: str) -> str:
    """Return the text in the GSM alphabet: unsupported accents are stripped, other unsupported characters dropped."""
    letters = (letter if letter in _GSM else unicodedata.normalize("NFKD", letter) for letter in text)
    return "".join(part for letter in letters for part in letter if part in _GSM).strip()
