"""Renders a text message (SMS): one part, in the GSM alphabet."""

import unicodedata

from athena_auth.delivery.message_texts import TEXT
from athena_auth.delivery.model import Message
from athena_auth.delivery.one_line import one_line
from athena_auth.delivery.render import lifetime

# 3GPP TS 23.038, the characters that count as one. With a single other character a part has 70 instead of 160.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_LONGEST = 160


def render_text(message: Message, host: str) -> str:
    """Return the text of a message.

    The last line makes it an origin-bound one-time code (W3C WebOTP): a phone fills the code in on pages of `host`
    and not on imitations of them. The line is left out if it does not fit.
    """
    text = TEXT.format(
        app_name=_in_gsm(one_line(message.app_name)) or host,
        code=message.code,
        lifetime=lifetime(message.valid_for),
    )
    bound = f"{text}\n@{host} #{message.code}"
    return bound if len(bound) <= _LONGEST else text


def _in_gsm(text: str) -> str:
    """Return the text in the GSM alphabet: unsupported accents are stripped, other unsupported characters dropped."""
    letters = (letter if letter in _GSM else unicodedata.normalize("NFKD", letter) for letter in text)
    return "".join(part for letter in letters for part in letter if part in _GSM).strip()
