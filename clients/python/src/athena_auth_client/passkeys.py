"""The passkeys of the signed-in user."""

from typing import Any, Literal

from athena_auth_client import endpoints
from athena_auth_client.connection import S
from athena_auth_client.operation import OperationGroup, operation
from athena_auth_client.passkey_models import Passkey


class Passkeys(OperationGroup[S]):
    """Adding, naming and removing passkeys. A browser makes them: pass on to it what these methods return."""

    @operation
    async def registration_options(
        self, *, password: str | None = None, code: str | None = None
    ) -> dict[str, Any]:
        """Return the options of `navigator.credentials.create()`, as JSON. They are valid in this session for five minutes.

        `password` or, with two-factor authentication on, `code` is needed unless the user signed in or verified a second
        factor in the last ten minutes.
        """
        return await self._connection.call(endpoints.REGISTER_OPTIONS, {"password": password, "code": code})

    @operation
    async def register(
        self,
        response: dict[str, Any],
        *,
        name: str | None = None,
        mediation: Literal["conditional"] | None = None,
    ) -> Passkey:
        """Add a passkey. `response` is the `toJSON()` of what `navigator.credentials.create()` returned.

        `mediation` is that of the call, if the browser made the passkey by itself.
        """
        body = {"response": response, "name": name, "mediation": mediation}
        return await self._connection.call(endpoints.VERIFY_REGISTRATION, body)

    @operation
    async def list(self) -> tuple[Passkey, ...]:
        """List the passkeys of the account, the oldest first."""
        return await self._connection.call(endpoints.LIST_PASSKEYS)

    @operation
    async def rename(self, passkey_id: str, name: str) -> Passkey:
        """Rename a passkey."""
        renamed = await self._connection.call(endpoints.UPDATE_PASSKEY, {"id": passkey_id, "name": name})
        return renamed.passkey

    @operation
    async def delete(self, passkey_id: str, *, password: str | None = None, code: str | None = None) -> None:
        """Remove a passkey, and end all other sessions. `password` and `code` as for `registration_options`.

        Raises:
            AthenaError: LAST_AUTHENTICATOR, two-factor authentication is on and there is no other second factor.
        """
        body = {"id": passkey_id, "password": password, "code": code}
        await self._connection.call(endpoints.DELETE_PASSKEY, body)
