"""Requests and responses about links in emails."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from athena_auth.accounts.answers import UserAnswer, user_answer
from athena_auth.kernel.texts import Text
from athena_auth.languages import Language
from athena_auth.mfa.answers import PreferredMethod
from athena_auth.mfa.model import FactorName
from athena_auth.recovery.service import VerifiedEmail
from athena_auth.wire.fields import (
    ChallengeToken,
    Done,
    Email,
    MailToken,
    NewPassword,
    NoSecondFactorRequired,
    Password,
    RedirectPage,
    SecondFactorRequired,
)

_ALREADY = Text("This email address is already verified.")
_ASKED = Text("If there is an account with this address, we have sent a link to it. Check your email.")


class RequestPasswordResetBody(msgspec.Struct, frozen=True, rename="camel"):
    """The address of the account, and the page that takes the new password."""

    email: Email
    redirect_to: RedirectPage | None = None


class ResetPasswordBody(msgspec.Struct, frozen=True, rename="camel"):
    """A new password, and the token of the link, here or in the query."""

    new_password: NewPassword
    token: MailToken | None = None


class ResetPasswordQuery(msgspec.Struct, frozen=True):
    """The token of the link, if it is not in the body."""

    token: MailToken | None = None


class FollowResetQuery(msgspec.Struct, frozen=True):
    """The token of the link, and the page that takes the new password."""

    token: MailToken
    callback_url: RedirectPage | None = msgspec.field(default=None, name="callbackURL")


class SendVerificationEmailBody(msgspec.Struct, frozen=True):
    """The address to verify, and the page to open afterwards."""

    email: Email
    callback_url: RedirectPage | None = msgspec.field(default=None, name="callbackURL")


class VerifyEmailQuery(msgspec.Struct, frozen=True):
    """The token of the link, and the page to open afterwards."""

    token: MailToken
    callback_url: RedirectPage | None = msgspec.field(default=None, name="callbackURL")


class ConfirmEmailBody(msgspec.Struct, frozen=True):
    """The token of the link, the password of its account, and the page to open afterwards."""

    token: MailToken
    password: Password
    callback_url: RedirectPage | None = msgspec.field(default=None, name="callbackURL")


class MailTokenBody(msgspec.Struct, frozen=True):
    """The token of the link."""

    token: MailToken


class RecognizeBrowserBody(msgspec.Struct, frozen=True):
    """The token of the link, and the password of its account."""

    token: MailToken
    password: Password


class AskedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The response, which is the same for every address."""

    status: Done = True
    message: Annotated[
        str, Meta(description="The same whether or not there is an account.", examples=[str(_ASKED)])
    ]


def asked_answer(language: Language) -> AskedAnswer:
    """Return the response in the caller's language."""
    return AskedAnswer(message=language.render(_ASKED))


class PasswordResetAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The password was set; the user can sign in with it."""

    status: Done = True
    two_factor_redirect: NoSecondFactorRequired = False


class ChallengedAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The password was set; a second factor is required to complete the sign-in."""

    status: Done = True
    two_factor_redirect: SecondFactorRequired = True
    two_factor_methods: Annotated[tuple[FactorName, ...], Meta(examples=[["totp", "backup-code"]])]
    preferred_method: PreferredMethod
    token: ChallengeToken


class VerifiedAnswer(msgspec.Struct, frozen=True):
    """The address is verified. No session was created."""

    user: UserAnswer
    status: Done = True
    message: (
        Annotated[
            str, Meta(description="Present if the address was already verified.", examples=[str(_ALREADY)])
        ]
        | UnsetType
    ) = UNSET
    url: Annotated[str, Meta(description="The page to open next: the `callbackURL`.")] | UnsetType = UNSET


def verified_answer(verified: VerifiedEmail, language: Language, page: str | None = None) -> VerifiedAnswer:
    """Return the response; `page` is for callers that are not redirected and open it themselves."""
    return VerifiedAnswer(
        user_answer(verified.account),
        message=language.render(_ALREADY) if verified.already else UNSET,
        url=UNSET if page is None else page,
    )
