"""The phones of all users: the file that the server writes text messages to, read meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from support.world import World, world_over

NUMBER = "+4915112345678"
OTHER_NUMBER = "+442079460958"
_PAUSE = 0.02
_PATIENCE = 250


class Phones:
    """The text messages that have arrived."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def texts(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._file.read_text().splitlines()]

    def codes_on(self, number: str) -> list[str]:
        return [text["code"] for text in self.texts if text["to"] == number]

    async def code_on(self, number: str, *, nth: int = 1) -> str:
        """Wait for the n-th code that is sent to this number and return it."""
        for _ in range(_PATIENCE):
            if len(self.codes_on(number)) >= nth:
                return self.codes_on(number)[nth - 1]
            await asyncio.sleep(_PAUSE)
        raise AssertionError(f"text message {nth} did not arrive")


@asynccontextmanager
async def texting_world(
    database_url: str, folder: Path, **settings: Any
) -> AsyncIterator[tuple[World, Phones]]:
    """Run a server that sends text messages."""
    file = folder / "texts.jsonl"
    async with world_over(database_url, sms_url=file.as_uri(), **settings) as world:
        yield world, Phones(file)
