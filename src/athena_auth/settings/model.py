"""Every setting of a server, by groups. The command line's help and the reference are generated from them.

A setting is read from a keyword argument, the environment or `.env` in the working directory. Its variable is `ATHENA_`
followed by the field's name in capitals.
"""

from urllib.parse import urlsplit

from athena_auth.settings.accounts import AccountSettings
from athena_auth.settings.addresses import parse_ehlo_name
from athena_auth.settings.enforcement import EnforcementSettings
from athena_auth.settings.factors import FactorSettings
from athena_auth.settings.messages import MessageSettings
from athena_auth.settings.pages import PageSettings
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
    FactorSettings,
    AccountSettings,
    MessageSettings,
    ServingSettings,
    StorageSettings,
):
    """The settings of one server."""

    @property
    def ehlo_name(self) -> str:
        """This server's name in EHLO (RFC 5321 section 4.1.1.1)."""
        return self.mail_ehlo or parse_ehlo_name(urlsplit(self.origin).hostname or "")

    @property
    def pages_prefix(self) -> str:
        """The path of the pages as browsers see it, without a final slash; empty at the root."""
        return self.sub_path + self.pages_path.rstrip("/")
