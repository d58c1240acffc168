"""Events of this server, handed to whatever its process logs with.

A server that stands alone writes them itself (`server.log`). As a part of somebody's application it changes nothing
of how that logs: events go to structlog where the host has configured it, else to the loggers of the standard
library below `athena_auth`, one line each, at the levels that the host has set.
"""

import logging
import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import msgspec
import structlog

Facts = dict[str, Any]
Sink = Callable[[str, str, str, Facts], None]
"""Takes the level, the logger's name, the event and its facts."""
Observer = Callable[[str, str, Facts], None]
"""Takes the level, the event and its facts, whether or not anybody logs them."""

current_request: ContextVar[str | None] = ContextVar("current_request", default=None)
"""The id of the request that is being answered; every event logged meanwhile carries it."""

LEVELS = logging.getLevelNamesMapping()
_PLAIN = re.compile(r"[\w./:@+-]+")
_observers: list[Observer] = []


class Log:
    """The events of one module."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        """Take the module's name."""
        self._name = name

    def debug(self, event: str, **facts: Any) -> None:
        """Log what only helps to find a fault."""
        emit("debug", self._name, event, facts)

    def info(self, event: str, **facts: Any) -> None:
        """Log what happens every day."""
        emit("info", self._name, event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        """Log what somebody should look into."""
        emit("warning", self._name, event, facts)

    def error(self, event: str, **facts: Any) -> None:
        """Log what went wrong."""
        emit("error", self._name, event, facts)


def emit(level: str, name: str, event: str, facts: Facts) -> None:
    """Hand an event on, with the id of its request."""
    for observe in _observers:
        observe(level, event, facts)
    request_id = current_request.get()
    if request_id is not None:
        facts["request_id"] = request_id
    _sink(level, name, event, facts)


def observe(observer: Observer) -> None:
    """Have events shown to somebody who counts them."""
    _observers.append(observer)


def send_to(sink: Sink) -> None:
    """Have all events of this process taken by this sink."""
    global _sink  # noqa: PLW0603 - a process has one log
    _sink = sink


def to_the_host(level: str, name: str, event: str, facts: Facts) -> None:
    """Log an event as a part of somebody's application."""
    if structlog.is_configured():
        getattr(structlog.get_logger(name), level)(event, **facts)
        return
    logger, number = logging.getLogger(name), LEVELS[level.upper()]
    if logger.isEnabledFor(number):
        logger.log(number, "%s", _line(event, facts))


def _line(event: str, facts: Facts) -> str:
    """Return `event=… name=value`; a value with anything else in it than a word is written as JSON."""
    parts = [f"{name}={_word(value)}" for name, value in facts.items() if value is not None]
    return " ".join([f"event={_word(event)}", *parts])


def _word(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else msgspec.json.encode(text).decode()


_sink: Sink = to_the_host
