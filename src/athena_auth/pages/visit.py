"""One request for a page, as the page sees it: fields and calls, neither headers nor cookies."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import parse_qsl, urlencode

from athena_auth.kernel.errors import Refused
from athena_auth.languages import Language
from athena_auth.wire.reply import RedirectReply, Reply
from athena_auth.wire.route import Call

A = TypeVar("A")

_FROM_URL = frozenset({"action", "amr", "by", "email", "fresh", "level", "method", "next"})

AnsweringHandler = Callable[[Call[Any, Any]], Awaitable[Reply[A] | RedirectReply | Refused]]
"""A handler of the API. It may redirect, but not for the fields that a page gives it."""


class HandlerCalls(Protocol):
    """Calls handlers of the API as the edge does, for one browser, and keeps the cookies of their replies."""

    @property
    def has_challenge(self) -> bool:
        """Whether the browser presents a challenge or an enrolment token, which may have ended."""
        ...

    @property
    def has_session(self) -> bool:
        """Whether the browser presents a session, which may have ended."""
        ...

    @property
    def language(self) -> Language:
        """The language of the account that a call has authenticated; before that, the one that the browser prefers."""
        ...

    def keep_language(self, language: Language) -> None:
        """Keep a chosen language in the browser."""
        ...

    async def call(
        self, handler: Callable[..., Any], fields: Mapping[str, object], *, in_session: bool
    ) -> Reply[Any] | RedirectReply | Refused:
        """Return what the handler returns, or the refusal of what comes before it: limit, principal, fields."""
        ...


class MailLink(Protocol):
    """The token of the link in a mail that this browser has opened.

    It came in a URL, and is kept in a cookie from then on: URLs stay in the history and in logs. The cookie has the link
    that was opened last, so the URL says of which one it is, by a part of its hash: no page takes one link for another.
    """

    def keep(self, token: str) -> str:
        """Keep the token for later visits, and return what the URL then says."""
        ...

    def token(self, opened: str) -> str | None:
        """Return the token of the link that a URL says was opened; None if it is not the one that was kept."""
        ...

    def forget(self) -> None:
        """Remove the token."""
        ...


@dataclass(frozen=True, slots=True)
class Visit:
    """A request for a page.

    Attributes:
        query: The parameters of the URL; the last value of a repeated one.
        form: The fields of a submitted form, likewise; empty for a GET.
        here: The path of the page with its query, as browsers see it. Empty in the answer to a form: opening its path
            would not show the answer again.
        mail_link: The token of an opened link.
    """

    query: Mapping[str, str]
    form: Mapping[str, str]
    here: str
    mail_link: MailLink
    _handlers: HandlerCalls

    def __repr__(self) -> str:
        return "Visit(…)"

    @property
    def here_without_notice(self) -> str:
        """`here` without the notice of what was done before: it would be said again."""
        path, _, query = self.here.partition("?")
        kept = urlencode([pair for pair in parse_qsl(query) if pair[0] != "notice"])
        return f"{path}?{kept}" if kept else path

    @property
    def has_pending_sign_in(self) -> bool:
        """Whether the browser has begun a sign-in whose second factor must be verified or enrolled; it may have ended since."""
        return self._handlers.has_challenge

    @property
    def presents_session(self) -> bool:
        """Whether the browser has a session; it may have ended since."""
        return self._handlers.has_session

    @property
    def language(self) -> Language:
        """The language that the visitor reads. A call that authenticates them can change it."""
        return self._handlers.language

    def choose(self, language: Language) -> None:
        """Prefer a language in this browser from now on. That of a signed-in account still takes precedence."""
        self._handlers.keep_language(language)

    def field(self, name: str) -> str:
        """Return a field of the form, empty if there is none. A URL may fill in some: never a password or a code."""
        return self.form.get(name) or (self.query.get(name, "") if name in _FROM_URL else "")

    async def call(
        self,
        handler: AnsweringHandler[A],
        fields: Mapping[str, object] | None = None,
        *,
        in_session: bool = False,
    ) -> A | Refused:
        """Call a handler of the API as this browser, and return the body of its reply.

        Args:
            handler: The bound method that serves an endpoint; its request limit counts this call too.
            fields: The body by the names on the wire.
            in_session: Whether the call is about the session alone. Otherwise a pending sign-in takes precedence, which
                may be to another account.
        """
        outcome = await self._handlers.call(handler, fields or {}, in_session=in_session)
        if isinstance(outcome, RedirectReply):
            raise TypeError("A page called a handler that redirects; it must redirect by itself.")
        return outcome if isinstance(outcome, Refused) else cast("A", outcome.body)
