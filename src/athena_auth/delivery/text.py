"""A message as a text message (SMS): one part, in the alphabet of GSM."""

import unicodedata

from athena_auth.delivery.message_texts import TEXT
from athena_auth.delivery.model import Message
from athena_auth.delivery.one_line import one_line
from athena_auth.delivery.render import lifetime

# 3GPP TS 23.038, the characters that take one place. A single other one, and a part holds 70 instead of 160.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_LONGEST = 160


def render_text(message: Message, host: str) -> str:
    """Return what the phone shows.

    The last line is that of origin-bound one-time codes (W3C WebOTP): a phone offers the code on pages of `host`
    and on no imitation of them. It is left out where it does not fit.
    """
    words = TEXT.format(
        app_name=_in_gsm(one_line(message.app_name)) or host,
        code=message.code,
        lifetime=lifetime(message.valid_for),
    )
    bound = f"{words}\n@{host} #{message.code}"
    return bound if len(bound) <= _LONGEST else words


def _in_gsm(text: str) -> str:
    """Return the text without accents that the alphabet lacks, and without whatever else it lacks."""
    letters = (letter if letter in _GSM else unicodedata.normalize("NFKD", letter) for letter in text)
    return "".join(part for letter in letters for part in letter if part in _GSM).strip()
