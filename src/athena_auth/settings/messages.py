"""The settings of what users read: the service's name, texts, mail and text messages."""

from pydantic import Field, SecretStr

from athena_auth.settings.sources import SettingsSources
from athena_auth.settings.values import AppName, EhloName, OnOff


class MessageSettings(SettingsSources):
    """What messages say, where they go, and which of the optional ones are sent."""

    app_name: AppName = Field(
        "Athena", description="The name of the service in authenticator apps and in mails."
    )
    texts: str | None = Field(
        None,
        description="A folder with texts of your own, as gettext catalogues: de.po replaces German sentences, and nl.po adds Dutch.",
    )
    mail_url: str = Field(
        "console:",
        description="Where mail goes: console:, file:///path (one JSON object a line), smtp://… (STARTTLS), smtps://… "
        "It is required if ATHENA_BASE_URL is https.",
    )
    mail_from: str | None = Field(
        None, description='The sender of mail, as "Name <address>"; needed for smtp.'
    )
    mail_ehlo: EhloName | None = Field(
        None, description="This server's name in EHLO; by default the host of ATHENA_BASE_URL."
    )
    notify_new_browser: OnOff = Field(
        "on",
        description="Notify owners by mail of a sign-in in a browser that is not recognized, at most five times in an hour. The audit "
        "log records each one, also with off.",
    )
    sms_url: SecretStr | None = Field(
        None,
        description="Where text messages go; without it no codes are sent by text. console:, file:///path, or an Apprise URL "
        "with {phone} in it, such as twilio://SID:TOKEN@FROM/{phone}.",
    )
