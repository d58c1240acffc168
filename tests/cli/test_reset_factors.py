"""What an operator does for users who have lost their phone and their backup codes."""

import json
from pathlib import Path

import pytest

from athena_auth.audit.model import EventName
from support.dump import dump, fetch_all
from support.person import sign_up
from support.process import run_athena
from support.world import SECRET, world_over


async def test_she_signs_in_by_password_and_is_told(database_url: str, tmp_path: Path) -> None:
    outbox = tmp_path / "outbox.jsonl"
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        challenge = await ada.challenge()
        settings = {"secret": SECRET, "database_url": database_url, "mail_url": f"file://{outbox}"}

        done = run_athena(tmp_path, "reset-factors", "Ada@example.com", **settings)

        assert (done.returncode, done.stdout, done.stderr) == (
            0,
            "Two-factor authentication is off for this account. Its owner is notified by mail.\n",
            "",
        )
        assert (await ada.client.get("/get-session")).json() is None
        assert (await ada.answer(challenge, "verify-totp", code=ada.code())).status_code == 401
        assert "user" in (await ada.sign_in()).json()
    mails = [json.loads(line) for line in outbox.read_text().splitlines()]
    assert [(mail["to"], mail["kind"]) for mail in mails] == [(ada.email, "factors-reset")]
    events = "SELECT count(*) FROM athena_audit WHERE event = '{}'"
    assert await fetch_all(database_url, events.format(EventName.FACTORS_RESET)) == [(1,)]


async def test_an_address_without_account_is_said(database_url: str, tmp_path: Path) -> None:
    async with world_over(database_url):
        before = await dump(database_url)

    settings = {"secret": SECRET, "database_url": database_url, "mail_url": "file:outbox.jsonl"}
    refused = run_athena(tmp_path, "reset-factors", "nobody@example.com", **settings)

    assert (refused.returncode, refused.stderr) == (1, "error: no account has this address\n")
    assert await dump(database_url) == before


async def test_without_a_factor_nothing_is_changed_and_nobody_is_mailed(
    database_url: str, tmp_path: Path
) -> None:
    """It ended the sessions of an owner who had nothing to lose, and mailed that a factor was removed."""
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        await world.delivered()
        before = await dump(database_url)
        settings = {"secret": SECRET, "database_url": database_url, "mail_url": "file:outbox.jsonl"}

        done = run_athena(tmp_path, "reset-factors", ada.email, **settings)

        assert (done.returncode, done.stdout, done.stderr) == (
            0,
            "Nothing to do: two-factor authentication is not on for this account.\n",
            "",
        )
        assert await dump(database_url) == before
    assert (tmp_path / "outbox.jsonl").read_text() == ""


@pytest.mark.parametrize("setting", [{}, {"mail_url": "console:"}, {"mail_url": "CONSOLE:"}])
async def test_a_mail_that_only_the_operator_would_see_is_refused_unless_they_ask_for_it(
    sqlite_url: str, tmp_path: Path, setting: dict[str, str]
) -> None:
    """Without the server's settings the mail to the owner was printed in the operator's terminal, and said to be sent."""
    settings = {"secret": SECRET, "database_url": sqlite_url, **setting}
    async with world_over(sqlite_url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        before = await dump(sqlite_url)

        refused = run_athena(tmp_path, "reset-factors", ada.email, **settings)
        unchanged = await dump(sqlite_url)
        printed = run_athena(tmp_path, "reset-factors", ada.email, "--print-mail", **settings)

    assert (refused.returncode, refused.stdout, unchanged) == (1, "", before)
    assert "Run this with the server's ATHENA_ settings, or with --print-mail" in refused.stderr
    assert printed.returncode == 0, printed.stderr
    assert "| to    ada@example.com" in printed.stdout
    assert "factors-reset" in printed.stdout


def test_it_makes_no_secret(sqlite_url: str, tmp_path: Path) -> None:
    """Sealed with a secret that was just made, the mail could not be read by the server."""
    before = sorted(tmp_path.iterdir())

    refused = run_athena(
        tmp_path, "reset-factors", "ada@example.com", "--print-mail", database_url=sqlite_url
    )

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "ATHENA_SECRET is not set, and there is no" in refused.stderr
    assert sorted(tmp_path.iterdir()) == before
