"""The transports of mail and text messages that the settings name, and those that deliver nothing."""

from urllib.parse import urlsplit

import msgspec

from athena_auth.delivery.model import Channel
from athena_auth.delivery.transport import (
    SenderError,
    Transport,
    is_delivered,
    open_text_transport,
    open_transport,
)
from athena_auth.settings import Settings, SettingsError


class Undelivered(msgspec.Struct, frozen=True):
    """Messages that are shown to the operator instead of being delivered, codes and links included."""

    channel: Channel
    setting: str


def open_mail(settings: Settings, given: Transport | None) -> Transport:
    """Return the transport of mail: the one that the host gave, else that of ATHENA_MAIL_URL.

    Raises:
        SettingsError: a setting of mail cannot be used; or browsers come by https, so that the server is not a developer's,
            and no setting says where mail goes. Codes and links would be printed into a log, and not reach their users.
    """
    if given is not None:
        return given
    if settings.https and "mail_url" not in settings.model_fields_set:
        raise SettingsError(
            "ATHENA_BASE_URL is https, but ATHENA_MAIL_URL is not set, and codes would be printed instead of mailed: "
            "set ATHENA_MAIL_URL to smtp://… or smtps://…, or to console: if you want them printed."
        )
    try:
        return open_transport(settings.mail_url, settings.mail_from, settings.ehlo_name)
    except SenderError as error:
        raise SettingsError(f"ATHENA_MAIL_FROM: {error}") from None
    except ValueError as error:
        raise SettingsError(f"ATHENA_MAIL_URL: {error}") from None


def open_texts(settings: Settings, given: Transport | None) -> Transport | None:
    """Return the transport of text messages, if there is one: the given one in place of the gateway's.

    Raises:
        SettingsError: ATHENA_SMS_URL cannot be used.
    """
    if settings.sms_url is None:
        return None
    if given is not None:
        return given
    try:
        return open_text_transport(
            settings.sms_url.get_secret_value(), urlsplit(settings.origin).hostname or ""
        )
    except ValueError as error:
        raise SettingsError(f"ATHENA_SMS_URL: {error}") from None


def find_undelivered(settings: Settings, given: Transport | None) -> list[Undelivered]:
    """Return the messages that are not delivered, for a server that browsers reach by https."""
    if not settings.https:
        return []
    found = []
    if given is None and not is_delivered(settings.mail_url):
        found.append(Undelivered(Channel.MAIL, "ATHENA_MAIL_URL"))
    if settings.sms_url is not None and not is_delivered(settings.sms_url.get_secret_value()):
        found.append(Undelivered(Channel.TEXT, "ATHENA_SMS_URL"))
    return found
