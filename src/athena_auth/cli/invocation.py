"""What the commands share: reading the settings, opening the database, and failing with one sentence."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

from rich.console import Console
from rich.markup import escape

from athena_auth.cli.options import refuse_passwords
from athena_auth.settings import PREFIX, Settings, SettingsError, load_settings
from athena_auth.store.migrate import require_current
from athena_auth.store.transaction import Store
from athena_auth.wiring.resources import open_store

T = TypeVar("T")

_stderr = Console(stderr=True, soft_wrap=True)


def read_settings(given: dict[str, str] | None = None) -> Settings:
    """Read the settings, options first; end the program if one cannot be used."""
    given = given or {}
    try:
        refuse_passwords(given)
        # Worker processes read their settings from the environment, so options are put there too.
        os.environ.update({PREFIX + name.upper(): value for name, value in given.items()})
        return load_settings()
    except SettingsError as error:
        fail(str(error))


def with_store(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    """Do something with the database of the settings, and close it. One that is missing is not created.

    Raises:
        Unavailable: it is missing or out of reach, or its schema is too old.
    """
    require_current(settings.database_url)

    async def run() -> T:
        store = open_store(settings)
        await store.open()
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def fail(sentence: str) -> NoReturn:
    """End the program with this error."""
    _stderr.print(f"[bold red]error:[/bold red] {escape(sentence)}", highlight=False)
    sys.exit(1)
