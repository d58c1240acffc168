"""The token of the link in a mail that a visitor has opened, and the page of one that does not work."""

from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.texts import Text
from athena_auth.pages.page import PageOutcome, SeeOther, Shown
from athena_auth.pages.site import Site
from athena_auth.pages.visit import Visit

_INCOMPLETE = Refused(
    ErrorCode.INVALID_TOKEN,
    Text("This link is incomplete. Open it from the email again, or request a new one."),
)
_NOT_KEPT = Refused(
    ErrorCode.INVALID_TOKEN,
    Text(
        "Your browser no longer has this link. Open it from the email again. "
        "If that does not help, allow cookies for this site."
    ),
)


def opened_token(
    site: Site, visit: Visit, path: str, done: tuple[str, ...], *, asks_for_sign_in: bool = True, **query: str
) -> str | PageOutcome:
    """Return the token of the opened link, or what is shown instead: the redirect, the result, or a problem.

    Args:
        site: Where the page is.
        visit: The request.
        path: The page that the link leads to.
        done: The notices of what this page has done. A URL with another one must not look as if something had happened.
        asks_for_sign_in: Whether the user has to sign in when it is done.
        query: What the page keeps in its URL.
    """
    if visit.query.get("token"):
        opened = visit.mail_link.keep(visit.query["token"])
        return SeeOther(site.mail_link(path, opened=opened, **query))
    if visit.query.get("notice") in done:
        return Shown("link_done.html", {"asks_for_sign_in": asks_for_sign_in})
    if "error" in visit.query:
        return link_ended(Refused(ErrorCode.INVALID_TOKEN))
    if "opened" not in visit.query:
        return link_ended(_INCOMPLETE)
    return visit.mail_link.token(visit.query["opened"]) or link_ended(_NOT_KEPT)


def link_ended(refused: Refused) -> Shown:
    """Return the page of a link that does not work, with the reason."""
    return Shown("link_ended.html", {"refused": refused}, refused.code.status, refused.retry_after)
