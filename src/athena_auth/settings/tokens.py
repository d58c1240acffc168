"""The settings of passwords in known breaches, and of signed assertions for other services."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from athena_auth.crypto.signing import SigningAlgorithm
from athena_auth.settings.addresses import parse_range_url
from athena_auth.settings.model import ServerSettings


class TokenSettings(ServerSettings):
    """The settings of the server that concern breached passwords and signed assertions."""

    breached_passwords_file: Path | None = Field(
        None,
        description="A file with the SHA-1 hashes of breached passwords, one a line in ascending order, as Have I Been Pwned's "
        "downloader writes it. New passwords that are in it are refused, and owners are notified at sign-in.",
    )
    breached_passwords_url: Annotated[str, AfterValidator(parse_range_url)] | None = Field(
        None,
        description="A range query for breached passwords in place of a file, such as https://api.pwnedpasswords.com/range/. Only "
        "the first five hexadecimal digits of a SHA-1 hash are sent. Without an answer in two seconds the password is accepted.",
    )
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

    @model_validator(mode="after")
    def _breaches_have_one_source(self) -> Self:
        if self.breached_passwords_file is not None and self.breached_passwords_url is not None:
            raise ValueError("set ATHENA_BREACHED_PASSWORDS_FILE or ATHENA_BREACHED_PASSWORDS_URL, not both")
        return self
