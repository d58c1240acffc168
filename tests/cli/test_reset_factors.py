"""What an operator does for somebody who has lost her phone and her backup codes."""

import json
from pathlib import Path

from athena_auth.audit.model import Event
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
            "The account has no second factor any more; its owner is told by mail.\n",
            "",
        )
        assert (await ada.client.get("/get-session")).json() is None
        assert (await ada.answer(challenge, "verify-totp", code=ada.code())).status_code == 401
        assert "user" in (await ada.sign_in()).json()
    mails = [json.loads(line) for line in outbox.read_text().splitlines()]
    assert [(mail["to"], mail["kind"]) for mail in mails] == [(ada.email, "factors-reset")]
    events = "SELECT count(*) FROM athena_audit WHERE event = '{}'"
    assert await fetch_all(database_url, events.format(Event.FACTORS_RESET)) == [(1,)]


async def test_an_address_without_account_is_said(database_url: str, tmp_path: Path) -> None:
    async with world_over(database_url):
        before = await dump(database_url)

    refused = run_athena(
        tmp_path, "reset-factors", "nobody@example.com", secret=SECRET, database_url=database_url
    )

    assert (refused.returncode, refused.stderr) == (1, "error: there is no account with this address\n")
    assert await dump(database_url) == before
