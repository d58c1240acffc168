"""Athena Auth: a self-hosted two-factor authentication server.

`Athena` is the server to mount in an application, with guards for its routes; `create_app()` one that stands alone.
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

_HOMES = {
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
    """Import a public name when it is first asked for (PEP 562): one part of the package must not cost all."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
