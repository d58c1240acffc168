"""Metrics for Prometheus, derived from the log: each event that is logged is counted, and one has numbers for gauges.

The text format is simple, and the client library would add a global registry and several megabytes. Each process counts
for itself, under its own label `process`.
"""

import hmac
import os
from collections import Counter

from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.log import Facts, observe
from athena_auth.server.request import relative_path
from athena_auth.server.response import Response, refusal

_PATH = "/metrics"
_CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_REQUEST = "request"
_WITHOUT_FACTOR = "accounts.without_second_factor"
_GAUGES = {
    "accounts": (
        "athena_accounts_without_second_factor",
        "Accounts without a second factor, except exempt ones.",
    ),
    "overdue": (
        "athena_accounts_without_second_factor_overdue",
        "Accounts without a second factor whose deadline for one has passed, except exempt ones.",
    ),
}
_FROM_DATABASE = (
    "Each process reads the same number from the database every minute, so aggregate with max(), not sum()."
)


class LogCounters:
    """Counts events by name, and requests by path and status; keeps the numbers of accounts without a second factor."""

    def __init__(self) -> None:
        self._events: Counter[tuple[str, str]] = Counter()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._without_factor: Facts = {}

    def note(self, level: str, event: str, facts: Facts) -> None:
        """Count an event, whether or not its level is logged."""
        if event == _REQUEST:
            self._requests[facts["path"], facts["status"]] += 1
        elif event == _WITHOUT_FACTOR:
            self._without_factor = facts
        else:
            self._events[event, level] += facts.get("times", 1)

    def exposition(self) -> str:
        """Return the counts in Prometheus's text format. Labels are constants: paths of the route table, events."""
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
        return "\n".join([*lines, *self._gauges(process)]) + "\n"

    def _gauges(self, process: str) -> list[str]:
        return [
            line
            for fact, (gauge, meaning) in _GAUGES.items()
            if fact in self._without_factor
            for line in (
                f"# HELP {gauge} {meaning} {_FROM_DATABASE}",
                f"# TYPE {gauge} gauge",
                f"{gauge}{{{process}}} {self._without_factor[fact]}",
            )
        ]


counters = LogCounters()
"""The counters of this process."""
observe(counters.note)


def with_metrics(app: ASGIApp, token: SecretStr | None) -> ASGIApp:
    """Serve `/metrics` to callers with the bearer token. Without a configured token there is no such path."""
    if token is None:
        return app
    expected = f"Bearer {token.get_secret_value()}".encode()

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and relative_path(scope) == _PATH:
            received = dict(scope["headers"]).get(b"authorization", b"")
            await _answer(is_allowed=hmac.compare_digest(received, expected)).send(send, "metrics")
        else:
            await app(scope, receive, send)

    return outer


def _answer(*, is_allowed: bool) -> Response:
    if not is_allowed:
        return refusal(Refused(ErrorCode.UNAUTHORIZED, "Send ATHENA_METRICS_TOKEN as a bearer token."))
    return Response(200, counters.exposition().encode(), [], _CONTENT_TYPE)
