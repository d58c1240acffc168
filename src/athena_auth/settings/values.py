"""Validates each kind of setting. Error messages never repeat a value: it may contain a password."""

import re
from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from athena_auth.kernel.database_url import read_database_url
from athena_auth.settings.addresses import (
    parse_base_url,
    parse_cookie_domain,
    parse_ehlo_name,
    parse_origin,
    parse_range_url,
    parse_redis_url,
)

TEN_YEARS = 315_360_000
"""Seconds. Longer than any policy, and far from the year 9999, after which an expiry cannot be represented."""
UNIX_SOCKET = "unix:"
"""The prefix of a host that is a Unix socket. As a trusted proxy, it stands for the peers of that socket."""
HOW_TO_MAKE_ONE = 'make one with: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
_MIN_SECRET_BYTES = 32
_MIN_METRICS_TOKEN = 16
_MAX_NAME = 64
_APP_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f:]+")
_COOKIE_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


RequireSecondFactor = Literal["off", "all", "per-account"]
"""Which accounts must have a second factor."""


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _check_database_url(value: str) -> str:
    read_database_url(value)
    return value


def _check_limits_url(value: str) -> str:
    return value if value == "memory://" else parse_redis_url(value)


def _check_secrets(value: SecretStr) -> SecretStr:
    if any(len(secret) < _MIN_SECRET_BYTES for secret in parse_secrets(value).values()):
        raise ValueError(f"a secret needs at least {_MIN_SECRET_BYTES} bytes; {HOW_TO_MAKE_ONE}")
    return value


def _check_metrics_token(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < _MIN_METRICS_TOKEN:
        raise ValueError(f"this token needs at least {_MIN_METRICS_TOKEN} characters; {HOW_TO_MAKE_ONE}")
    return value


def _check_app_name(value: str) -> str:
    if len(value) > _MAX_NAME or _APP_NAME.fullmatch(value) is None:
        raise ValueError(
            f"a name of 1 to {_MAX_NAME} characters on one line, without a colon, such as Athena"
        )
    return value


def _check_cookie_prefix(value: str) -> str:
    if len(value) > _MAX_NAME or _COOKIE_PREFIX.fullmatch(value) is None:
        raise ValueError(
            f"1 to {_MAX_NAME} of the characters a-z A-Z 0-9 _ . -, the first a letter or a digit, such as athena-auth"
        )
    return value


def _parse_proxy(value: str) -> str:
    if value == UNIX_SOCKET:
        return value
    try:
        ip_network(value, strict=False)
    except ValueError:
        raise ValueError(
            f"a proxy must be an address such as 10.0.0.7, a network such as 10.0.0.0/8, or {UNIX_SOCKET} "
            "for the peer of a Unix socket; host names are not looked up"
        ) from None
    return value


CommaSeparated = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Origins = Annotated[
    CommaSeparated, AfterValidator(lambda parts: tuple(dict.fromkeys(map(parse_origin, parts))))
]
Proxies = Annotated[CommaSeparated, AfterValidator(lambda parts: tuple(map(_parse_proxy, parts)))]
BaseUrl = Annotated[str, AfterValidator(parse_base_url)]
CookieDomain = Annotated[str, AfterValidator(parse_cookie_domain)]
DatabaseUrl = Annotated[str, AfterValidator(_check_database_url)]
EhloName = Annotated[str, AfterValidator(parse_ehlo_name)]
LimitsUrl = Annotated[str, AfterValidator(_check_limits_url)]
RangeUrl = Annotated[str, AfterValidator(parse_range_url)]
Secrets = Annotated[SecretStr, AfterValidator(_check_secrets)]
MetricsToken = Annotated[SecretStr, AfterValidator(_check_metrics_token)]
AppName = Annotated[str, AfterValidator(_check_app_name)]
CookiePrefix = Annotated[str, AfterValidator(_check_cookie_prefix)]
OnOff = Literal["on", "off"]
SignUp = Literal["open", "invite", "closed"]


def parse_secrets(value: SecretStr) -> dict[int, bytes]:
    """Return the numbered secrets in the order given, newest first.

    Raises:
        ValueError: an entry is not `number:secret`, or a number occurs twice.
    """
    text = value.get_secret_value()
    entries = (
        [entry.partition(":") for entry in text.split(",")] if _is_numbered(text) else [("1", ":", text)]
    )
    secrets = {int(number): secret.encode() for number, _, secret in entries if number.isdecimal()}
    if len(secrets) != len(entries) or not all(0 < number < 2**16 for number in secrets):
        raise ValueError('numbered secrets look like "2:…,1:…", each number once, from 1 to 65535')
    return secrets


def _is_numbered(text: str) -> bool:
    number, colon, _ = text.partition(":")
    return bool(colon) and number.isdecimal()
