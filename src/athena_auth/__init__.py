"""Athena Auth: a self-hosted two-factor authentication server.

`Athena` is the server to mount in an application, with guards for the application's routes. `create_app()` makes a
standalone server.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from athena_auth.version import __version__

if TYPE_CHECKING:
    from athena_auth.host.athena import Athena
    from athena_auth.host.errors import RefusedError
    from athena_auth.host.guard import Guard
    from athena_auth.host.model import AuthEvent, LiveSession, Principal, User
    from athena_auth.host.standalone import create_app
    from athena_auth.host.users import Users
    from athena_auth.settings import Settings, SettingsError, load_settings

__all__ = [
    "Athena",
    "AuthEvent",
    "Guard",
    "LiveSession",
    "Principal",
    "RefusedError",
    "Settings",
    "SettingsError",
    "User",
    "Users",
    "__version__",
    "create_app",
    "load_settings",
]

_MODULES = {
    "Athena": "athena_auth.host.athena",
    "AuthEvent": "athena_auth.host.model",
    "Guard": "athena_auth.host.guard",
    "LiveSession": "athena_auth.host.model",
    "Principal": "athena_auth.host.model",
    "RefusedError": "athena_auth.host.errors",
    "User": "athena_auth.host.model",
    "Users": "athena_auth.host.users",
    "create_app": "athena_auth.host.standalone",
    "Settings": "athena_auth.settings",
    "SettingsError": "athena_auth.settings",
    "load_settings": "athena_auth.settings",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first access (PEP 562), so that using one part does not import all parts."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
