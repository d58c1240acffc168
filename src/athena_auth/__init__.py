"""Athena Auth: a self-hosted two-factor authentication server.

`Athena` is the server to mount in an application, with guards for the application's routes. `create_app()` makes a
standalone server.
"""

from athena_auth.host.athena import Athena
from athena_auth.host.errors import RefusedError
from athena_auth.host.guard import Guard
from athena_auth.host.model import AuthEvent, EnrolledAuthenticator, LiveSession, Principal, User
from athena_auth.host.standalone import create_app
from athena_auth.host.users import Users
from athena_auth.settings import Settings, SettingsError, load_settings
from athena_auth.version import __version__

__all__ = [
    "Athena",
    "AuthEvent",
    "EnrolledAuthenticator",
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
