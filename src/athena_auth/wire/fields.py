"""The types of the fields on the wire: their limits, and their descriptions in the API reference.

Bodies are `msgspec` structs. Unknown fields are ignored, because existing Better Auth clients send more than the
API reference lists. Fields of the wrong type are refused.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal

from msgspec import Meta, UnsetType

from athena_auth.kernel.clock import Millis

# Control characters are refused in texts that are shown, mailed or put into an otpauth URI: they could split a
# header, forge a line or hide what follows. PostgreSQL itself refuses U+0000.
# `$(?!\n)` matches the end of the text both in Python, where `$` alone also matches before a final newline, and in
# the JavaScript dialect that OpenAPI uses.
PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$(?!\n)"
"""The pattern of a text of one line."""

Name = Annotated[
    str,
    Meta(
        description="The user's name.",
        min_length=1,
        max_length=200,
        pattern=PRINTABLE,
        examples=["Ada Lovelace"],
    ),
]
SignUpName = Annotated[
    str,
    Meta(
        description="The user's name; may be empty.",
        max_length=200,
        pattern=PRINTABLE,
        examples=["Ada Lovelace"],
    ),
]
Email = Annotated[
    str, Meta(description="The account's email address.", max_length=254, examples=["user@example.com"])
]
RedirectPage = Annotated[
    str,
    Meta(
        max_length=2048,
        description="A page of this site or of a trusted origin, as a URL or a path.",
        examples=["https://app.example.com/reset-password"],
    ),
]
MailToken = Annotated[
    str,
    Meta(
        max_length=128,
        description="The token of the link in the email.",
        examples=["b8Yt0vJ3mWq8Yc1RkPz7uXn5LdHs2EaBf6GoTi9KxQw"],
    ),
]
ImageUrl = Annotated[
    str,
    Meta(
        description="The URL of the user's picture.",
        max_length=2048,
        pattern=PRINTABLE,
        examples=["https://example.com/ada.png"],
    ),
]
LanguageCode = Annotated[
    str,
    Meta(
        description="The language of the mails and text messages to the user (BCP 47), one of those that the server offers.",
        max_length=35,
        pattern=r"^[A-Za-z0-9-]*$(?!\n)",
        examples=["de"],
    ),
]
InviteToken = Annotated[
    str,
    Meta(
        max_length=128,
        description="The token of an invitation. It proves that the mailbox is the user's, so the address counts as verified.",
        examples=["b8Yt0vJ3mWq8Yc1RkPz7uXn5LdHs2EaBf6GoTi9KxQw"],
    ),
]
Password = Annotated[str, Meta(description="The current password.", examples=["correct horse battery"])]
PasswordIfAny = Annotated[
    str,
    Meta(
        description="The password. It is required, unless the account has none: then a passkey must have verified its user in "
        "this session in the last ten minutes.",
        examples=["correct horse battery"],
    ),
]
NewPassword = Annotated[
    str, Meta(description="8 to 128 characters of any kind.", examples=["correct horse battery"])
]
# 64 characters fit a backup code with an invisible mark before and after each character, as bidirectional text may
# have them when pasted. The limit also bounds the work of normalising a code.
_MAX_TYPED_LENGTH = 64

Code = Annotated[
    str,
    Meta(
        max_length=_MAX_TYPED_LENGTH,
        description="The code as typed or pasted; spaces, dashes and invisible characters are ignored. Input that cannot "
        "be a code is refused without being counted as an attempt.",
        examples=["123456"],
    ),
]
StepUpCode = Annotated[
    str,
    Meta(
        max_length=_MAX_TYPED_LENGTH,
        description="A code of any second factor of the account, or a backup code. It is required, and verified, only if "
        "two-factor authentication is on and no second factor was verified in this session in the last ten minutes.",
        examples=["123456"],
    ),
]
BackupCode = Annotated[
    str,
    Meta(
        max_length=_MAX_TYPED_LENGTH,
        description="One of the backup codes as typed or pasted, in upper or lower case, with or without dashes. Input "
        "that cannot be a backup code is refused without being counted as an attempt.",
        examples=["k7wm-3xqa-9tfe-hd2p"],
    ),
]
Label = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=PRINTABLE,
        description="The owner's name for the authenticator.",
        examples=["Work phone"],
    ),
]
Issuer = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029:]*$(?!\n)",
        description="The name that the authenticator app shows; without a colon.",
        examples=["Athena"],
    ),
]
TotpUri = Annotated[
    str,
    Meta(
        description="The URI that an authenticator app reads from a QR code. It contains the secret.",
        examples=[
            "otpauth://totp/Athena:user@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Athena"
        ],
    ),
]
QrCode = Annotated[
    str,
    Meta(
        description="A QR code of the URI: an SVG image as a `data:` URI, for the `src` of an `<img>`. Present if `qrCode` "
        "was true in the request. It contains the secret.",
        pattern=r"^data:image/svg\+xml;",
        examples=[
            "data:image/svg+xml;charset=utf-8,%3Csvg%20xmlns%3D%27http%3A%2F%2Fwww.w3.org%2F2000%2Fsvg%27%2F%3E"
        ],
    ),
]
BackupCodeList = Annotated[
    list[str],
    Meta(
        description="Each code works once. The codes are shown only in this response.",
        examples=[["k7wm-3xqa-9tfe-hd2p"]],
    ),
]
JsonObject = Annotated[
    dict[str, Any], Meta(description="A JSON object whose fields are those of the factor.", examples=[{}])
]
Flag = Annotated[
    bool | Annotated[str, Meta(pattern=r"^(true|false)$(?!\n)")],
    Meta(description="`true` or `false`, as a boolean or as a string.", examples=["true", False]),
]
QrCodeWanted = Annotated[
    Flag,
    Meta(
        description="Return the URI as an image too, in `qrCode`. Without a URI, as for the method `otp`, there is none."
    ),
]
TrustDevice = Annotated[
    Flag,
    Meta(
        description="Trust this device: its sign-ins skip the second factor for ATHENA_TRUST_TTL (30 days by default) "
        "after the last one."
    ),
]
DisableSession = Annotated[
    Flag, Meta(description="Set no session cookie; the response still contains the token.")
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
        description="The token of the challenge. It is valid only for verifying the second factor.",
        examples=["2fa_Qm4cT8vYx2LpR6nJd0ZwKs9HfGb3EaUi7OtVyMqXzNc"],
    ),
]
EnrolmentToken = Annotated[
    str,
    Meta(
        description="The token with which a second factor can be enrolled, and nothing else, for 20 minutes.",
        examples=["enrol_Hc7bN1sWq5XoZf2kUj9RtLg4MyVp8DaEi6QxTzKvS0w"],
    ),
]
SecondFactorDueAt = Annotated[
    str,
    Meta(
        description="By when the account must have a second factor: after that, its password can only enrol one. Present only if "
        "ATHENA_REQUIRE_SECOND_FACTOR applies to the account and it has none.",
        examples=["2027-03-01T09:30:00.000Z"],
        extra_json_schema={"format": "date-time"},
    ),
]
Id = Annotated[
    str,
    Meta(description="An identifier; it grants no access.", examples=["01927f2a4d1b8c3e5f60718293a4b5c6"]),
]
IpAddress = Annotated[str, Meta(description="The client's IP address.", examples=["203.0.113.7"])]
UserAgent = Annotated[
    str,
    Meta(description="The client's User-Agent header.", examples=["Mozilla/5.0 (X11; Linux x86_64)"]),
]
Timestamp = Annotated[
    str,
    Meta(
        description="A time in UTC (RFC 3339), with milliseconds.",
        examples=["2019-08-24T14:15:22.000Z"],
        extra_json_schema={"format": "date-time"},
    ),
]
Done = Annotated[bool, Meta(description="Always true.")]
Redirect = Annotated[
    Literal[True] | UnsetType, Meta(description="Present if the sign-in had a `callbackURL`.")
]
CallbackUrl = Annotated[
    str,
    Meta(
        max_length=2048,
        description="The page to open after the sign-in: a path, or a URL on this site or a trusted origin.",
        examples=["/dashboard"],
    ),
]
SecondFactorRequired = Annotated[
    Literal[True],
    Meta(description="A second factor is required; no session exists until it has been verified."),
]
EnrolmentRequired = Annotated[
    Literal[True],
    Meta(description="A second factor must be enrolled; no session exists until it has been confirmed."),
]
NoSecondFactorRequired = Annotated[Literal[False], Meta(description="No second factor is required.")]
EmailVerified = Annotated[bool, Meta(description="Whether the email address has been verified.")]
TwoFactorEnabled = Annotated[bool, Meta(description="Whether signing in requires a second factor.")]
CodesLeft = Annotated[int, Meta(description="The number of unused backup codes.", ge=0, examples=[9])]


def is_set(flag: bool | str | None) -> bool:  # noqa: FBT001 - it reads one field's value
    """Tell whether a `Flag` field is true. The API specifies a string; existing browser clients send a boolean."""
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
    # Most timestamps fall on few days, and formatting the date costs more than the rest of a timestamp.
    return (date(1970, 1, 1) + timedelta(days=days)).isoformat()
