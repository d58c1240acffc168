"""Counts for a Prometheus server, taken from the log: whatever is worth an event is worth a number.

The text format is two lines for each number; the client library would bring a registry for the whole process and
several megabytes for that. Each process counts for itself and says so in the label `process`.
"""

import hmac
import os
from collections import Counter

from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from athena_auth.kernel.log import Facts, observe
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.server.request import relative_path
from athena_auth.server.response import Response, refusal

_PATH = "/metrics"
_CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_REQUEST = "request"


class LogCounters:
    """How often each event was logged, and each path answered with each status."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._events: Counter[tuple[str, str]] = Counter()
        self._requests: Counter[tuple[str, int]] = Counter()

    def note(self, level: str, event: str, facts: Facts) -> None:
        """Count an event, whether or not its level is logged."""
        if event == _REQUEST:
            self._requests[facts["path"], facts["status"]] += 1
        else:
            self._events[event, level] += facts.get("times", 1)

    def exposition(self) -> str:
        """Return the counts as Prometheus reads them. Labels are our own words: paths of the route table, events."""
        process = f'process="{os.getpid()}"'
        lines = ["# TYPE athena_requests_total counter"]
        lines += [
            f'athena_requests_total{{{process},path="{path}",status="{status}"}} {count}'
            for (path, status), count in sorted(self._requests.items())
        ]
        lines.append("# TYPE athena_events_total counter")
        lines += [
            f'athena_events_total{{{process},event="{name}",level="{level}"}} {count}'
            for (name, level), count in sorted(self._events.items())
        ]
        return "\n".join(lines) + "\n"


counters = LogCounters()
"""Of this process, as its log is."""
observe(counters.note)


def with_metrics(app: ASGIApp, token: SecretStr | None) -> ASGIApp:
    """Answer `/metrics` to whoever shows the token as a bearer; without one there is no such page."""
    if token is None:
        return app
    expected = f"Bearer {token.get_secret_value()}".encode()

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and relative_path(scope) == _PATH:
            shown = dict(scope["headers"]).get(b"authorization", b"")
            await _answer(is_allowed=hmac.compare_digest(shown, expected)).send(send, "metrics")
        else:
            await app(scope, receive, send)

    return outer


def _answer(*, is_allowed: bool) -> Response:
    if not is_allowed:
        return refusal(Refused(ErrorCode.UNAUTHORIZED, "Show the token of ATHENA_METRICS_TOKEN as a bearer."))
    return Response(200, counters.exposition().encode(), [], _CONTENT_TYPE)
