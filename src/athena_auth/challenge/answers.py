"""How a second step that was taken looks on the wire."""

import msgspec

from athena_auth.accounts.answers import UserAnswer, user_answer
from athena_auth.challenge.second_step import Passed
from athena_auth.sessions.model import Minted, Session
from athena_auth.wire.fields import Id, SessionToken, Timestamp, timestamp
from athena_auth.wire.reply import Cookie, CookieName, Reply, expired


class TokenUserAnswer(msgspec.Struct, frozen=True):
    """The session's token and its owner."""

    token: SessionToken
    user: UserAnswer


class NewSessionAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The session that a backup code opened or raised."""

    token: SessionToken
    user_id: Id
    created_at: Timestamp
    expires_at: Timestamp


def session_cookie(session: Session, token: str) -> Cookie:
    """Return the cookie of a session; without "remember me" it ends with the browser."""
    return Cookie(CookieName.SESSION, token, session.lifetime // 1000 if session.persistent else None)


def minted_cookies(minted: Minted) -> tuple[Cookie, ...]:
    """Return the cookies of a new session: its own, and the end of the challenge that led to it."""
    return (session_cookie(minted.session, minted.token), expired(CookieName.CHALLENGE))


class PassedReply:
    """Turns a taken second step into a reply with its cookies."""

    def __init__(self, trust_ttl: int) -> None:
        """Take how long a device stays trusted, in seconds."""
        self._trust_ttl = trust_ttl

    def trust_cookie(self, token: str) -> Cookie:
        """Return the cookie that makes a device trusted."""
        return Cookie(CookieName.TRUSTED_DEVICE, token, self._trust_ttl)

    def of(self, passed: Passed, body: msgspec.Struct, *, set_session: bool = True) -> Reply:
        """Return the reply; with `set_session` false the session travels in the body only."""
        trust = () if passed.trust_token is None else (self.trust_cookie(passed.trust_token),)
        minted = minted_cookies(Minted(passed.session, passed.token))
        return Reply(body, (*(minted if set_session else minted[1:]), *trust), session_token=passed.token)


def token_user_answer(passed: Passed) -> TokenUserAnswer:
    """Return the session's token and its owner."""
    return TokenUserAnswer(passed.token, user_answer(passed.account))


def new_session_answer(passed: Passed) -> NewSessionAnswer:
    """Return the session as a backup code's answer shows it."""
    session = passed.session
    return NewSessionAnswer(
        passed.token, session.user_id, timestamp(session.created_at), timestamp(session.expires_at)
    )
