"""`athena-auth audit`: what an operator can find out later."""

import json
from pathlib import Path

from support.dump import execute
from support.person import sign_up
from support.process import run_athena
from support.world import world_over


async def _live_through_it(database_url: str) -> None:
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        await sign_up(world, "bob@example.com", "Bob")
        await ada.turn_on_totp()
        challenge = await ada.challenge()
        await ada.answer(challenge, "verify-totp", code="000000")
        await ada.answer(challenge, "verify-totp", code=ada.code(), trustDevice=True)
        await ada.sign_in(password="a wrong password")
        await ada.change_password("a new long sentence")
        await ada.post("/two-factor/get-totp-uri", password=ada.password)
        await ada.post("/two-factor/disable", password=ada.password)
        await ada.post("/sign-out")


async def test_the_trail_tells_the_story_of_an_account(database_url: str, tmp_path: Path) -> None:
    await _live_through_it(database_url)
    await _to_the_present(database_url)

    printed = run_athena(tmp_path, "audit", "--user", "ada@example.com", "--json", database_url=database_url)

    lines = [json.loads(line) for line in printed.stdout.splitlines()]
    assert [line["event"] for line in lines] == [
        "sign-up:account:created",
        "sign-in:password:accepted",
        "step-up:password:accepted",
        "account:factor:staged",
        "account:factor:added",
        "step-up:totp:accepted",
        "sign-in:challenge:issued",
        "second-step:totp:refused",
        "second-step:totp:accepted",
        "device:trust:granted",
        "sign-in:browser:new",
        "sign-in:password:refused",
        "step-up:password:accepted",
        "account:password:changed",
        "step-up:password:accepted",
        "account:secret:revealed",
        "step-up:password:accepted",
        "account:factors:removed",
        "session:session:signed-out",
    ]
    refused = next(line for line in lines if line["event"] == "second-step:totp:refused")
    assert refused["reason"] == "INVALID_CODE"
    assert refused["ipAddress"] == "127.0.0.1"
    assert len({line["userId"] for line in lines}) == 1
    assert {line["email"] for line in lines} == {"ada@example.com"}
    assert "deviceId" in next(line for line in lines if line["event"] == "device:trust:granted")


async def _to_the_present(database_url: str) -> None:
    """The fake clock's entries lie in 2026; the command looks thirty days back from now."""
    await execute(database_url, "UPDATE athena_audit SET id = 'f' || substr(id, 2)")


async def test_the_table_is_for_people(sqlite_url: str, tmp_path: Path) -> None:
    async with world_over(sqlite_url) as world:
        client = await world.client(**{"user-agent": "Evil\x1b[2J browser"})
        ada = await sign_up(world)
        await client.post("/sign-in/email", json={"email": ada.email, "password": "a wrong password"})
    await _to_the_present(sqlite_url)

    printed = run_athena(tmp_path, "audit", database_url=sqlite_url)

    assert "sign-in:password:refused" in printed.stdout
    assert "INVALID_EMAIL_OR_PASSWORD" in printed.stdout
    assert "\x1b" not in printed.stdout


async def test_an_address_without_account_is_said(database_url: str, tmp_path: Path) -> None:
    refused = run_athena(tmp_path, "audit", "--user", "nobody@example.com", database_url=database_url)

    assert (refused.returncode, refused.stderr) == (1, "error: no account has this address\n")


async def test_the_table_names_the_account_by_its_address_and_a_deleted_one_by_its_identifier(
    database_url: str, tmp_path: Path
) -> None:
    async with world_over(database_url) as world:
        await sign_up(world)
        bob = await sign_up(world, "bob@example.com", "Bob")
        bob_id = (await bob.session())["user"]["id"]
        await bob.post("/delete-user", password=bob.password)
        await (await world.client()).post(
            "/sign-in/email", json={"email": "nobody@example.com", "password": "a wrong password"}
        )
    await _to_the_present(database_url)

    printed = run_athena(tmp_path, "audit", "--database-url", database_url)

    heading, *rows = printed.stdout.splitlines()
    assert heading.split() == ["time", "event", "reason", "account", "address", "browser"]
    start, end = heading.index("account"), heading.index("address")
    accounts = [row[start:end].strip() for row in rows]
    assert set(accounts) == {"ada@example.com", bob_id, ""}
    assert rows[0][heading.index("event") :].startswith("sign-up:account:created ")
    deleted = [row for row in rows if "account:account:deleted" in row]
    assert [row[start:end].strip() for row in deleted] == [bob_id]


async def test_old_entries_are_pruned(database_url: str, tmp_path: Path) -> None:
    async with world_over(database_url, audit_ttl=86_400) as world:
        await sign_up(world)
        world.clock.advance(2 * 86_400)
        await sign_up(world, "bob@example.com", "Bob")

        await world.sweep()
    await _to_the_present(database_url)

    printed = run_athena(tmp_path, "audit", "--json", database_url=database_url)
    assert [json.loads(line)["event"] for line in printed.stdout.splitlines()] == [
        "sign-up:account:created",
        "sign-in:password:accepted",
    ]
