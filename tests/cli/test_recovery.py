"""`athena-auth recovery`, for users who have lost every second factor."""

import json
from pathlib import Path

from support.dump import dump, fetch_all
from support.process import run_athena
from support.recovery import open_case, recovering_person
from support.world import SECRET, world_over

WHY = "Ticket 4711"


async def test_a_case_is_opened_listed_shortened_and_cancelled(database_url: str, tmp_path: Path) -> None:
    outbox = tmp_path / "outbox.jsonl"
    settings = {
        "secret": SECRET,
        "database_url": database_url,
        "mail_url": f"file://{outbox}",
        "recovery": "on",
    }
    async with world_over(database_url) as world:
        ada = await recovering_person(world)
        await world.delivered()

    opened = run_athena(tmp_path, "recovery", "open", ada.email, "--reason", WHY, **settings)
    listed = run_athena(tmp_path, "recovery", "list", **settings)
    shortened = run_athena(tmp_path, "recovery", "shorten", ada.email, "--reason", WHY, **settings)
    cancelled = run_athena(tmp_path, "recovery", "cancel", ada.email, "--reason", WHY, **settings)
    empty = run_athena(tmp_path, "recovery", "list", **settings)

    assert opened.stdout.startswith("The recovery can be completed from "), opened.stderr
    assert listed.stdout.endswith(f"Z  {ada.email}\n")
    assert shortened.stdout.startswith("The recovery can be completed from "), shortened.stderr
    assert cancelled.stdout == "The recovery was cancelled. The owner is notified by mail.\n"
    assert empty.stdout == ""
    mails = [json.loads(line) for line in outbox.read_text().splitlines()]
    assert [mail["kind"] for mail in mails] == [
        "recovery-opened-by-operator",
        "recovery-due",
        "recovery-ended",
    ]
    events = await fetch_all(database_url, "SELECT COUNT(*) FROM athena_audit WHERE note = 'Ticket 4711'")
    assert events == [(3,)]


async def test_refusals_change_nothing(sqlite_url: str, tmp_path: Path) -> None:
    settings = {"secret": SECRET, "database_url": sqlite_url, "mail_url": "file:outbox.jsonl"}
    async with world_over(sqlite_url) as world:
        ada = await recovering_person(world)
        await world.delivered()
    before = await dump(sqlite_url)

    off = run_athena(tmp_path, "recovery", "open", ada.email, "--reason", WHY, **settings)
    nobody = run_athena(
        tmp_path, "recovery", "open", "nobody@example.com", "--reason", WHY, **settings, recovery="on"
    )
    none = run_athena(tmp_path, "recovery", "cancel", ada.email, "--reason", WHY, **settings, recovery="on")

    assert [each.returncode for each in (off, nobody, none)] == [1, 1, 1]
    assert "ATHENA_RECOVERY" in off.stderr
    assert nobody.stderr == "error: no account has this address\n"
    assert await dump(sqlite_url) == before


async def test_a_case_in_a_restored_backup_is_ended(database_url: str, tmp_path: Path) -> None:
    """Its owner may have cancelled it after the backup was taken."""
    async with world_over(database_url, recovery="on") as world:
        ada = await recovering_person(world)
        await open_case(ada)
        await world.delivered()

    restored = run_athena(tmp_path, "after-restore", database_url=database_url)

    assert restored.returncode == 0, restored.stderr
    open_cases = "SELECT COUNT(*) FROM athena_account WHERE recovery_case IS NOT NULL"
    assert await fetch_all(database_url, open_cases) == [(0,)]
