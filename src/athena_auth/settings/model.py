"""Every setting of a server, by groups. The command line's help and the reference are generated from them.

A setting is read from a keyword argument, the environment or `.env` in the working directory. Its variable is `ATHENA_`
followed by the field's name in capitals.
"""

from typing import Self
from urllib.parse import urlsplit

from pydantic import model_validator

from athena_auth.settings.accounts import AccountSettings
from athena_auth.settings.addresses import is_within, parse_ehlo_name
from athena_auth.settings.enforcement import EnforcementSettings
from athena_auth.settings.factors import FactorSettings
from athena_auth.settings.messages import MessageSettings
from athena_auth.settings.pages import PageSettings
from athena_auth.settings.passkeys import PasskeySettings
from athena_auth.settings.recovery import RecoverySettings
from athena_auth.settings.serving import ServingSettings
from athena_auth.settings.storage import StorageSettings
from athena_auth.settings.tokens import TokenSettings

BASE_PATH = "/api/auth"


class SettingsError(Exception):
    """A setting is missing, unknown or invalid. The message names the setting and never repeats its value."""


# The reference lists the groups from the last to the first.
class Settings(
    PageSettings,
    RecoverySettings,
    EnforcementSettings,
    TokenSettings,
    PasskeySettings,
    FactorSettings,
    AccountSettings,
    MessageSettings,
    ServingSettings,
    StorageSettings,
):
    """The settings of one server."""

    @model_validator(mode="after")
    def _rp_id_is_ours(self) -> Self:
        # A browser refuses every ceremony for a domain that the page is not a part of.
        if self.rp_id is not None and not is_within(urlsplit(self.origin).hostname or "", self.rp_id):
            raise ValueError("ATHENA_RP_ID: it must be the host of ATHENA_BASE_URL or a parent of it")
        return self

    @property
    def relying_party_id(self) -> str:
        """The domain that passkeys belong to (WebAuthn level 3 section 4, "RP ID")."""
        return self.rp_id or urlsplit(self.origin).hostname or ""

    @property
    def ehlo_name(self) -> str:
        """This server's name in EHLO (RFC 5321 section 4.1.1.1)."""
        return self.mail_ehlo or parse_ehlo_name(urlsplit(self.origin).hostname or "")

    @property
    def pages_prefix(self) -> str:
        """The path of the pages as browsers see it, without a final slash; empty at the root."""
        return self.sub_path + self.pages_path.rstrip("/")
