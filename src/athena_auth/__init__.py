"""Athena Auth: a self-hosted two-factor authentication server.

`create_app()` is a server that stands alone; `Athena(settings).asgi` is one to mount in a host's application.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from athena_auth.version import __version__

if TYPE_CHECKING:
    from athena_auth.server.app import Athena, create_app
    from athena_auth.settings import Settings, SettingsError, load_settings

__all__ = ["Athena", "Settings", "SettingsError", "__version__", "create_app", "load_settings"]

_HOMES = {
    "Athena": "athena_auth.server.app",
    "create_app": "athena_auth.server.app",
    "Settings": "athena_auth.settings",
    "SettingsError": "athena_auth.settings",
    "load_settings": "athena_auth.settings",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562): one part of the package must not cost all."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
