"""How a second step that was taken looks on the wire."""

from typing import Literal, TypeVar, cast

import msgspec
from msgspec import UNSET, UnsetType

from athena_auth.accounts.answers import UserAnswer, session_cookie, user_answer
from athena_auth.accounts.model import Account
from athena_auth.challenge.model import FactorName
from athena_auth.challenge.recognized_browsers import LIFETIME, RecognizedBrowsers
from athena_auth.challenge.result import SecondFactorResult
from athena_auth.kernel.clock import Clock
from athena_auth.sessions.model import Minted
from athena_auth.wire.caller import Caller
from athena_auth.wire.fields import CallbackUrl, Id, Redirect, SessionToken, Timestamp, timestamp
from athena_auth.wire.reply import Cookie, CookieName, Reply, expired

A = TypeVar("A", bound=msgspec.Struct)


class TokenUserAnswer(msgspec.Struct, frozen=True):
    """The session's token and its owner, and where to go on."""

    token: SessionToken
    user: UserAnswer
    redirect: Redirect = UNSET
    url: CallbackUrl | UnsetType = UNSET


class NewSessionAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The session that a backup code opened or raised."""

    token: SessionToken
    user_id: Id
    created_at: Timestamp
    expires_at: Timestamp


def factor_names(names: tuple[str, ...]) -> tuple[FactorName, ...]:
    """Return names for an answer whose schema lists the factors that come with the server.

    A factor that a host adds goes out by its name too; clients ignore names they do not know.
    """
    return cast("tuple[FactorName, ...]", names)


def led_to(callback_url: str | None) -> tuple[Literal[True], str] | tuple[UnsetType, UnsetType]:
    """Return the fields `redirect` and `url` of an answer; Better Auth's client goes there."""
    return (UNSET, UNSET) if callback_url is None else (True, callback_url)


def minted_cookies(minted: Minted) -> tuple[Cookie, ...]:
    """Return the cookies of a new session: its own, and the end of the challenge that led to it."""
    return (session_cookie(minted.session, minted.token), expired(CookieName.CHALLENGE))


class SignInCookies:
    """The cookies that a completed sign-in leaves in a browser beside the session's own."""

    def __init__(self, browsers: RecognizedBrowsers, clock: Clock, trust_ttl: int) -> None:
        """Take how long a device stays trusted, in seconds."""
        self._browsers = browsers
        self._clock = clock
        self._trust_ttl = trust_ttl

    def trust(self, token: str) -> Cookie:
        """Return the cookie that makes a device trusted."""
        return Cookie(CookieName.TRUSTED_DEVICE, token, self._trust_ttl)

    def recognition(self, account: Account, caller: Caller) -> Cookie:
        """Return the cookie by which this browser is recognized from now on."""
        value = self._browsers.issue(account, caller.tokens.recognized_browser, self._clock.now())
        return Cookie(CookieName.RECOGNIZED_BROWSER, value, LIFETIME)


class SecondFactorReply:
    """Turns a taken second step into a reply with its cookies."""

    def __init__(self, cookies: SignInCookies) -> None:
        self._cookies = cookies

    def build(
        self, result: SecondFactorResult, body: A, caller: Caller, *, set_session: bool = True
    ) -> Reply[A]:
        """Return the reply; with `set_session` false the session travels in the body only."""
        minted = minted_cookies(Minted(result.session, result.token))
        trust = () if result.trust_token is None else (self._cookies.trust(result.trust_token),)
        recognition = self._cookies.recognition(result.account, caller)
        cookies = (*(minted if set_session else minted[1:]), *trust, recognition)
        return Reply(body, cookies, session_token=result.token)


def token_user_answer(result: SecondFactorResult) -> TokenUserAnswer:
    """Return the session's token and its owner."""
    return TokenUserAnswer(result.token, user_answer(result.account), *led_to(result.callback_url))


def new_session_answer(result: SecondFactorResult) -> NewSessionAnswer:
    """Return the session as a backup code's answer shows it."""
    session = result.session
    return NewSessionAnswer(
        result.token, session.user_id, timestamp(session.created_at), timestamp(session.expires_at)
    )
