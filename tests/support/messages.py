"""A message of every kind."""

from typing import Any

import msgspec

from athena_auth.delivery.model import EventContext, Message, MessageKind

CODE = "482915"
TOKEN = "q7Zx_4fLw9-Tn2sVbKe8RdYhUj3MaPcG"
URL = f"https://auth.example.org/api/auth/reset-password/{TOKEN}?callbackURL=%2Fwelcome%3Fa%3D1&lang=en"
SECRETS = (CODE, TOKEN)

_FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"
_SECRETS_OF: dict[MessageKind, dict[str, Any]] = {
    MessageKind.TWO_FACTOR_OTP: {"code": CODE, "valid_for": 180},
    MessageKind.EMAIL_VERIFICATION: {"url": URL, "valid_for": 86_400},
    MessageKind.PASSWORD_RESET: {"url": URL, "valid_for": 3_600},
    MessageKind.INVITATION: {"url": URL, "valid_for": 604_800},
    MessageKind.EMAIL_CHANGE: {"url": URL, "valid_for": 86_400},
    MessageKind.EMAIL_CHANGED: {"url": URL, "valid_for": 604_800},
}

NOTIFICATIONS = [kind for kind in MessageKind if kind not in _SECRETS_OF]
REMINDERS = [MessageKind.SECOND_FACTOR_REQUIRED, MessageKind.SECOND_FACTOR_DUE]
"""Those of the notifications that report nothing that anyone has done."""


def message_of(kind: MessageKind, **changes: Any) -> Message:
    """Return a message of this kind to Ada, as the server would make it."""
    extra = {"context": EventContext(1_800_000_000_000, "192.0.2.7", _FIREFOX)}
    message = Message(
        kind=kind,
        to="ada@example.com",
        name="Ada",
        app_name="Athena",
        expires_at=1_800_000_000_000,
        codes_left=7 if kind is MessageKind.BACKUP_CODE_USED else None,
        **_SECRETS_OF.get(kind, extra),
    )
    return msgspec.structs.replace(message, **changes)


MESSAGES = [message_of(kind) for kind in MessageKind]
