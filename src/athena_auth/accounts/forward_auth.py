"""Forward authentication: a proxy asks about each request to another application (Caddy, nginx, Traefik).

`/check-session` is for programs that read the answer. Here a browser that opens a page is redirected to the page where the
user can meet what is missing, and the answer names the user in the headers that applications read.
"""

import re
from http import HTTPStatus
from typing import Annotated, Literal
from urllib.parse import quote_plus

from msgspec import Meta

from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.session_check import SessionCheckQuery
from athena_auth.accounts.step_up_policy import Requirement, unmet_requirement
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.wire.bodies import StatusAnswer
from athena_auth.wire.handlers import get
from athena_auth.wire.redirects import RedirectPolicy, with_parameters
from athena_auth.wire.reply import RedirectReply, Reply
from athena_auth.wire.route import Call

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_MOST_CHARACTERS = 2_000
"""The longest URL that is returned to, as it stands in `next`. nginx reads at most 4 KiB of an answer's head by default."""

_Redirect = Annotated[
    Literal["status", "header"],
    Meta(
        description="How a browser that opens a page is redirected: `status` answers 302; `header` answers 401 with the same "
        "`Location`, for nginx, whose `auth_request` accepts no 302.",
        examples=["status"],
    ),
]


class ForwardAuthQuery(SessionCheckQuery, frozen=True):
    """The requirement on the session, and how to redirect."""

    redirect: _Redirect = "status"


class SignInUrls:
    """The URLs of the pages that a browser is redirected to.

    Args:
        base: The URL that the pages are below.
        targets: Decides where they may return to.
    """

    def __init__(self, base: str, targets: RedirectPolicy) -> None:
        self._base = base.rstrip("/")
        self._targets = targets

    def sign_in(self, target: str | None) -> str:
        """Return the sign-in page, which returns to `target` if that is on a trusted origin."""
        return with_parameters(f"{self._base}/sign-in", **self._next(target))

    def step_up(self, target: str | None, requirement: Requirement) -> str:
        """Return the page where a signed-in user meets a requirement."""
        fresh = {} if requirement.fresh is None else {"fresh": str(requirement.fresh)}
        kind = {} if requirement.amr is None else {"amr": requirement.amr.value}
        parameters = {**self._next(target), "level": str(int(requirement.level)), **fresh, **kind}
        return with_parameters(f"{self._base}/step-up", **parameters)

    def _next(self, target: str | None) -> dict[str, str]:
        trusted = None if target is None else self._targets.absolute(target)
        fits = trusted is not None and len(quote_plus(trusted)) <= _MOST_CHARACTERS
        return {"next": trusted} if trusted is not None and fits else {}


class ForwardAuthApi:
    """The route.

    Args:
        pages: Where browsers are redirected to; None if this server has no pages.
    """

    def __init__(self, clock: Clock, pages: SignInUrls | None) -> None:
        self._clock = clock
        self._pages = pages

    @get(
        "/forward-auth",
        errors=(
            ErrorCode.UNAUTHORIZED,
            ErrorCode.STEP_UP_REQUIRED,
            ErrorCode.ENROLMENT_REQUIRED,
            ErrorCode.SIGN_IN_AGAIN,
        ),
        statuses=(
            (ErrorCode.STEP_UP_REQUIRED, HTTPStatus.UNAUTHORIZED),
            (ErrorCode.ENROLMENT_REQUIRED, HTTPStatus.UNAUTHORIZED),
            (ErrorCode.SIGN_IN_AGAIN, HTTPStatus.UNAUTHORIZED),
        ),
        renews=lambda _query, by_cookie: not by_cookie,
        reads_forwarded=True,
        tag="sessions",
    )
    async def forward_auth(
        self, call: Call[SignedIn | None, ForwardAuthQuery]
    ) -> Reply[StatusAnswer] | RedirectReply | Refused:
        """Decide for a proxy whether a request may pass.

        For Caddy's `forward_auth`, nginx's `auth_request` and Traefik's `ForwardAuth`. 200 with `Remote-User` (the
        account's id), `Remote-Email` (empty unless it is verified), `Remote-Name` and `Remote-Level` if the session
        meets the requirement. Otherwise a browser that opens a page is redirected to sign-in or to the step-up page, with
        `next` if a trusted proxy names a URL on a trusted origin; every other request gets 401. The session of a cookie is
        not extended.
        """
        forwarded, query = call.forwarded, call.body
        pages = self._pages if forwarded.is_for_a_page else None
        if call.principal is None:
            page = None if pages is None else pages.sign_in(forwarded.url)
            return _refuse(ErrorCode.UNAUTHORIZED, page, query)
        requirement = query.requirement
        unmet = unmet_requirement(call.principal, requirement, self._clock.now())
        if unmet is not None:
            page = None if pages is None else pages.step_up(forwarded.url, requirement)
            return _refuse(unmet, page, query)
        return Reply(StatusAnswer(), headers=_identity(call.principal))


def _refuse(code: ErrorCode, page: str | None, query: ForwardAuthQuery) -> RedirectReply | Refused:
    if page is not None and query.redirect == "status":
        return RedirectReply(page)
    return Refused(code, location=page)


def _identity(signed_in: SignedIn) -> tuple[tuple[bytes, bytes], ...]:
    account, level = signed_in.account, signed_in.session.assurance.level
    # Anybody can sign up with an address that is not theirs. An application would take them for its owner.
    email = account.email if account.email_verified else ""
    # Caddy 2.6 passes on the text of its placeholder where a header is missing, so an empty one is sent.
    return (
        (b"remote-user", account.id.encode()),
        (b"remote-email", _field_value(email)),
        (b"remote-name", _field_value(account.name)),
        (b"remote-level", b"%d" % level),
    )


def _field_value(text: str) -> bytes:
    """Return a text as a header's value, in UTF-8. A line break would let the user add headers of their own."""
    return (text if text.isprintable() else _CONTROL.sub(" ", text)).encode()
