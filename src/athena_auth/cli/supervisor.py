"""Keeps several worker processes serving over the same sockets.

A worker that ends is replaced; one that cannot start, because the database is away, is tried again with growing pauses,
while the others go on. Only when none has ever served does the server give up. SIGHUP replaces the workers one after the
other, which then read their settings anew. At a stop the sockets are closed first, so that new connections are refused
at once and not left in a queue that no worker serves.
"""

import signal
import socket
import time

from uvicorn.config import Config
from uvicorn.supervisors.multiprocess import Process

from athena_auth.cli.service_manager import notify, seconds_between_signs
from athena_auth.kernel.log import Log
from athena_auth.kernel.outcome import Unavailable

_log = Log(__name__)

_POLL = 0.1
"""Seconds between two looks at signals and workers."""
_PING = 5.0
"""Seconds that a worker's thread may take to answer, before it is taken for hung."""
_PINGS_EVERY = 5.0
_SETTLED = 10.0
"""Seconds after which a worker that ends is a new trouble, not the old one."""
_LONGEST_PAUSE = 30.0
_JOIN = 5.0
"""Seconds beyond the grace of requests that a worker may take to end."""


class _Slot:
    """The place of one worker, and who is in it."""

    def __init__(self, config: Config, sockets: list[socket.socket]) -> None:
        self._config, self._sockets = config, sockets
        self.failures = 0
        self._pinged = 0.0
        self.start()

    def start(self) -> None:
        self.worker = Process(self._config, self._sockets)
        self.worker.start()
        self._started = time.monotonic()
        self.is_ready = False
        self.due = 0.0
        """When the next worker may be started; 0 while there is one."""

    def has_ended(self) -> bool:
        """Tell whether the worker is gone; one that is hung is ended."""
        if not self.worker.process.is_alive():
            return True
        now = time.monotonic()
        if self.is_ready and now - self._pinged >= _PINGS_EVERY:
            self._pinged = now
            if not self._answers():
                _log.error("worker.hung", pid=self.worker.pid)
                self.end_now()
                return True
        return False

    def _answers(self) -> bool:
        # What came too late for an earlier question must not be taken for the answer to this one.
        while self.worker.parent_conn.poll(0):
            self.worker.parent_conn.recv()
        return self.worker.ping(_PING)

    def note_end(self) -> None:
        """Decide when the next worker is started."""
        now = time.monotonic()
        settled = self.is_ready and now - self._started >= _SETTLED
        self.failures = 0 if settled else self.failures + 1
        pause = 0.0 if self.failures <= 1 and self.is_ready else min(_LONGEST_PAUSE, 0.5 * 2**self.failures)
        self.due = now + pause
        _log.warning("worker.ended", pid=self.worker.pid, code=self.worker.exitcode, again_in=pause)

    def end_now(self) -> None:
        self.worker.kill()
        self.worker.join()


class Supervisor:
    """Runs a server of several processes."""

    def __init__(self, config: Config, sockets: list[socket.socket]) -> None:
        self._config, self._sockets = config, sockets
        self._grace = float(config.timeout_graceful_shutdown or 0)
        self._stopping = self._reloading = self._announced = False
        self._signed = 0.0

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM.

        Raises:
            Unavailable: no worker could ever start.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGHUP, self._on_reload)
        slots = [_Slot(self._config, self._sockets) for _ in range(self._config.workers)]
        try:
            while not self._stopping:
                self._look_after(slots)
                time.sleep(_POLL)
        finally:
            self._stop(slots)

    def _on_stop(self, *_signal: object) -> None:
        self._stopping = True

    def _on_reload(self, *_signal: object) -> None:
        self._reloading = True

    def _look_after(self, slots: list[_Slot]) -> None:
        for slot in slots:
            if slot.due:
                if time.monotonic() >= slot.due:
                    slot.start()
            elif slot.has_ended():
                slot.note_end()
            elif not slot.is_ready:
                slot.is_ready = slot.worker.is_ready(_POLL)
        self._announce(slots)
        if not self._announced and all(slot.failures for slot in slots):
            raise Unavailable("no worker process could start; the log above says why")
        if self._reloading:
            self._reloading = False
            self._reload(slots)

    def _announce(self, slots: list[_Slot]) -> None:
        if not self._announced and any(slot.is_ready for slot in slots):
            self._announced = True
            notify("READY=1")
        if self._announced and time.monotonic() - self._signed >= seconds_between_signs():
            self._signed = time.monotonic()
            notify("WATCHDOG=1")

    def _reload(self, slots: list[_Slot]) -> None:
        """Replace the workers one after the other, each when its successor serves; keep the old ones if it does not."""
        for slot in slots:
            before, was_ready = slot.worker, slot.is_ready
            slot.start()
            deadline = time.monotonic() + self._grace + _JOIN
            while not slot.is_ready and slot.worker.process.is_alive() and time.monotonic() < deadline:
                if self._stopping:
                    break
                slot.is_ready = slot.worker.is_ready(_POLL)
                self._announce(slots)
            if not slot.is_ready:
                slot.end_now()
                slot.worker, slot.is_ready = before, was_ready
                _log.error("worker.not_replaced", pid=before.pid, advice="the log above says why")
                return
            before.terminate()
            before.process.join(self._grace + _JOIN)

    def _stop(self, slots: list[_Slot]) -> None:
        notify("STOPPING=1")
        for listener in self._sockets:
            listener.close()
        for slot in slots:
            slot.worker.terminate()
        deadline = time.monotonic() + self._grace + _JOIN
        for slot in slots:
            slot.worker.process.join(max(0.0, deadline - time.monotonic()))
            if slot.worker.process.is_alive():
                slot.worker.process.kill()
                slot.worker.process.join()
