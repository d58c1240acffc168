"""Parsing of the setting that lists the operator's secrets, newest first."""

from pydantic import SecretStr


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
