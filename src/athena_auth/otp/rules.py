"""The stored destination of sent codes, and masked phone numbers. Pure."""

import msgspec

_SHOWN_FIRST, _SHOWN_LAST = 3, 2


class OtpDetails(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The destination of sent codes."""

    phone_number: str | None = None
    """In E.164; None when codes are sent by email."""

    def __repr__(self) -> str:
        return "OtpDetails(…)"


_decoder = msgspec.json.Decoder(OtpDetails)


def number_of(stored: str) -> str | None:
    """Return the phone number in the details of an authenticator."""
    return _decoder.decode(stored).phone_number


def masked(number: str) -> str:
    """Return a number that its owner recognizes, with most digits hidden from onlookers."""
    hidden = "*" * (len(number) - _SHOWN_FIRST - _SHOWN_LAST)
    return f"{number[:_SHOWN_FIRST]}{hidden}{number[-_SHOWN_LAST:]}"
