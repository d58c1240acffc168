"""The requests, each with the state that it needs."""

from dataclasses import dataclass
from typing import Protocol

from parity.visitor import Request, Visitor


class Step(Protocol):
    """A request, or anything else that takes a visitor further."""

    def __call__(self, visitor: Visitor, /) -> None: ...


@dataclass(frozen=True)
class Case:
    """A request whose answers are compared, after these steps of a new visitor."""

    name: str
    request: Request
    before: tuple[Step, ...]


def case(name: str, request: Request, *before: Step) -> Case:
    return Case(name, request, before)
