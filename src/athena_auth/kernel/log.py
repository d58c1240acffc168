"""Log events, passed to the logging of the process.

A standalone server writes them itself (`server.log`). Mounted in a host application, the server leaves the host's
logging configuration alone: events go to structlog if the host has configured it, otherwise to the standard library's
loggers below `athena_auth`, one line each, at the levels that the host has set.
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
"""Receives the level, the logger's name, the event and its facts."""
Observer = Callable[[str, str, Facts], None]
"""Receives the level, the event and its facts, even if the event is not logged."""

current_request: ContextVar[str | None] = ContextVar("current_request", default=None)
"""The id of the current request; it is added to every event that is logged during the request."""

LEVELS = logging.getLevelNamesMapping()
_PLAIN = re.compile(r"[\w./:@+-]+")
_observers: list[Observer] = []


class Log:
    """Logger of one module."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def debug(self, event: str, **facts: Any) -> None:
        """Log an event that helps only in troubleshooting."""
        emit("debug", self._name, event, facts)

    def info(self, event: str, **facts: Any) -> None:
        """Log an event of normal operation."""
        emit("info", self._name, event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        """Log an event that an operator should look into."""
        emit("warning", self._name, event, facts)

    def error(self, event: str, **facts: Any) -> None:
        """Log a failure."""
        emit("error", self._name, event, facts)


def emit(level: str, name: str, event: str, facts: Facts) -> None:
    """Send an event to the observers and the sink, with the id of its request."""
    for observe in _observers:
        observe(level, event, facts)
    request_id = current_request.get()
    if request_id is not None:
        facts["request_id"] = request_id
    _sink(level, name, event, facts)


def observe(observer: Observer) -> None:
    """Register an observer of all events, such as the metrics."""
    _observers.append(observer)


def send_to(sink: Sink) -> None:
    """Send all events of this process to this sink."""
    global _sink  # noqa: PLW0603 - a process has one log
    _sink = sink


def to_the_host(level: str, name: str, event: str, facts: Facts) -> None:
    """Log an event through the host application's logging."""
    if structlog.is_configured():
        getattr(structlog.get_logger(name), level)(event, **facts)
        return
    logger, number = logging.getLogger(name), LEVELS[level.upper()]
    if logger.isEnabledFor(number):
        logger.log(number, "%s", _line(event, facts))


def _line(event: str, facts: Facts) -> str:
    """Return `event=… name=value`; values other than plain words are written as JSON."""
    parts = [f"{name}={_word(value)}" for name, value in facts.items() if value is not None]
    return " ".join([f"event={_word(event)}", *parts])


def _word(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else msgspec.json.encode(text).decode()


_sink: Sink = to_the_host
