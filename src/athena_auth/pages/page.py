"""What a page is: a function from a visit to something shown or to another path. Declared at its method."""

from collections.abc import Awaitable, Callable
from functools import partial
from types import FunctionType
from typing import Any, Literal, TypeVar

import msgspec

from athena_auth.pages.visit import Visit

P = TypeVar("P", bound="PageMethod")

_DECLARATION = "athena_auth.pages.page.declaration"


class Shown(msgspec.Struct, frozen=True):
    """A page to show: a template, and the values it uses."""

    template: str
    context: dict[str, Any] = {}
    status: int = 200
    retry_after: int | None = None
    """Seconds to wait before a retry, for the header of the same name."""

    def __repr__(self) -> str:
        return f"Shown({self.template})"


class SeeOther(msgspec.Struct, frozen=True):
    """A redirect (303): the browser opens this URL or path by GET. Every form that changed something ends in one."""

    location: str

    def __repr__(self) -> str:
        return "SeeOther(…)"


PageOutcome = Shown | SeeOther
PageFunction = Callable[[Visit], Awaitable[PageOutcome]]
PageMethod = Callable[[Any, Visit], Awaitable[PageOutcome]]
"""A page before it is bound to its object."""


class PageDeclaration(msgspec.Struct, frozen=True):
    """A decorator that declares a method as a page, at a path below the pages' own."""

    method: Literal["GET", "POST"]
    path: str
    from_mail: bool = False
    """Whether links in mails lead here, so that it is also below the API's path and stays when the pages are off."""

    def __call__(self, function: P) -> P:
        """Attach the declaration to the method, where `pages_of` finds it."""
        function.__dict__[_DECLARATION] = self
        return function


class Page(msgspec.Struct, frozen=True):
    """A page and its declaration."""

    declaration: PageDeclaration
    function: PageFunction


show = partial(PageDeclaration, "GET")
"""Declare a page that is shown, by a GET. It changes nothing, but for an opened link of a mail: the page keeps its token in a
cookie, and verifies the address in a session of its account."""
submit = partial(PageDeclaration, "POST")
"""Declare what a form is sent to: a POST, whose origin was checked."""


def pages_of(*objects: object) -> tuple[Page, ...]:
    """Return the pages that the classes of these objects declare."""
    return tuple(
        Page(vars(function)[_DECLARATION], getattr(each, name))
        for each in objects
        for name, function in vars(type(each)).items()
        if isinstance(function, FunctionType) and _DECLARATION in vars(function)
    )
