"""Shared by the commands: reading the settings, opening the database, and failing with an error message."""

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
    """Read the settings. Options override the environment. If a setting cannot be used, the program ends."""
    given = given or {}
    try:
        refuse_passwords(given)
        # Worker processes read their settings from the environment, so options are copied there.
        os.environ.update({PREFIX + name.upper(): value for name, value in given.items()})
        return load_settings()
    except SettingsError as error:
        fail(str(error))


def with_store(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    """Run `work` with the configured database. A missing database is not created.

    Raises:
        Unavailable: the database is missing or unreachable, or its schema is too old.
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


def fail(message: str) -> NoReturn:
    """Print an error message and end the program with status 1."""
    _stderr.print(f"[bold red]error:[/bold red] {escape(message)}", highlight=False)
    sys.exit(1)
