"""The settings of second factors, of trusted devices and of step-up."""

from typing import Literal

from pydantic import Field

from athena_auth.crypto.totp import Algorithm, Parameters
from athena_auth.settings.sources import SettingsSources
from athena_auth.settings.values import TEN_YEARS, CommaSeparated, OnOff


class FactorSettings(SettingsSources):
    """What the second step accepts, and what replaces it."""

    methods: CommaSeparated = Field(
        (),
        description="The methods that this deployment offers and accepts, such as passkey,totp,backup-code; by default all: "
        "passkey, totp, otp, backup-code, and the names of a host application's own factors. Authenticators of other methods "
        "stay enrolled and verify nothing; their owners cannot sign in with the password alone.",
    )
    challenge_ttl: int = Field(
        600, ge=10, le=3600, description="Seconds that a pending sign-in waits for its second factor."
    )
    otp_ttl: int = Field(
        180, ge=10, le=600, description="Seconds that a sent code is valid; at most 600 (SP 800-63B-4)."
    )
    otp_fallback: OnOff = Field(
        "on",
        description="At sign-in, offer codes by mail also to accounts whose only factor is an authenticator app.",
    )
    trust_ttl: int = Field(
        2_592_000,
        ge=0,
        le=TEN_YEARS,
        description="Seconds that a device stays trusted without a sign-in; at most ten years. With 0 no device is trusted.",
    )
    step_up: Literal["second-factor", "password"] = Field(
        "second-factor",
        description="What an account with two-factor authentication needs to change credentials and to end other sessions: "
        "second-factor, verified in that session within ten minutes, or the password alone, for front ends that cannot ask "
        "for a code. With password, an attacker who knows the password and has a session, for instance from a stolen "
        "trusted device, can turn two-factor authentication off. Showing the secret of an active authenticator, removing, "
        "suspending or resuming a single one, and deleting the account always require the second factor.",
    )
    totp_digits: int = Field(6, ge=6, le=8, description="Digits of a TOTP code.")
    totp_period: int = Field(30, ge=15, le=120, description="Seconds of a TOTP time step.")
    totp_algorithm: Algorithm = Field(
        Algorithm.SHA1, description="The hash of TOTP codes; all apps support SHA1."
    )
    totp_window: int = Field(
        1, ge=0, le=2, description="Time steps accepted before and after the current one."
    )

    @property
    def totp_parameters(self) -> Parameters:
        """The parameters of new authenticators; enrolled ones keep theirs."""
        return Parameters(self.totp_algorithm, self.totp_digits, self.totp_period)
