"""Structured logs: one event a line, with the request's id; for people in a terminal, else JSON."""

import logging
import sys
from typing import Any

import msgspec
import structlog

from athena_auth.settings import Settings

_encoder = msgspec.json.Encoder()


def configure_logging(settings: Settings) -> None:
    """Send this process's events to standard error."""
    for_people = settings.log_format == "console" or (settings.log_format == "auto" and sys.stderr.isatty())
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper("iso", utc=True),
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
            if for_people
            else _render_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )

    # What the server below us has to say (a malformed request, a worker that died) in the same form.
    logging.basicConfig(handlers=[_ToStructlog()], level=logging.WARNING, force=True)


class _ToStructlog(logging.Handler):
    """Turns records of the standard library's logging into events."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(record.levelno, record.getMessage(), logger=record.name)


def _render_json(_logger: Any, _method: str, event: structlog.typing.EventDict) -> str:
    return _encoder.encode({name: value for name, value in event.items() if value is not None}).decode()
