"""Keeps several worker processes running on the same sockets.

A worker that ends is replaced. If it cannot start, for instance because the database is unreachable, it is started again
after growing pauses while the others continue. The server gives up only if no worker has ever served. SIGHUP replaces the
workers one after the other, and the new ones read the settings again. At a stop the sockets are closed first, so that new
connections are refused at once instead of waiting in a queue that no worker serves.
"""

import signal
import socket
import time
from contextlib import suppress

from uvicorn.config import Config
from uvicorn.supervisors.multiprocess import Process

from athena_auth.cli.systemd import notify, seconds_between_signs
from athena_auth.kernel.errors import Unavailable
from athena_auth.kernel.log import Log

_log = Log(__name__)

_POLL = 0.1
"""Seconds between two checks of signals and workers."""
_PINGS_EVERY = 5.0
_UNANSWERED = 50
"""Checks without an answer after which a worker counts as hung. Not seconds, which pass while a machine is suspended."""
_UNANSWERED_AT_FIRST = 600
"""The same for a worker that has never answered: it may still be importing modules from a slow disk."""
_SETTLED = 10.0
"""Seconds after which the end of a worker counts as a new failure, not as a repeated one."""
_LONGEST_PAUSE = 30.0
_JOIN = 5.0
"""Seconds that a worker may take to end after the grace period of its requests."""


class _Worker:
    """One worker process and its state."""

    def __init__(self, config: Config, sockets: list[socket.socket]) -> None:
        self.process = Process(config, sockets)
        self.process.start()
        self.started = time.monotonic()
        self.is_ready = False
        self._answered = 0.0
        """When it last answered; 0 if it never did."""
        self._is_asked = False
        self._looks_unanswered = 0

    def is_running(self) -> bool:
        return self.process.process.is_alive()

    def look(self) -> None:
        """Read the worker's answer, and send the next ping if it is due. It does not block."""
        connection, now = self.process.parent_conn, time.monotonic()
        # A broken connection means that the worker is ending, which `is_running` reports.
        with suppress(OSError, EOFError):
            if connection.poll(0):
                self.is_ready = connection.recv()
                self._answered, self._looks_unanswered, self._is_asked = now, 0, False
            elif self._is_asked:
                self._looks_unanswered += 1
            if not self._is_asked and (not self.is_ready or now - self._answered >= _PINGS_EVERY):
                connection.send(b"ping")
                self._is_asked = True

    def is_hung(self) -> bool:
        return self._looks_unanswered >= (_UNANSWERED if self._answered else _UNANSWERED_AT_FIRST)

    def end_now(self) -> None:
        self.process.kill()
        self.process.join()


class _Slot:
    """A position in the pool, and its current worker."""

    def __init__(self, config: Config, sockets: list[socket.socket]) -> None:
        self._config, self._sockets = config, sockets
        self.failures = 0
        self.start()

    def start(self) -> None:
        self.worker = _Worker(self._config, self._sockets)
        self.due = 0.0
        """When the next worker may be started; 0 while one is running."""

    def has_ended(self) -> bool:
        """Return whether the worker has ended. A hung one is killed, also during its start."""
        if not self.worker.is_running():
            return True
        self.worker.look()
        if not self.worker.is_hung():
            return False
        _log.error("worker.hung", pid=self.worker.process.pid)
        self.worker.end_now()
        return True

    def note_end(self) -> None:
        """Decide when the next worker is started."""
        now, worker = time.monotonic(), self.worker
        settled = worker.is_ready and now - worker.started >= _SETTLED
        self.failures = 0 if settled else self.failures + 1
        pause = 0.0 if self.failures <= 1 and worker.is_ready else min(_LONGEST_PAUSE, 0.5 * 2**self.failures)
        self.due = now + pause
        _log.warning("worker.ended", pid=worker.process.pid, code=worker.process.exitcode, again_in=pause)


class Supervisor:
    """Runs a server with several worker processes."""

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
        self._announce(slots)
        if not self._announced and all(slot.failures for slot in slots):
            raise Unavailable("no worker process could start; see the log above")
        if self._reloading:
            self._reloading = False
            self._reload(slots)

    def _announce(self, slots: list[_Slot]) -> None:
        if not self._announced and any(slot.worker.is_ready for slot in slots):
            self._announced = True
            notify("READY=1")
        if self._announced and time.monotonic() - self._signed >= seconds_between_signs():
            self._signed = time.monotonic()
            notify("WATCHDOG=1")

    def _reload(self, slots: list[_Slot]) -> None:
        """Replace the workers one after the other, each once its successor serves. If one does not, keep the old ones."""
        for slot in slots:
            before = slot.worker
            slot.start()
            deadline = time.monotonic() + self._grace + _JOIN
            while not slot.worker.is_ready and slot.worker.is_running() and time.monotonic() < deadline:
                if self._stopping:
                    break
                slot.worker.look()
                self._announce(slots)
                time.sleep(_POLL)
            if not slot.worker.is_ready:
                slot.worker.end_now()
                slot.worker = before
                _log.error("worker.not_replaced", pid=before.process.pid, advice="see the log above")
                return
            before.process.terminate()
            before.process.process.join(self._grace + _JOIN)

    def _stop(self, slots: list[_Slot]) -> None:
        notify("STOPPING=1")
        for listener in self._sockets:
            listener.close()
        for slot in slots:
            slot.worker.process.terminate()
        deadline = time.monotonic() + self._grace + _JOIN
        for slot in slots:
            process = slot.worker.process.process
            process.join(max(0.0, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()
