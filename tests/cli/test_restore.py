"""After an old database is restored, nothing that was used, ended or sent since is valid again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from athena_auth.audit.model import EventName
from athena_auth.delivery.model import MessageKind
from athena_auth.factors.totp.rules import WIDEST_WINDOW
from athena_auth.kernel.clock import Millis, SystemClock
from athena_auth.settings import Settings
from support.dump import execute, fetch_all
from support.links import reset_token
from support.person import Person, sign_up
from support.postgres import PostgresServer
from support.process import run_athena
from support.world import World, world_over

WAYS = ["sqlite: restore", "sqlite: after-restore", "postgres: after-restore"]
A_WHILE = 120
"""Seconds between the backup and the restore: the commands have the machine's clock."""
ENDED = (
    "athena_session",
    "athena_challenge",
    "athena_trusted_device",
    "athena_sent_code",
    "athena_mail_token",
    "athena_invite",
    "athena_retired_token",
    "athena_outbox",
)
MANY_ROWS = (
    """
    INSERT INTO athena_account (id, email, email_verified, name, password_hash, credential_version, two_factor_enabled,
                                created_at, updated_at)
    WITH RECURSIVE n(i) AS (SELECT 100001 UNION ALL SELECT i + 1 FROM n WHERE i < 102500)
    SELECT CAST(i AS VARCHAR(32)), CAST(i AS VARCHAR(32)), email_verified, name, password_hash, credential_version,
           two_factor_enabled, created_at, updated_at
    FROM n, athena_account
    """,
    """
    INSERT INTO athena_authenticator (id, user_id, factor, state, sealed_data, details, counter, created_at)
    WITH RECURSIVE n(i) AS (SELECT 100001 UNION ALL SELECT i + 1 FROM n WHERE i < 102500)
    SELECT CAST(i AS VARCHAR(32)), CAST(i AS VARCHAR(32)), factor, state, sealed_data, details, counter, created_at
    FROM n, athena_authenticator
    """,
    """
    INSERT INTO athena_outbox (id, sealed_message, tries, due_at, expires_at)
    WITH RECURSIVE n(i) AS (SELECT 100001 UNION ALL SELECT i + 1 FROM n WHERE i < 102500)
    SELECT CAST(i AS VARCHAR(32)), sealed_message, tries, due_at, expires_at FROM n, athena_outbox
    """,
)
"""2,500 of each; the command changes a thousand at a time."""


def set_clock(world: World, instant: Millis) -> None:
    world.clock.advance((instant - world.clock.now()) / 1000)


@dataclass
class Past:
    """A database at the moment of its backup, and what an attacker or the owner has from that time."""

    url: str
    instant: Millis
    ada: Person
    challenge: str
    sent_code: str
    laptop_cookies: httpx.Cookies
    link: str

    @asynccontextmanager
    async def world(self, url: str, *, later: float = 0) -> AsyncIterator[World]:
        """Serve a database at the instant of the backup or `later`."""
        async with world_over(url) as world:
            set_clock(world, self.instant)
            world.clock.advance(later)
            self.ada.world = world
            self.ada.client = await world.bearer(self.ada.token)
            yield world

    async def enter_code(self, world: World, code: str, browser: str = "Firefox") -> int:
        """Sign in and enter a code of the app, or a backup code; return the status of the answer."""
        assert world is self.ada.world
        kind = "verify-totp" if code.isdecimal() else "verify-backup-code"
        headers = {"authorization": f"Bearer {await self.ada.challenge()}", "user-agent": browser}
        client = await world.client(**headers)
        return (await client.post(f"/two-factor/{kind}", json={"code": code})).status_code

    async def what_is_valid(self, world: World) -> dict[str, bool]:
        """Try everything from the time of the backup."""
        laptop = await world.browser()
        laptop.cookies = self.laptop_cookies
        by_device = await self.ada.sign_in(laptop)
        second_step = await self.ada.answer(self.challenge, "verify-otp", code=self.sent_code)
        session = await self.ada.session()
        body = {"token": self.link, "newPassword": "a password of an attacker"}
        by_link = await (await world.client()).post("/reset-password", json=body)
        return {
            "trusted device": "twoFactorRedirect" not in by_device.json(),
            "challenge": second_step.status_code == 200,
            "session": session is not None,
            "link": by_link.status_code == 200,
        }


async def live(url: str) -> Past:
    """Have a user sign in, trust a device, ask for a link, and begin to sign in."""
    async with world_over(url) as world:
        set_clock(world, Millis(SystemClock().now() - A_WHILE * 1000))
        ada = await sign_up(world)
        await ada.turn_on_totp()
        laptop = await world.browser()
        await ada.sign_in(laptop)
        body = {"code": ada.backup_codes.pop(), "trustDevice": True}
        assert (await laptop.post("/two-factor/verify-backup-code", json=body)).status_code == 200
        link = await reset_token(world, ada.email)
        await world.athena.users.invite("grace@example.com")
        challenge = await ada.challenge()
        await ada.answer(challenge, "send-otp")
        sent_code = await world.mailbox.code_for(ada.email)
        world.mailbox.out_of_order = True
        await ada.answer(await ada.challenge(), "send-otp")
        await world.mailbox.refused_code()
        return Past(url, world.clock.now(), ada, challenge, sent_code, laptop.cookies, link)


async def rows_of_what_is_ended(url: str) -> list[object]:
    """Return how many rows each table has."""
    return [(await fetch_all(url, f"SELECT count(*) FROM {table}"))[0][0] for table in ENDED]


@dataclass
class Case:
    """One way to put an old database back."""

    way: str
    past: Past
    folder: Path
    unsafe_url: str
    """The backup as it was taken, served without further ado."""
    old_url: str
    """The backup before the operator's command; it is where `restore` copies from."""

    def restore(self, *options: str) -> str:
        """Run the operator's command; return the address of the database that it made safe."""
        if self.way.endswith("after-restore"):
            done = run_athena(self.folder, "after-restore", *options, database_url=self.old_url)
            url = self.old_url
        else:
            backup = self.old_url.removeprefix("sqlite:///")
            done = run_athena(self.folder, "restore", backup, "--force", *options, database_url=self.past.url)
            url = self.past.url
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        assert "pending sign-ins, sent codes and mailed links were revoked.\n" in done.stdout
        assert ("To revoke all backup codes" in done.stdout) is ("--discard-backup-codes" not in options)
        return url


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return how an old database is put back, and the address of a fresh one."""
    return request.param, request.getfixturevalue(f"{request.param.partition(':')[0]}_url")


@pytest_asyncio.fixture
async def case(way: tuple[str, str], tmp_path: Path, request: pytest.FixtureRequest) -> Case:
    name_of_way, url = way
    past = await live(url)
    if url.startswith("postgres"):
        server: PostgresServer = request.getfixturevalue("postgres_server")
        return Case(name_of_way, past, tmp_path, server.copy_of(url), server.copy_of(url))
    for name in ("unsafe.db", "old.db"):
        assert run_athena(tmp_path, "backup", name, database_url=url).returncode == 0
    return Case(
        name_of_way, past, tmp_path, f"sqlite:///{tmp_path / 'unsafe.db'}", f"sqlite:///{tmp_path / 'old.db'}"
    )


async def test_a_code_that_was_used_after_the_backup_is_not_accepted_after_the_restore(case: Case) -> None:
    past = case.past
    async with past.world(past.url) as world:
        code = past.ada.code()
        assert await past.enter_code(world, code) == 200
        assert await past.enter_code(world, code) == 401
    async with past.world(case.unsafe_url) as world:
        assert await past.enter_code(world, code) == 200, "the backup alone does not know it"

    url = case.restore()

    async with past.world(url) as world:
        assert await past.enter_code(world, code, browser="Another browser") == 401
        # The command has the machine's clock: ahead of its steps the app's codes are accepted again.
        set_clock(world, SystemClock().now())
        world.clock.advance(30 * (WIDEST_WINDOW + 1))
        assert await past.enter_code(world, past.ada.code()) == 200
    kinds = {message.kind for message in world.mailbox.messages}
    assert kinds <= {MessageKind.NEW_BROWSER}, "nobody is warned of a code that nobody has seen"


async def test_what_was_ended_or_used_after_the_backup_stays_ended_after_the_restore(case: Case) -> None:
    past = case.past
    async with past.world(case.unsafe_url) as world:
        assert set((await past.what_is_valid(world)).values()) == {True}, "the backup alone revives it"

    assert 0 not in await rows_of_what_is_ended(case.old_url)

    url = case.restore()

    assert set(await rows_of_what_is_ended(url)) == {0}
    async with past.world(url) as world:
        assert set((await past.what_is_valid(world)).values()) == {False}
    recorded = "SELECT user_id FROM athena_audit WHERE event = '{}'"
    assert await fetch_all(url, recorded.format(EventName.DATABASE_RESTORED)) == [(None,)]


async def test_backup_codes_that_were_used_after_the_backup_end_when_the_operator_says_so(case: Case) -> None:
    past = case.past
    used, unused = past.ada.backup_codes[:2]
    async with past.world(past.url) as world:
        assert await past.enter_code(world, used) == 200

    url = case.restore("--discard-backup-codes")

    async with past.world(url) as world:
        assert [await past.enter_code(world, code) for code in (used, unused)] == [400, 400]


async def test_backup_codes_remain_when_the_operator_does_not_say_so(case: Case) -> None:
    past = case.past

    url = case.restore()

    async with past.world(url) as world:
        assert await past.enter_code(world, past.ada.backup_codes[0]) == 200


async def test_it_may_be_run_again(case: Case) -> None:
    case.restore()
    url = case.restore("--discard-backup-codes")

    async with case.past.world(url) as world:
        assert set((await case.past.what_is_valid(world)).values()) == {False}


async def test_more_rows_than_are_changed_at_a_time_are_all_changed(
    database_url: str, tmp_path: Path
) -> None:
    past = await live(database_url)
    for statement in MANY_ROWS:
        await execute(database_url, statement)

    done = run_athena(tmp_path, "after-restore", database_url=database_url)

    assert done.returncode == 0, done.stderr
    behind = "SELECT count(*) FROM athena_authenticator WHERE counter <= {}"
    assert await fetch_all(database_url, behind.format(past.instant // 30_000)) == [(0,)]
    assert await fetch_all(database_url, "SELECT count(*) FROM athena_authenticator") == [(2501,)]
    assert await fetch_all(database_url, "SELECT count(*) FROM athena_outbox") == [(0,)]


def test_no_server_can_be_set_to_accept_codes_further_ahead_than_are_used_up() -> None:
    limits = [getattr(limit, "le", None) for limit in Settings.model_fields["totp_window"].metadata]

    assert WIDEST_WINDOW in limits


def test_a_missing_database_is_reported_and_not_created(tmp_path: Path) -> None:
    ended = run_athena(tmp_path, "after-restore", "--database-url", "sqlite:///folder/athena.db")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "there is no SQLite file folder/athena.db" in ended.stderr
    assert list(tmp_path.iterdir()) == []


async def test_a_stolen_signing_key_and_enrolment_tokens_do_not_come_back(
    database_url: str, tmp_path: Path
) -> None:
    """The key was replaced after the backup was taken, because someone had copied it."""
    async with world_over(database_url, require_second_factor="all") as world:
        await (await world.client()).get("/jwks")
        person = await sign_up(world)
        world.clock.advance(15 * 86_400)
        assert (await person.sign_in()).json()["enrolmentRequired"] is True

    done = run_athena(tmp_path, "after-restore", database_url=database_url)

    assert done.returncode == 0, done.stderr
    assert await fetch_all(database_url, "SELECT 1 FROM athena_signing_key") == []
    assert await fetch_all(database_url, "SELECT 1 FROM athena_enrolment_token") == []
