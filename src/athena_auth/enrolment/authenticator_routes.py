"""HTTP for an account's authenticators, one by one."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from athena_auth.accounts.answers import PASSWORD_STEP_UP_ERRORS, STEP_UP_ERRORS, renewed_reply
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.step_up_policy import Authorized, StepUpCredentials
from athena_auth.enrolment.authenticator_service import AuthenticatorService
from athena_auth.factors.totp.routes import qr_code_of
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.authenticators import Authenticator, AuthenticatorState
from athena_auth.mfa.factor import EnrolmentOptions
from athena_auth.wire.bodies import PasswordBody, StatusAnswer, StepUpBody
from athena_auth.wire.fields import (
    Id,
    Issuer,
    Label,
    QrCode,
    QrCodeWanted,
    Timestamp,
    TotpUri,
    timestamp,
)
from athena_auth.wire.handlers import get, post
from athena_auth.wire.limits import SECOND_STEP
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, NoBody

AuthenticatorId = Annotated[
    str,
    Meta(
        max_length=128,
        pattern=r"^[A-Za-z0-9_-]*$(?!\n)",
        description="An authenticator's id.",
        examples=["01927f2a4d1b8c3e5f60718293a4b5c6"],
    ),
]


class AddAuthenticatorBody(PasswordBody, frozen=True, rename="camel"):
    """The password, and the name of the new app."""

    label: Label | None = None
    issuer: Issuer | None = None
    qr_code: QrCodeWanted | None = None


class AddAuthenticatorAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The new secret, which is shown only in this response."""

    id: Id
    totp_uri: TotpUri = msgspec.field(name="totpURI")
    qr_code: QrCode | UnsetType = UNSET


class RenameAuthenticatorBody(msgspec.Struct, frozen=True):
    """An authenticator, and its new name."""

    id: AuthenticatorId
    label: Label


class AuthenticatorBody(StepUpBody, frozen=True, kw_only=True):
    """An authenticator, and a code if the session needs a fresh second factor."""

    id: AuthenticatorId


class AuthenticatorAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """What an account has enrolled for a factor. It contains no secrets."""

    id: Id
    factor: Annotated[str, Meta(description="The name of the factor.", examples=["totp"])]
    label: Annotated[
        str | None, Meta(description="The owner's name for it; null if it has none.", examples=["Work phone"])
    ]
    created_at: Timestamp
    last_used_at: Annotated[
        Timestamp | None, Meta(description="When it was last verified; null for sent codes.")
    ]
    suspended: Annotated[
        bool, Meta(description="Whether its owner has suspended it: it verifies nothing until it is resumed.")
    ]


_STEP_UP = (*STEP_UP_ERRORS, ErrorCode.TWO_FACTOR_NOT_ENABLED, ErrorCode.AUTHENTICATOR_NOT_FOUND)
_UNLESS_LAST = (*_STEP_UP, ErrorCode.LAST_AUTHENTICATOR)


class AuthenticatorApi:
    """The routes of an account's authenticators."""

    def __init__(self, service: AuthenticatorService) -> None:
        self._service = service

    @get("/two-factor/list-authenticators")
    async def list_authenticators(self, call: Call[SignedIn, NoBody]) -> Reply[list[AuthenticatorAnswer]]:
        """List the account's authenticators.

        Of every factor that keeps authenticators, the oldest first, suspended ones included. Backup codes are not listed.
        """
        found = await self._service.list_confirmed(call.principal)
        return Reply([_answer(each) for each in found])

    @post(
        "/two-factor/add-authenticator",
        errors=(
            *PASSWORD_STEP_UP_ERRORS,
            ErrorCode.METHOD_NOT_AVAILABLE,
            ErrorCode.TWO_FACTOR_NOT_ENABLED,
            ErrorCode.TOO_MANY_AUTHENTICATORS,
        ),
        limit=SECOND_STEP,
    )
    async def add(
        self, call: Call[SignedIn, AddAuthenticatorBody]
    ) -> Reply[AddAuthenticatorAnswer] | Refused:
        """Begin to add an authenticator app.

        The apps that the account has stay, up to ten, and so do its backup codes. A code of the new app confirms it
        (/two-factor/verify-totp). If two-factor authentication is off, use /two-factor/enable.
        """
        body = call.body
        options = EnrolmentOptions(issuer=body.issuer, label=body.label, adds=True)
        offered = StepUpCredentials(body.password, body.code)
        begun = await self._service.add_app(call.principal, offered, options)
        if isinstance(begun, Refused):
            return begun
        added = begun.outcome
        answer = AddAuthenticatorAnswer(
            added.authenticator_id, added.uri, await qr_code_of(added.uri, body.qr_code)
        )
        return renewed_reply(answer, call.principal, begun.signed_in)

    @post("/two-factor/rename-authenticator", errors=(ErrorCode.AUTHENTICATOR_NOT_FOUND,))
    async def rename(self, call: Call[SignedIn, RenameAuthenticatorBody]) -> Reply[StatusAnswer] | Refused:
        """Rename an authenticator."""
        refused = await self._service.rename(call.principal, call.body.id, call.body.label)
        return refused or Reply(StatusAnswer())

    @post("/two-factor/remove-authenticator", errors=_UNLESS_LAST, limit=SECOND_STEP)
    async def remove(self, call: Call[SignedIn, AuthenticatorBody]) -> Reply[StatusAnswer] | Refused:
        """Remove an authenticator.

        Ends all other sessions and revokes all trusted devices. The last one that can be used is removed only by
        /two-factor/disable.
        """
        body = call.body
        done = await self._service.remove(call.principal, StepUpCredentials(code=body.code), body.id)
        return _reply(call.principal, done)

    @post("/two-factor/suspend-authenticator", errors=_UNLESS_LAST, limit=SECOND_STEP)
    async def suspend(self, call: Call[SignedIn, AuthenticatorBody]) -> Reply[StatusAnswer] | Refused:
        """Suspend an authenticator.

        Until it is resumed it verifies nothing and is not offered, for instance while a phone is out of reach. Ends all other
        sessions and revokes all trusted devices. The last one that can be used cannot be suspended.
        """
        body = call.body
        done = await self._service.suspend(call.principal, StepUpCredentials(code=body.code), body.id)
        return _reply(call.principal, done)

    @post("/two-factor/resume-authenticator", errors=_STEP_UP, limit=SECOND_STEP)
    async def resume(self, call: Call[SignedIn, AuthenticatorBody]) -> Reply[StatusAnswer] | Refused:
        """Resume a suspended authenticator.

        It verifies again, and is offered. Revokes all trusted devices.
        """
        body = call.body
        done = await self._service.resume(call.principal, StepUpCredentials(code=body.code), body.id)
        return _reply(call.principal, done)


def _reply(before: SignedIn, done: Authorized[None] | Refused) -> Reply[StatusAnswer] | Refused:
    return done if isinstance(done, Refused) else renewed_reply(StatusAnswer(), before, done.signed_in)


def _answer(found: Authenticator) -> AuthenticatorAnswer:
    return AuthenticatorAnswer(
        id=found.id,
        factor=found.factor,
        label=found.label,
        created_at=timestamp(found.created_at),
        last_used_at=None if found.last_used_at is None else timestamp(found.last_used_at),
        suspended=found.state is AuthenticatorState.SUSPENDED,
    )
