"""HTTP for the passkeys of an account: adding, listing, naming and removing them."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from athena_auth.accounts.answers import PASSWORD_STEP_UP_ERRORS, renewed_reply, session_reply
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.step_up_policy import StepUpCredentials
from athena_auth.factors.passkeys.answers import (
    CreationOptionsAnswer,
    CredentialJson,
    PasskeyAnswer,
    PasskeyId,
    passkey_answer,
)
from athena_auth.factors.passkeys.factor import MALFORMED, Passkeys
from athena_auth.factors.passkeys.model import RegistrationResponse
from athena_auth.factors.passkeys.service import PasskeyService
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.wire.bodies import StatusAnswer
from athena_auth.wire.fields import Label, Password, StepUpCode
from athena_auth.wire.handlers import get, post
from athena_auth.wire.limits import SECOND_STEP
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, NoBody

Attachment = Annotated[
    Literal["platform", "cross-platform"],
    Meta(
        description="Offer only authenticators that are a part of this device (`platform`), or only others, such as security "
        "keys (`cross-platform`); by default both.",
        examples=["platform"],
    ),
]
Mediation = Annotated[
    Literal["conditional"],
    Meta(
        description="`conditional` if the browser made the passkey by itself after a sign-in with a password (conditional "
        "create): the user was then not asked to touch anything."
    ),
]
_BEGIN_ERRORS = (
    *PASSWORD_STEP_UP_ERRORS,
    ErrorCode.METHOD_NOT_AVAILABLE,
    ErrorCode.SESSION_EXPIRED,
    ErrorCode.TOO_MANY_PASSKEYS,
)


class RegisterOptionsQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which authenticators to offer."""

    authenticator_attachment: Attachment | None = None


class RegisterOptionsBody(msgspec.Struct, frozen=True, rename="camel"):
    """Which authenticators to offer; and the password or, with two-factor authentication on, a code, if the sign-in is older than ten minutes."""

    authenticator_attachment: Attachment | None = None
    password: Password | None = None
    code: StepUpCode | None = None


class VerifyRegistrationBody(msgspec.Struct, frozen=True):
    """A new passkey, and what its owner calls it."""

    response: CredentialJson
    name: Label | None = None
    mediation: Mediation | None = None


class UpdatePasskeyBody(msgspec.Struct, frozen=True):
    """A passkey and its new name."""

    id: PasskeyId
    name: Label


class UpdatePasskeyAnswer(msgspec.Struct, frozen=True):
    """The passkey with its new name."""

    passkey: PasskeyAnswer


class DeletePasskeyBody(msgspec.Struct, frozen=True):
    """A passkey; and the password or, with two-factor authentication on, a code, if the sign-in is older than ten minutes."""

    id: PasskeyId
    password: Password | None = None
    code: StepUpCode | None = None


class PasskeyApi:
    """The routes of an account's passkeys."""

    def __init__(self, service: PasskeyService, factor: Passkeys) -> None:
        self._service = service
        self._factor = factor

    @get("/passkey/generate-register-options", errors=_BEGIN_ERRORS, limit=SECOND_STEP, tag="passkey")
    async def register_options(
        self, call: Call[SignedIn, RegisterOptionsQuery]
    ) -> Reply[CreationOptionsAnswer] | Refused:
        """Get the options for making a passkey.

        The user must have signed in, or verified a second factor if two-factor authentication is on, in the last ten
        minutes. The options are valid in this session for five minutes, and replace earlier ones.
        """
        attachment = call.body.authenticator_attachment
        begun = await self._service.begin(call.principal, StepUpCredentials(), attachment)
        return begun if isinstance(begun, Refused) else Reply(_options(begun.outcome))

    @post("/passkey/generate-register-options", errors=_BEGIN_ERRORS, limit=SECOND_STEP, tag="passkey")
    async def register_options_by_post(
        self, call: Call[SignedIn, RegisterOptionsBody]
    ) -> Reply[CreationOptionsAnswer] | Refused:
        """Get the options for making a passkey, with the password or a code.

        Like the GET, for a session that signed in longer ago.
        """
        body = call.body
        offered = StepUpCredentials(body.password, body.code)
        begun = await self._service.begin(call.principal, offered, body.authenticator_attachment)
        if isinstance(begun, Refused):
            return begun
        return renewed_reply(_options(begun.outcome), call.principal, begun.signed_in)

    @post(
        "/passkey/verify-registration",
        errors=(
            ErrorCode.METHOD_NOT_AVAILABLE,
            ErrorCode.CHALLENGE_NOT_FOUND,
            ErrorCode.FAILED_TO_VERIFY_REGISTRATION,
            ErrorCode.AUTHENTICATOR_NOT_ALLOWED,
            ErrorCode.PREVIOUSLY_REGISTERED,
            ErrorCode.TOO_MANY_PASSKEYS,
        ),
        limit=SECOND_STEP,
        tag="passkey",
    )
    async def verify_registration(
        self, call: Call[SignedIn, VerifyRegistrationBody]
    ) -> Reply[PasskeyAnswer] | Refused:
        """Add a passkey to the account.

        It signs in by itself if it verifies its user, and is a second factor while two-factor authentication is on. Adding
        it does not turn that on: `/two-factor/enable` with the method `passkey` does. The owner is notified by email.
        """
        response = self._factor.parse(call.body.response)
        if not isinstance(response, RegistrationResponse):
            return Refused(ErrorCode.VALIDATION_ERROR, MALFORMED)
        is_conditional = call.body.mediation == "conditional"
        added = await self._service.finish(
            call.principal, response, call.body.name, is_conditional=is_conditional
        )
        if isinstance(added, Refused):
            return added
        return renewed_reply(passkey_answer(added.outcome), call.principal, added.signed_in)

    @get("/passkey/list-user-passkeys", tag="passkey")
    async def list_passkeys(self, call: Call[SignedIn, NoBody]) -> Reply[list[PasskeyAnswer]]:
        """List the passkeys of the account.

        The oldest is first.
        """
        passkeys = await self._service.passkeys_of(call.principal)
        return Reply([passkey_answer(passkey) for passkey in passkeys])

    @post("/passkey/update-passkey", errors=(ErrorCode.PASSKEY_NOT_FOUND,), tag="passkey")
    async def update_passkey(
        self, call: Call[SignedIn, UpdatePasskeyBody]
    ) -> Reply[UpdatePasskeyAnswer] | Refused:
        """Rename a passkey."""
        renamed = await self._service.rename(call.principal, call.body.id, call.body.name)
        return (
            renamed if isinstance(renamed, Refused) else Reply(UpdatePasskeyAnswer(passkey_answer(renamed)))
        )

    @post(
        "/passkey/delete-passkey",
        errors=(
            *PASSWORD_STEP_UP_ERRORS,
            ErrorCode.SESSION_EXPIRED,
            ErrorCode.PASSKEY_NOT_FOUND,
            ErrorCode.LAST_AUTHENTICATOR,
        ),
        limit=SECOND_STEP,
        tag="passkey",
    )
    async def delete_passkey(self, call: Call[SignedIn, DeletePasskeyBody]) -> Reply[StatusAnswer] | Refused:
        """Remove a passkey.

        Ends all other sessions and removes the trusted devices, because the passkey may have been used there by someone
        else. The last second factor is not removed while two-factor authentication is on.
        """
        body = call.body
        offered = StepUpCredentials(body.password, body.code)
        removed = await self._service.remove(call.principal, offered, body.id)
        if isinstance(removed, Refused):
            return removed
        return session_reply(StatusAnswer(), removed.signed_in)


def _options(options: dict[str, Any]) -> CreationOptionsAnswer:
    return msgspec.convert(options, CreationOptionsAnswer)
