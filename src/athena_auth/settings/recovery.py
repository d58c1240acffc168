"""The settings of recovery, for owners who have lost every second factor."""

from pydantic import Field

from athena_auth.settings.sources import SettingsSources
from athena_auth.settings.values import OnOff


class RecoverySettings(SettingsSources):
    """Whether owners can have their second factors removed, and after how long."""

    recovery: OnOff = Field(
        "off",
        description="Let owners who have lost every second factor have them removed, with the password and a link in a mail, after "
        "a waiting time in which every mail has a link that cancels it. With off, only operators remove factors.",
    )
    recovery_days: int = Field(
        3, ge=1, le=14, description="Days that a recovery waits before it can be completed."
    )
