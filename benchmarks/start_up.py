"""How long a server takes to its first answer, and what it holds in memory then."""

import http.client
import time
from statistics import median

from measurement import StartUp
from process_tree import resident_megabytes
from systems import Launch, NotStartedError

_PATIENCE = 30.0
_SETTLE = 0.5
"""Seconds until memory is read."""


def measure_start_up(launch: Launch, times: int) -> StartUp:
    """Start a server so many times; the first start, which makes the tables, does not count.

    Raises:
        NotStartedError: it does not start, or does not answer.
    """
    _start(launch)
    starts = [_start(launch) for _ in range(times)]
    return StartUp(
        median(start.first_answer_s for start in starts), median(start.idle_mb for start in starts)
    )


def _start(launch: Launch) -> StartUp:
    started = time.perf_counter()
    with launch.running() as server:
        _first_answer(server.port)
        first_answer = time.perf_counter() - started
        time.sleep(_SETTLE)
        return StartUp(first_answer, resident_megabytes(server.pid))


def _first_answer(port: int) -> None:
    # The port listens from early on, so that this waits in the queue for the first answer and no longer.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", "/api/auth/ok")
        status = connection.getresponse().status
    except OSError as error:
        raise NotStartedError(f"no answer: {error}") from None
    finally:
        connection.close()
    if status != http.HTTPStatus.OK:
        raise NotStartedError(f"the first answer was {status}")
