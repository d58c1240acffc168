"""Operations: methods written once as coroutines, that are ordinary functions on the blocking client."""

from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from athena_auth_client.connection import Connection, S
from athena_auth_client.senders import Async, Sync

P = ParamSpec("P")
R = TypeVar("R")


class Group(Generic[S]):
    """Operations that share a connection; its sender decides how they are called."""

    def __init__(self, connection: Connection[S]) -> None:
        """Take the connection."""
        self._connection = connection

    @property
    def sender(self) -> S:
        """How this group's requests are sent."""
        return self._connection.sender


class operation(Generic[P, R]):  # noqa: N801 - a decorator, as `property` is
    """Makes a coroutine method of a `Group` an operation of both clients.

    On a `Group[Sync]` it is called and returns; on a `Group[Async]` it is called and awaited. Type checkers and
    editors see just that, with the method's own parameters and documentation.
    """

    def __init__(self, function: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]) -> None:
        """Take the method."""
        self._function = function

    @overload
    def __get__(
        self, instance: None, owner: type
    ) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]: ...
    @overload
    def __get__(self, instance: Group[Sync], owner: type) -> Callable[P, R]: ...
    @overload
    def __get__(self, instance: Group[Async], owner: type) -> Callable[P, Coroutine[Any, Any, R]]: ...
    def __get__(self, instance: Group[Any] | None, owner: type) -> Any:
        """Return the method as the group's client calls it; of the class, as it is written."""
        if instance is None:
            return self._function
        return instance.sender.bind(self._function.__get__(instance, owner))
