"""The forms in which users verify a second factor: a field for a code, or the options for a passkey."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from athena_auth.factors.passkeys.second_step_routes import PasskeySecondStepApi
from athena_auth.kernel.errors import Refused
from athena_auth.mfa.model import FactorName
from athena_auth.pages.form import CODE_FIELDS, NO_ERRORS, errors_of, method_to_show
from athena_auth.pages.passkey_field import response_of
from athena_auth.pages.visit import AnsweringHandler, Visit


@dataclass(frozen=True, slots=True)
class FactorForms:
    """The form of each factor, in the second step of a sign-in and for step-up.

    Attributes:
        verifiers: The handler that verifies the code of each factor, by the factor's name.
        passkeys: The handlers of passkeys; None on a server that has none.
        totp_digits: The digits of an app's code; the form is submitted with the last one.
    """

    verifiers: dict[str, AnsweringHandler[Any]]
    passkeys: PasskeySecondStepApi | None
    totp_digits: int

    def has(self, method: str) -> bool:
        """Tell whether there is a form for this factor."""
        return method in self.verifiers or (method == FactorName.PASSKEY and self.passkeys is not None)

    async def verify(self, visit: Visit, *, in_session: bool = False, **fields: object) -> Any | Refused:
        """Verify what the visitor has entered, or the response of their passkey, for a method that `has` accepts."""
        if visit.field("method") == FactorName.PASSKEY and self.passkeys is not None:
            body = {"response": response_of(visit), **fields}
            return await visit.call(self.passkeys.verify_passkey, body, in_session=in_session)
        body = {"code": visit.field("code"), **fields}
        return await visit.call(self.verifiers[visit.field("method")], body, in_session=in_session)

    async def context(
        self,
        visit: Visit,
        methods: Sequence[str],
        preferred: str | None,
        refused: Refused | None,
        *,
        in_session: bool = False,
    ) -> dict[str, object]:
        """Return what the form of the chosen method shows, by default of the one that its owner prefers.

        A passkey's nonce is made for this view of the page. It is not asked for by the script: a challenge in the same
        browser, which may be of another account, would take precedence over the session of a step-up.
        """
        offered = [name for name in methods if self.has(name)]
        method = method_to_show(visit.field("method"), preferred, offered)
        options = ""
        if method == FactorName.PASSKEY and self.passkeys is not None:
            prompted = await visit.call(self.passkeys.prompt_passkey, in_session=in_session)
            if isinstance(prompted, Refused):
                refused = refused or prompted
            else:
                options = msgspec.json.encode(prompted.options).decode()
        return {
            "errors": NO_ERRORS if refused is None else errors_of(refused, CODE_FIELDS),
            "method": method,
            "methods": offered,
            "passkey_options": options,
            "totp_digits": self.totp_digits,
        }
