"""`athena-auth require-second-factor` and `athena-auth accounts`."""

import json
from pathlib import Path

from support.dump import fetch_all
from support.passkey_user import turn_on
from support.person import Person, sign_up
from support.process import run_athena
from support.world import SECRET, World, world_over


async def three(world: World) -> list[Person]:
    """Return the owners of three accounts, one after the other: the list is in the order of their creation."""
    people = []
    for name in ("ada", "eve", "grace"):
        people.append(await sign_up(world, f"{name}@example.com"))
        world.clock.advance(1)
    return people


async def test_the_policy_begins_for_all_accounts_and_the_list_shrinks(
    database_url: str, tmp_path: Path
) -> None:
    async with world_over(database_url) as world:
        people = await three(world)
        await people[1].turn_on_totp()
        await world.delivered()
    outbox = tmp_path / "outbox.jsonl"
    settings = {
        "secret": SECRET,
        "database_url": database_url,
        "mail_url": f"file://{outbox}",
        "require_second_factor": "all",
    }
    before = run_athena(tmp_path, "accounts", "--without-second-factor", **settings)
    assert before.stdout == "no deadline        ada@example.com\nno deadline        grace@example.com\n"
    assert (
        before.stderr
        == "Without a second factor: 2, past the deadline: 0. Exempt accounts are not counted.\n"
    )

    exempted = run_athena(
        tmp_path, "require-second-factor", "grace@example.com", "--off", "--reason", "a robot", **settings
    )
    begun = run_athena(tmp_path, "require-second-factor", "--all", **settings)

    assert (exempted.stdout, exempted.stderr) == ("This account is exempt from the policy.\n", "")
    assert begun.stdout == "Deadlines that were set: 1. The owners are notified by mail.\n"
    mails = [json.loads(line) for line in outbox.read_text().splitlines()]
    assert [(mail["to"], mail["kind"]) for mail in mails] == [("ada@example.com", "second-factor-required")]
    after = run_athena(tmp_path, "accounts", "--without-second-factor", "--json", **settings)
    ada, grace = [json.loads(line) for line in after.stdout.splitlines()]
    assert after.stderr.startswith("Without a second factor: 1, past the deadline: 0.")
    assert ada["dueAt"].endswith("Z")
    assert grace["exempt"] is True
    audit = run_athena(tmp_path, "audit", "--user", "grace@example.com", **settings)
    assert "a robot" in audit.stdout


async def test_a_deadline_is_set_by_date(database_url: str, tmp_path: Path) -> None:
    async with world_over(database_url) as world:
        await sign_up(world)
        await world.delivered()
    settings = {
        "secret": SECRET,
        "database_url": database_url,
        "mail_url": "file:outbox.jsonl",
        "require_second_factor": "per-account",
    }

    done = run_athena(tmp_path, "require-second-factor", "ada@example.com", "--by", "2099-03-01", **settings)

    assert done.returncode == 0, done.stderr
    run_athena(tmp_path, "require-second-factor", "ada@example.com", "--by", "now", **settings)
    listed = run_athena(tmp_path, "accounts", "--without-second-factor", **settings)
    assert "past the deadline: 1." in listed.stderr
    run_athena(tmp_path, "require-second-factor", "ada@example.com", "--by", "2099-03-01", **settings)
    assert await fetch_all(database_url, "SELECT second_factor_due_at FROM athena_account") == [
        (4_076_006_400_000,)
    ]


def test_what_cannot_be_meant_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    settings = {"secret": SECRET, "database_url": sqlite_url, "mail_url": "file:outbox.jsonl"}
    refusals = {
        (): "give either an address or --all",
        ("ada@example.com", "--all"): "give either an address or --all",
        ("ada@example.com", "--by", "now", "--off"): "--by, --off and --all exclude each other",
        ("ada@example.com", "--by", "soon"): "--by must be a date such as 2027-03-01, a time such as "
        "2027-03-01T12:00, or now",
        ("ada@example.com",): "no account has this address",
        (
            "--all",
        ): "The enforcement policy does not apply to all accounts. Set ATHENA_REQUIRE_SECOND_FACTOR to all.",
    }
    for arguments, message in refusals.items():
        refused = run_athena(tmp_path, "require-second-factor", *arguments, **settings)
        assert (refused.returncode, refused.stderr) == (1, f"error: {message}\n"), arguments


async def test_accounts_are_listed_that_have_none_of_the_methods(database_url: str, tmp_path: Path) -> None:
    async with world_over(database_url) as world:
        people = await three(world)
        await people[0].turn_on_totp()
        await turn_on(people[1])
        await world.delivered()
    settings = {"secret": SECRET, "database_url": database_url, "mail_url": "file:outbox.jsonl"}

    narrow = run_athena(tmp_path, "accounts", "--without-second-factor", **settings, methods="passkey,fob")
    as_json = run_athena(
        tmp_path, "accounts", "--without-second-factor", "--json", **settings, methods="passkey,backup-code"
    )
    wide = run_athena(tmp_path, "accounts", "--without-second-factor", **settings, methods="totp,passkey")
    reset = run_athena(tmp_path, "reset-factors", "ada@example.com", **settings, methods="fob,backup-code")

    assert narrow.stdout == "not offered        ada@example.com\nno deadline        grace@example.com\n"
    assert json.loads(as_json.stdout.splitlines()[0])["notOffered"] is True
    assert wide.stdout == "no deadline        grace@example.com\n"
    # The host application's own factors are not known here, and need not be.
    assert reset.returncode == 0, reset.stderr
