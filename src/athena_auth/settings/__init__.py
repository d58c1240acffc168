"""The settings of a server.

`model` defines them, `sources` and `loading` read them, `values` and `addresses` validate them. `injected` recognizes
variables that container platforms set.
"""

from athena_auth.settings.loading import RENAMED, load_settings
from athena_auth.settings.model import (
    BASE_PATH,
    ENV_FILE,
    HOW_TO_MAKE_ONE,
    PREFIX,
    UNIX_SOCKET,
    Settings,
    SettingsError,
)

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
