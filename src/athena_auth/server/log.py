"""Structured logs: one event a line, with the request's id; for people in a terminal, else JSON."""

import logging
import sys
from contextvars import ContextVar
from typing import Any

import msgspec
import structlog
from structlog.typing import EventDict, Processor

from athena_auth.kernel.clock import SystemClock
from athena_auth.server.metrics import tally
from athena_auth.settings import Settings
from athena_auth.wire.fields import timestamp

current_request: ContextVar[str | None] = ContextVar("current_request", default=None)
"""The id of the request that is being answered; every event logged meanwhile carries it."""

_encoder = msgspec.json.Encoder()
_clock = SystemClock()


def configure_logging(settings: Settings) -> None:
    """Send this process's events to standard error."""
    for_people = settings.log_format == "console" or (settings.log_format == "auto" and sys.stderr.isatty())
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    render: Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if for_people
        else _render_json
    )
    # Two steps, since one event is logged for every request: structlog's own ones for the same cost twice that.
    structlog.configure(
        processors=[_complete, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )

    # What the server below us has to say (a malformed request, a worker that died) in the same form.
    logging.basicConfig(handlers=[_ToStructlog()], level=logging.WARNING, force=True)


def log_as_a_library() -> None:
    """Hand events to the standard library's logging, as a part of somebody's application, unless they chose otherwise.

    They go to the loggers below `athena_auth`, one line each, and appear at the levels that the host has set.
    """
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[_complete, structlog.stdlib.filter_by_level, _as_one_line],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


_logfmt = structlog.processors.LogfmtRenderer(key_order=["event"], drop_missing=True)


def _as_one_line(logger: Any, level: str, event: EventDict) -> str:
    # Level and time are in the host's own format.
    return str(_logfmt(logger, level, {k: v for k, v in event.items() if k not in {"level", "timestamp"}}))


class _ToStructlog(logging.Handler):
    """Turns records of the standard library's logging into events."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(
            record.levelno, "library", logger=record.name, message=record.getMessage()
        )


def _complete(_logger: Any, level: str, event: EventDict) -> EventDict:
    request_id = current_request.get()
    if request_id is not None:
        event["request_id"] = request_id
    tally.note(level, event)
    event["level"] = level
    event["timestamp"] = timestamp(_clock.now())
    return event


def _render_json(_logger: Any, _level: str, event: EventDict) -> str:
    return _encoder.encode(event).decode()
