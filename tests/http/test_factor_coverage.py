"""How many accounts have no second factor yet: the gauges, while the enforcement policy is on."""

import re
from pathlib import Path
from typing import Any

import pytest

from athena_auth.kernel.log import Facts, observe
from support.dump import execute
from support.person import Person, sign_up
from support.process import run_athena
from support.statements import recorded_statements
from support.world import SECRET, World, world_over

DAY = 86_400
TOKEN = "a metrics token of the operator"
WITHOUT, OVERDUE = "athena_accounts_without_second_factor", "athena_accounts_without_second_factor_overdue"
COPIES = """
    INSERT INTO athena_account (id, email, email_verified, name, password_hash, credential_version, two_factor_enabled,
                                reset_by_mail, password_changed_at, created_at, updated_at, second_factor_due_at)
    SELECT lpad(n::text, 32, '0'), 'ada' || n || '@example.com', email_verified, name, password_hash, credential_version,
           two_factor_enabled, reset_by_mail, password_changed_at, created_at, updated_at, second_factor_due_at
    FROM athena_account, generate_series(2, 1000) n WHERE email = 'ada@example.com'
"""
"""999 further accounts with the same password and the same deadline."""


REPORTED: list[tuple[int, int]] = []
"""The numbers that processes have reported."""


def note(_level: str, event: str, facts: Facts) -> None:
    if event == "accounts.without_second_factor":
        REPORTED.append((facts["accounts"], facts["overdue"]))


observe(note)


@pytest.fixture(autouse=True)
def _nothing_is_reported_yet() -> None:
    REPORTED.clear()


async def exposition(world: World) -> str:
    client = await world.client(authorization=f"Bearer {TOKEN}")
    return (await client.get("/metrics")).text


async def gauges(world: World) -> tuple[int, int]:
    """Let a minute's housekeeping run, and return both gauges."""
    await world.sweep()
    text = await exposition(world)
    without, overdue = (
        re.search(rf'^{name}{{process="\d+"}} (\d+)$', text, re.MULTILINE) for name in (WITHOUT, OVERDUE)
    )
    assert without is not None, text
    assert overdue is not None, text
    return int(without[1]), int(overdue[1])


async def enrol(world: World, email: str) -> None:
    person = Person(world, email, await world.client(), "")
    person.client = await world.bearer((await person.sign_in()).json()["enrolmentToken"])
    await person.turn_on_totp()


async def test_the_list_of_a_thousand_accounts_shrinks(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with world_over(postgres_url, require_second_factor="all", metrics_token=TOKEN) as world:
        await sign_up(world)
        statements = recorded_statements(monkeypatch)
        assert await gauges(world) == (1, 0)
        of_one = statements.copy()
        await execute(postgres_url, COPIES)
        world.clock.advance(60)
        statements.clear()

        assert await gauges(world) == (1000, 0)

        assert statements == of_one, "what is counted is no statement more"
        world.clock.advance(15 * DAY)
        assert await gauges(world) == (1000, 1000)
        exempt = await world.athena.users.find("ada2@example.com")
        assert exempt is not None
        await world.athena.users.exempt_from_second_factor(exempt.id)
        for number in range(3, 8):
            await enrol(world, f"ada{number}@example.com")
        world.clock.advance(60)
        assert await gauges(world) == (994, 994)
    listed = run_athena(
        tmp_path, "accounts", "--without-second-factor", secret=SECRET, database_url=postgres_url
    )
    assert len(listed.stdout.splitlines()) == 995
    assert "Without a second factor: 994, past the deadline: " in listed.stderr


@pytest.mark.parametrize(
    "settings",
    [{"metrics_token": TOKEN}, {"metrics_token": TOKEN, "require_second_factor": "off"}],
    ids=["default", "off"],
)
async def test_without_the_policy_nothing_is_counted(sqlite_url: str, settings: dict[str, Any]) -> None:
    async with world_over(sqlite_url, **settings) as world:
        await sign_up(world)
        await world.sweep()

    assert REPORTED == []


async def test_without_metrics_nothing_is_counted(sqlite_url: str) -> None:
    async with world_over(sqlite_url, require_second_factor="all") as world:
        await sign_up(world)
        await world.sweep()

    assert REPORTED == []


async def test_each_process_reports_also_while_another_one_sweeps(sqlite_url: str) -> None:
    settings: dict[str, Any] = {"require_second_factor": "all", "metrics_token": TOKEN}
    async with world_over(sqlite_url, **settings) as one, world_over(sqlite_url, **settings) as other:
        await sign_up(one)
        await one.sweep()
        await sign_up(other, "grace@example.com")
        await other.sweep()

    assert REPORTED == [(1, 0), (2, 0)]


async def test_the_help_says_how_to_aggregate(sqlite_url: str) -> None:
    async with world_over(sqlite_url, require_second_factor="all", metrics_token=TOKEN) as world:
        await world.sweep()
        text = await exposition(world)

    assert re.search(rf"^# HELP {WITHOUT} .* max\(\)", text, re.MULTILINE)
    assert f"# TYPE {OVERDUE} gauge" in text
    assert "accounts.without_second_factor" not in text, "it is no event to count"
