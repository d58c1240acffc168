"""The settings of passkeys, after those of the server."""

from typing import Annotated, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from athena_auth.settings.addresses import is_within, parse_rp_id
from athena_auth.settings.model import ServerSettings
from athena_auth.settings.values import CommaSeparated


def _parse_aaguid(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError("an AAGUID must look like ee882879-721c-4913-9775-3dfcce97072a") from None


Aaguids = Annotated[CommaSeparated, AfterValidator(lambda parts: tuple(map(_parse_aaguid, parts)))]
RpId = Annotated[str, AfterValidator(parse_rp_id)]


class PasskeySettings(ServerSettings):
    """The settings of the server and of its passkeys."""

    rp_id: RpId | None = Field(
        None,
        description="The domain that passkeys belong to: the host of ATHENA_BASE_URL, which is the default, or a parent of "
        "it, such as example.com. Passkeys of another domain no longer work, so choose it before the first one is added.",
    )
    passkey_aaguids: Aaguids = Field(
        (),
        description="The kinds of authenticator that may be added as passkeys, as AAGUIDs separated by commas; by default "
        "all. It keeps users from unsuitable devices by mistake: what an authenticator says of itself is not verified.",
    )

    @model_validator(mode="after")
    def _rp_id_is_ours(self) -> Self:
        # A browser refuses every ceremony for a domain that the page is not a part of.
        if self.rp_id is not None and not is_within(urlsplit(self.origin).hostname or "", self.rp_id):
            raise ValueError("ATHENA_RP_ID: it must be the host of ATHENA_BASE_URL or a parent of it")
        return self

    @property
    def relying_party_id(self) -> str:
        """The domain that passkeys belong to (WebAuthn level 3 section 4, "RP ID")."""
        return self.rp_id or urlsplit(self.origin).hostname or ""
