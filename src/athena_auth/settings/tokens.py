"""The settings of signed assertions for other services."""

from typing import Annotated

from pydantic import Field

from athena_auth.crypto.signing import SigningAlgorithm
from athena_auth.settings.sources import SettingsSources


class TokenSettings(SettingsSources):
    """What signs assertions, for whom, and how long they are valid."""

    token_algorithm: SigningAlgorithm = Field(
        SigningAlgorithm.EDDSA,
        description="The algorithm of signed assertions: EdDSA (Ed25519), or ES256 for services whose libraries lack it.",
    )
    token_audience: Annotated[str, Field(min_length=1, max_length=256)] | None = Field(
        None,
        description="Which services accept signed assertions: the claim `aud`. Default: the URL of this server.",
    )
    token_ttl: int = Field(
        300,
        ge=30,
        le=3600,
        description="Seconds that a signed assertion is valid, also after its session has ended; at most an hour.",
    )
