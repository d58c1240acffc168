"""The types of the fields that travel: their limits, and what the reference says of them.

Bodies are `msgspec` structs. Unknown fields are ignored, since the clients of this wire family send more than
the page lists; fields of the wrong type are refused.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Literal

from msgspec import Meta, UnsetType

from athena_auth.kernel.clock import Millis

# Control characters are refused where a text is shown, mailed or put into an otpauth URI: there they can
# split a header, forge a line or hide what follows. U+0000 is refused by PostgreSQL itself.
# `$(?!\n)` is the end of the text for Python, where `$` alone also stands before a last newline, and for the
# JavaScript dialect that OpenAPI speaks.
_PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$(?!\n)"

Name = Annotated[
    str,
    Meta(
        description="What the person is called.",
        min_length=1,
        max_length=200,
        pattern=_PRINTABLE,
        examples=["Ada Lovelace"],
    ),
]
SignUpName = Annotated[
    str,
    Meta(
        description="What the person is called; may be empty.",
        max_length=200,
        pattern=_PRINTABLE,
        examples=["Ada Lovelace"],
    ),
]
Email = Annotated[
    str, Meta(description="The account's mail address.", max_length=254, examples=["user@example.com"])
]
ImageUrl = Annotated[
    str,
    Meta(
        description="Where a picture of the person is.",
        max_length=2048,
        pattern=_PRINTABLE,
        examples=["https://example.com/ada.png"],
    ),
]
Password = Annotated[str, Meta(description="The current password.", examples=["correct horse battery"])]
NewPassword = Annotated[
    str, Meta(description="8 to 128 characters, any of them.", examples=["correct horse battery"])
]
# 64 leave room for a backup code with an invisible mark before and after each of its characters, as a paste from
# text that runs both ways may have them, and bound the work that reading a code takes.
_MOST_TYPED = 64

Code = Annotated[
    str,
    Meta(
        max_length=_MOST_TYPED,
        description="The code as typed or pasted; spaces, dashes and invisible characters do not matter. What cannot be "
        "a code is refused without being counted as an attempt.",
        examples=["123456"],
    ),
]
StepUpCode = Annotated[
    str,
    Meta(
        max_length=_MOST_TYPED,
        description="A code of any second factor of the account, or a backup code. It is needed, and looked at, where "
        "two-factor authentication is on and no second factor was verified in this session within ten minutes.",
        examples=["123456"],
    ),
]
BackupCode = Annotated[
    str,
    Meta(
        max_length=_MOST_TYPED,
        description="One of the backup codes, in any case, with or without dashes, as typed or pasted. What cannot be one "
        "is refused without being counted as an attempt.",
        examples=["k7wm-3xqa-9tfe-hd2p"],
    ),
]
Issuer = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029:]*$(?!\n)",
        description="The name the authenticator app shows; without a colon.",
        examples=["Athena"],
    ),
]
TotpUri = Annotated[
    str,
    Meta(
        description="The address an authenticator app reads from a QR code. It holds the secret.",
        examples=[
            "otpauth://totp/Athena:user@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Athena"
        ],
    ),
]
BackupCodeList = Annotated[
    list[str],
    Meta(description="Each works once. They are shown this once.", examples=[["k7wm-3xqa-9tfe-hd2p"]]),
]
Flag = Annotated[
    bool | Annotated[str, Meta(pattern=r"^(true|false)$(?!\n)")],
    Meta(description="`true` or `false`, as a boolean or as a string.", examples=["true", False]),
]
TrustDevice = Annotated[
    Flag,
    Meta(
        description="Trust this device: its next sign-ins skip the second step for as long as ATHENA_TRUST_TTL "
        "says (30 days), counted anew from each."
    ),
]
DisableSession = Annotated[
    Flag, Meta(description="Set no session cookie; the token is in the answer all the same.")
]
SessionToken = Annotated[
    str,
    Meta(
        description="The bearer token of the session.",
        examples=["Zt0vJ3mWq8Yc1RkPz7uXn5LdHs2EaBf6GoTi9KxQwVM"],
    ),
]
ChallengeToken = Annotated[
    str,
    Meta(
        description="Opens nothing but the second step.",
        examples=["2fa_Qm4cT8vYx2LpR6nJd0ZwKs9HfGb3EaUi7OtVyMqXzNc"],
    ),
]
Id = Annotated[
    str,
    Meta(description="An identifier; it opens nothing.", examples=["01927f2a4d1b8c3e5f60718293a4b5c6"]),
]
IpAddress = Annotated[str, Meta(description="The address it came from.", examples=["203.0.113.7"])]
UserAgent = Annotated[
    str, Meta(description="What the program called itself.", examples=["Mozilla/5.0 (X11; Linux x86_64)"])
]
Timestamp = Annotated[
    str,
    Meta(
        description="An instant in UTC (RFC 3339), to the millisecond.",
        examples=["2019-08-24T14:15:22.000Z"],
        extra_json_schema={"format": "date-time"},
    ),
]
Done = Annotated[bool, Meta(description="Always true: it is done.")]
Redirect = Annotated[
    Literal[True] | UnsetType, Meta(description="Present where the sign-in was given a `callbackURL`.")
]
CallbackUrl = Annotated[
    str,
    Meta(
        max_length=2048,
        description="The page to go on to when the sign-in is complete: a path, or an address on this site or a trusted origin.",
        examples=["/dashboard"],
    ),
]
MoreIsDue = Annotated[Literal[True], Meta(description="A second factor is due before anybody is signed in.")]
NothingIsDue = Annotated[Literal[False], Meta(description="No second factor is due.")]
EmailVerified = Annotated[bool, Meta(description="Whether a link to the address has been followed.")]
TwoFactorEnabled = Annotated[bool, Meta(description="Whether a sign-in asks for a second factor.")]
CodesLeft = Annotated[int, Meta(description="How many backup codes are left.", ge=0, examples=[9])]


def is_set(flag: bool | str | None) -> bool:  # noqa: FBT001 - it reads one field's value
    """Tell whether a `Flag` field says yes. The page types it as a string, browsers' clients send a boolean."""
    return flag is True or flag == "true"


_DAY = 86_400_000


def timestamp(instant: Millis) -> str:
    """Return the instant as RFC 3339 in UTC with milliseconds and `Z`, as JavaScript's `toISOString` does."""
    days, rest = divmod(instant, _DAY)
    seconds, milliseconds = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_date(days)}T{hour:02d}:{minute:02d}:{second:02d}.{milliseconds:03d}Z"


@lru_cache(maxsize=1024)
def _date(days: int) -> str:
    # What is asked for lies in few days, and formatting a date costs more than all the rest of an instant.
    return (date(1970, 1, 1) + timedelta(days=days)).isoformat()
