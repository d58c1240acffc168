"""The settings of passkeys."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from athena_auth.settings.addresses import parse_rp_id
from athena_auth.settings.sources import SettingsSources
from athena_auth.settings.values import CommaSeparated


def _parse_aaguid(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError("an AAGUID must look like ee882879-721c-4913-9775-3dfcce97072a") from None


Aaguids = Annotated[CommaSeparated, AfterValidator(lambda parts: tuple(map(_parse_aaguid, parts)))]
RpId = Annotated[str, AfterValidator(parse_rp_id)]


class PasskeySettings(SettingsSources):
    """What passkeys belong to, and which may be added."""

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
