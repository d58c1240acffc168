"""The settings of the enforcement policy: who must have a second factor, and by when."""

from pydantic import Field

from athena_auth.settings.sources import SettingsSources
from athena_auth.settings.values import RequireSecondFactor


class EnforcementSettings(SettingsSources):
    """Which accounts must have a second factor, and how long they have to enrol one."""

    require_second_factor: RequireSecondFactor = Field(
        "off",
        description="Which accounts must have a second factor: off, none; all; per-account, those for which an operator has "
        "required it with `athena-auth require-second-factor`.",
    )
    require_grace: int = Field(
        14,
        ge=0,
        le=365,
        description="Days that an account may still sign in with the password alone after ATHENA_REQUIRE_SECOND_FACTOR begins to "
        "apply to it; 0 requires the second factor at once. Deadlines that are stored do not change with it.",
    )
