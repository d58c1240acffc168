"""The host's own server, made of parts that a test controls."""

import asyncio
import secrets
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import msgspec

from athena_auth.crypto.passwords import Cost, PasswordHasher
from athena_auth.host.athena import Athena
from athena_auth.host.errors import RefusedError
from athena_auth.settings import Settings, load_settings
from athena_auth.store.migrate import migrate
from athena_auth.testing.calls import Api
from athena_auth.testing.clock import ManualClock
from athena_auth.testing.mailbox import Mailbox
from athena_auth.testing.person import PASSWORD, Person, sign_in, sign_up

CHEAP_COST = Cost(memory_kib=8, passes=1)
"""A thousandth of the real cost."""


class CheapHasher(PasswordHasher):
    """Hashes passwords with argon2id at its lowest cost: for tests only.

    It is the one hasher below the cost that OWASP accepts: the settings and `PasswordHasher` itself refuse such a cost.
    """

    def __init__(self) -> None:
        self._set_cost(CHEAP_COST)


T = TypeVar("T")

_OWN = frozenset({"database_url", "secret", "secrets", "rate_limit_url"})
"""What this module chooses itself: a test must not reach what the settings of a real server name."""


@dataclass(frozen=True)
class ServerForTests:
    """A server whose clock and mail are in the hands of a test; `athena_for_tests` makes one.

    Attributes:
        athena: The object that the application mounts.
        settings: The settings it runs with.
        clock: Its clock, which stands still until the test moves it.
        mailbox: The mail and the text messages it has sent.
    """

    athena: Athena
    settings: Settings
    clock: ManualClock
    mailbox: Mailbox

    async def person(
        self,
        email: str = "ada@example.com",
        *,
        level: int = 1,
        name: str = "Ada",
        password: str = PASSWORD,
    ) -> Person:
        """Create an account whose owner is signed in: with a password, and at level 2 with an authenticator app too.

        Both are done through the API, so the server must be running, and what the application does at `athena.on` happens.
        Where ATHENA_SIGN_UP or ATHENA_REQUIRE_VERIFIED_EMAIL prevents that, `users.create` makes the account, with a verified
        address.

        Raises:
            AssertionError: the server refused, for instance because the address has an account; the text has its answer.
            RuntimeError: the server is not running in this event loop.
            ValueError: there is no such level.
        """
        if level not in {1, 2}:
            raise ValueError("level is 1, a password, or 2, a second factor besides")
        self._loop(is_this_one=True)
        body = {"email": email, "name": name, "password": password}
        person = await self._person(body)
        if level == 2:  # noqa: PLR2004 - the level's name
            await person.enrol()
        return person

    async def _person(self, body: dict[str, str]) -> Person:
        api, window = Api(self.athena.asgi), self.settings.totp_window
        if self.settings.sign_up == "open" and self.settings.require_verified_email == "off":
            return await sign_up(api, self.clock, window, body)
        try:
            user = await self.athena.users.create(**body, email_verified=True)
        except RefusedError as refused:
            raise AssertionError(f"the account was refused: {refused}") from None
        return await sign_in(api, self.clock, window, body, user.id)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine where the server runs and return its result, in tests that are not asynchronous.

        `server.run(server.person(level=2))`, inside `with TestClient(app)`, which runs the application in a thread.

        Raises:
            RuntimeError: the server is not running, or in this thread: await the coroutine instead.
        """
        try:
            loop = self._loop(is_this_one=False)
        except RuntimeError:
            work.close()
            raise
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    def _loop(self, *, is_this_one: bool) -> asyncio.AbstractEventLoop:
        loop = self.athena._loop  # noqa: SLF001 - its own package; a host has no use for it
        if loop is None:
            raise RuntimeError(
                "the server is not running: enter the lifespan of the application first, by `with TestClient(app)` "
                "or `async with athena.lifespan()`"
            )
        if (loop is _current_loop()) is not is_this_one:
            raise RuntimeError(
                "the server runs in another event loop: use `server.run(…)`, outside of coroutines"
                if is_this_one
                else "the server runs in this event loop: await the coroutine itself"
            )
        return loop


@contextmanager
def athena_for_tests(
    athena: Athena | None = None, *, clock: ManualClock | None = None, **settings: Any
) -> Iterator[ServerForTests]:
    """Have the application's `Athena` run as a server for tests until the block ends, each time with an empty database.

    It keeps its guards, its subscribers and its settings, except for these: the database is an SQLite file in a temporary
    folder, mail and text messages go to the mailbox, passwords are hashed at no cost, and requests are not limited by address.
    The database, the secrets and the mail server of the settings are not touched. Enter the block before the application
    starts, and leave it after the application has stopped.

    Args:
        athena: The object that the application mounts; by default a new one with default settings, whatever the environment.
        clock: The clock to use; by default a new one.
        settings: Settings of `load_settings` for these tests, such as `session_ttl=3600` or `rate_limit="on"`.

    Raises:
        RuntimeError: the server is running.
        SettingsError: a setting cannot be used.
        TypeError: there is no such setting, or it is one that these tests choose themselves.
    """
    clock, mailbox = clock or ManualClock(), Mailbox()
    with TemporaryDirectory(prefix="athena-for-tests-") as folder:
        database = Path(folder, "athena.db")
        database.write_bytes(_empty_database())
        base = Settings.model_construct() if athena is None else athena._parts.settings  # noqa: SLF001 - as above
        chosen, hasher = _settings_for_tests(base, f"sqlite:///{database}", settings), CheapHasher()
        athena = athena or Athena(chosen, clock=clock, transport=mailbox, hasher=hasher, migrates=False)
        parts = msgspec.structs.replace(
            athena._parts,  # noqa: SLF001 - as above
            settings=chosen,
            clock=clock,
            transport=mailbox,
            texts=mailbox,
            hasher=hasher,
            migrates=False,
        )
        with athena._replaced_parts(parts):  # noqa: SLF001 - as above
            yield ServerForTests(athena, chosen, clock, mailbox)


def _settings_for_tests(base: Settings, database_url: str, given: dict[str, Any]) -> Settings:
    if own := sorted(_OWN & given.keys()):
        raise TypeError(f"athena_for_tests chooses {', '.join(own)} itself")
    if unknown := sorted(given.keys() - Settings.model_fields.keys()):
        raise TypeError(f"there is no setting {', '.join(unknown)}")
    chosen: dict[str, Any] = {
        "database_url": database_url,
        "secret": secrets.token_urlsafe(48),
        "secrets": None,
        "rate_limit": "off",
        "rate_limit_url": "memory://",
    }
    return load_settings(**{**dict(base), **chosen, **given})


@cache
def _empty_database() -> bytes:
    """Return an SQLite file with every table in it. Making one takes most of a second, copying it nothing."""
    with TemporaryDirectory(prefix="athena-for-tests-") as folder:
        database = Path(folder, "athena.db")
        migrate(f"sqlite:///{database}")
        return database.read_bytes()


def _current_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
