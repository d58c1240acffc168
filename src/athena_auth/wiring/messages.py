"""Opens the configured transports for mail and text messages, finds those that deliver nothing, and loads the texts."""

from pathlib import Path
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
from athena_auth.languages import Languages, TextsError
from athena_auth.settings import Settings, SettingsError


class Undelivered(msgspec.Struct, frozen=True):
    """A channel whose messages, including codes and links, are shown to the operator instead of being delivered."""

    channel: Channel
    setting: str


class Messaging(msgspec.Struct, frozen=True):
    """The languages of a server, and how its messages leave: by mail and, if it can send them, as text messages."""

    languages: Languages
    mail: Transport
    texts: Transport | None


def open_messaging(settings: Settings, mail: Transport | None, texts: Transport | None) -> Messaging:
    """Return the languages, and the transports that are given or, without them, those of the settings.

    Raises:
        SettingsError: a setting of texts, mail or text messages cannot be used.
    """
    languages = load_languages(settings)
    return Messaging(languages, open_mail(settings, mail, languages), open_texts(settings, texts, languages))


def load_languages(settings: Settings) -> Languages:
    """Return the languages of the server, with the operator's texts. Raises `SettingsError`."""
    try:
        return Languages.load(None if settings.texts is None else Path(settings.texts))
    except TextsError as error:
        raise SettingsError(f"ATHENA_TEXTS: {error}.") from None


def open_mail(settings: Settings, given: Transport | None, languages: Languages) -> Transport:
    """Return the transport for mail: the host application's, or that of ATHENA_MAIL_URL.

    Raises:
        SettingsError: a mail setting cannot be used, or ATHENA_MAIL_URL is not set although browsers use https. Such a
            server is in production, and would print codes and links into a log.
    """
    if given is not None:
        return given
    if settings.https and "mail_url" not in settings.model_fields_set:
        raise SettingsError(
            "ATHENA_BASE_URL is https, but ATHENA_MAIL_URL is not set, so codes would be printed instead of mailed. "
            "Set ATHENA_MAIL_URL to smtp://… or smtps://…, or to console: if you want them printed."
        )
    try:
        return open_transport(settings.mail_url, settings.mail_from, settings.ehlo_name, languages)
    except SenderError as error:
        raise SettingsError(f"ATHENA_MAIL_FROM: {error}") from None
    except ValueError as error:
        raise SettingsError(f"ATHENA_MAIL_URL: {error}") from None


def open_texts(settings: Settings, given: Transport | None, languages: Languages) -> Transport | None:
    """Return the transport for text messages, or None if ATHENA_SMS_URL is not set. Raises `SettingsError`."""
    if settings.sms_url is None:
        return None
    if given is not None:
        return given
    try:
        return open_text_transport(
            settings.sms_url.get_secret_value(), urlsplit(settings.origin).hostname or "", languages
        )
    except ValueError as error:
        raise SettingsError(f"ATHENA_SMS_URL: {error}") from None


def find_undelivered(settings: Settings, given: Transport | None) -> list[Undelivered]:
    """Return the channels that deliver nothing, for a server that browsers reach by https."""
    if not settings.https:
        return []
    found = []
    if given is None and not is_delivered(settings.mail_url):
        found.append(Undelivered(Channel.MAIL, "ATHENA_MAIL_URL"))
    if settings.sms_url is not None and not is_delivered(settings.sms_url.get_secret_value()):
        found.append(Undelivered(Channel.TEXT, "ATHENA_SMS_URL"))
    return found
