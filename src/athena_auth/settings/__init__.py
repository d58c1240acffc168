"""The settings of a server.

`model` puts their groups together: `storage`, `serving`, `messages`, `accounts`, `factors`, `passkeys`, `enforcement`,
`recovery`, `tokens` and `pages`. `sources` and `loading` read them, `values` and `addresses` validate them. `injected` recognizes
variables that container platforms set.
"""

from athena_auth.settings.loading import RENAMED, load_settings
from athena_auth.settings.model import BASE_PATH, Settings, SettingsError
from athena_auth.settings.sources import ENV_FILE, PREFIX
from athena_auth.settings.values import HOW_TO_MAKE_ONE, UNIX_SOCKET

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
