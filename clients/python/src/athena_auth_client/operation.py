"""Operations: methods written once as coroutines, which the blocking client calls as plain functions."""

from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from athena_auth_client.connection import Connection, S
from athena_auth_client.senders import Async, Sync

P = ParamSpec("P")
R = TypeVar("R")


class OperationGroup(Generic[S]):
    """Operations that share a connection. Its sender decides whether they block or are awaited."""

    def __init__(self, connection: Connection[S]) -> None:
        self._connection = connection

    @property
    def sender(self) -> S:
        """The sender of the group's requests."""
        return self._connection.sender


class operation(Generic[P, R]):  # noqa: N801 - a decorator, as `property` is
    """Makes a coroutine method of an `OperationGroup` an operation of both clients.

    On an `OperationGroup[Sync]` it is called and returns; on an `OperationGroup[Async]` it is called and awaited.
    Type checkers and editors see exactly that, with the method's own parameters and documentation.
    """

    def __init__(self, function: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]) -> None:
        self._function = function

    @overload
    def __get__(
        self, instance: None, owner: type
    ) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]: ...
    @overload
    def __get__(self, instance: OperationGroup[Sync], owner: type) -> Callable[P, R]: ...
    @overload
    def __get__(
        self, instance: OperationGroup[Async], owner: type
    ) -> Callable[P, Coroutine[Any, Any, R]]: ...
    def __get__(self, instance: OperationGroup[Any] | None, owner: type) -> Any:
        """Return the method as the group's client calls it; accessed on the class, return the coroutine function."""
        if instance is None:
            return self._function
        return instance.sender.bind(self._function.__get__(instance, owner))
