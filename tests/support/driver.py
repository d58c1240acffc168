"""A server that a Hypothesis state machine drives. That is synchronous, so it runs an event loop of its own."""

import asyncio
import contextlib
import functools
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import httpx
from hypothesis.stateful import RuleBasedStateMachine

from athena_auth.store.migrate import migrate
from support.world import world_over

T = TypeVar("T")


@functools.cache
def _template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="athena-model-")) / "template.db"
    migrate(f"sqlite:///{path}")
    return path


def expect(answer: httpx.Response, refusal: str | None) -> None:
    """Check that the request was refused for this reason, or not at all."""
    assert answer.json().get("code") == refusal, answer.text
    assert answer.is_success is (refusal is None)


class Driver(RuleBasedStateMachine):
    """Sends requests to a server with a database of its own."""

    SETTINGS: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="athena-model-"))
        self.path = shutil.copy(_template(), self.folder / "athena.db")
        self._runner = asyncio.Runner()
        self._stack = contextlib.AsyncExitStack()
        running = world_over(f"sqlite:///{self.path}", **self.SETTINGS)
        self.world = self.run(self._stack.enter_async_context(running))
        self.client = self.run(self.world.client())
        self._passwords = 0

    def teardown(self) -> None:
        self.run(self._stack.aclose())
        self._runner.close()
        shutil.rmtree(self.folder)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def request(
        self,
        method: str,
        path: str,
        *,
        bearer: str | None = None,
        cookies: dict[str, str | None] | None = None,
        body: dict[str, Any] | None = None,
    ) -> httpx.Response:
        """Send a request with this bearer token and these cookies; cookies without a value are left out."""
        headers = {} if bearer is None else {"authorization": f"Bearer {bearer}"}
        shown = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items() if value is not None)
        if shown:
            headers["cookie"] = shown
        answer = self.run(self.client.request(method, path, json=body, headers=headers))
        self.client.cookies.clear()
        return answer

    def session_of(self, token: str) -> Any:
        return self.request("GET", "/get-session", bearer=token).json()

    @property
    def now(self) -> int:
        return self.world.clock.now()

    def new_password(self) -> str:
        self._passwords += 1
        return f"correct horse number {self._passwords}"
