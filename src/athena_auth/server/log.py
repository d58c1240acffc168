"""Structured logs of a standalone server: one event a line, readable in a terminal and JSON elsewhere."""

import contextlib
import logging
import sys

import msgspec
import structlog

from athena_auth.kernel.clock import SystemClock
from athena_auth.kernel.log import LEVELS, Facts, emit, send_to
from athena_auth.settings import Settings
from athena_auth.wire.fields import timestamp

_encoder = msgspec.json.Encoder()
_clock = SystemClock()


def configure_logging(settings: Settings) -> None:
    """Send this process's events to standard error."""
    for_people = settings.log_format == "console" or (settings.log_format == "auto" and sys.stderr.isatty())
    least = LEVELS[settings.log_level.upper()]
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)

    def write(level: str, _name: str, event: str, facts: Facts) -> None:
        if LEVELS[level.upper()] < least:
            return
        line = {"event": event, **facts, "level": level, "timestamp": timestamp(_clock.now())}
        text = console(None, level, line) if for_people else _encoder.encode(line).decode()
        # A full disk or a closed pipe must not make the request fail.
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()

    send_to(write)
    # Messages of uvicorn and other libraries (a malformed request, a worker that died) take the same form.
    logging.basicConfig(handlers=[_ToEvents()], level=logging.WARNING, force=True)


class _ToEvents(logging.Handler):
    """Turns records of the standard library's logging into events."""

    def emit(self, record: logging.LogRecord) -> None:
        level = record.levelname.lower() if record.levelno <= logging.ERROR else "error"
        emit(level, record.name, "library", {"logger": record.name, "message": record.getMessage()})
