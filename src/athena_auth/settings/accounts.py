"""The settings of accounts, of their sessions and of their passwords."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from athena_auth.crypto.passwords import DEFAULT_COST, Cost, is_strong_enough
from athena_auth.settings.sources import SettingsSources
from athena_auth.settings.values import TEN_YEARS, OnOff, RangeUrl, SignUp


class AccountSettings(SettingsSources):
    """Who may have an account, and how long what belongs to it is kept."""

    sign_up: SignUp = Field(
        "open",
        description="Who may create an account: open, anyone; invite, who has an invitation of `athena-auth invite`; closed, "
        "nobody. Operators and a host application can always create accounts.",
    )
    invite_days: int = Field(7, ge=1, le=90, description="Days that an invitation is valid.")
    require_verified_email: OnOff = Field(
        "off",
        description="Accept sessions only of accounts whose email address is verified. With on, the response to a sign-up is "
        "the same for new addresses and those of existing accounts.",
    )
    session_ttl: int = Field(
        604_800,
        ge=60,
        le=TEN_YEARS,
        description="Seconds that a session lasts without use; at most ten years.",
    )
    session_max_age: int | None = Field(
        None,
        ge=60,
        le=TEN_YEARS,
        description="Seconds after the sign-in at which a session ends, however much it is used; not limited by default. For "
        "NIST SP 800-63B-4 AAL2 set 86400 and ATHENA_SESSION_TTL=3600, or less.",
    )
    audit_ttl: int = Field(
        15_552_000,
        ge=86_400,
        le=TEN_YEARS,
        description="Seconds that events stay in the audit log: 180 days by default, at most ten years.",
    )
    argon2_memory: int = Field(
        DEFAULT_COST.memory_kib, ge=7_168, le=4_194_304, description="KiB of memory for each password hash."
    )
    argon2_passes: int = Field(DEFAULT_COST.passes, ge=1, le=100, description="Passes over that memory.")
    argon2_lanes: int = Field(
        DEFAULT_COST.lanes, ge=1, le=16, description="Lanes of a password hash; see `athena-auth tune`."
    )

    breached_passwords_file: Path | None = Field(
        None,
        description="A file with the SHA-1 hashes of breached passwords, one a line in ascending order, as Have I Been Pwned's "
        "downloader writes it. New passwords that are in it are refused, and owners are notified at sign-in.",
    )
    breached_passwords_url: RangeUrl | None = Field(
        None,
        description="A range query for breached passwords in place of a file, such as https://api.pwnedpasswords.com/range/. Only "
        "the first five hexadecimal digits of a SHA-1 hash are sent. Without an answer in two seconds the password is accepted.",
    )

    @model_validator(mode="after")
    def _breaches_have_one_source(self) -> Self:
        if self.breached_passwords_file is not None and self.breached_passwords_url is not None:
            raise ValueError("set ATHENA_BREACHED_PASSWORDS_FILE or ATHENA_BREACHED_PASSWORDS_URL, not both")
        return self

    @model_validator(mode="after")
    def _hashes_are_strong_enough(self) -> Self:
        if not is_strong_enough(self.argon2_cost):
            raise ValueError(
                "ATHENA_ARGON2_MEMORY and ATHENA_ARGON2_PASSES are below what OWASP accepts; "
                "run athena-auth tune for values that fit this machine"
            )
        return self

    @property
    def argon2_cost(self) -> Cost:
        """The cost of a new password hash."""
        return Cost(self.argon2_memory, self.argon2_passes, self.argon2_lanes)
