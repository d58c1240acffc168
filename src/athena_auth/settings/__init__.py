"""The settings of a server.

`model`, `tokens` and `pages` define them, `sources` and `loading` read them, `values` and `addresses` validate them. `injected` recognizes
variables that container platforms set.
"""

from athena_auth.settings.loading import RENAMED, load_settings
from athena_auth.settings.model import (
    BASE_PATH,
    ENV_FILE,
    HOW_TO_MAKE_ONE,
    PREFIX,
    UNIX_SOCKET,
    SettingsError,
)
from athena_auth.settings.pages import Settings

__all__ = [
    "BASE_PATH",
    "ENV_FILE",
    "HOW_TO_MAKE_ONE",
    "PREFIX",
    "RENAMED",
    "UNIX_SOCKET",
    "Settings",
    "SettingsError",
    "load_settings",
]
