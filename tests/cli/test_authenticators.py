"""`athena-auth authenticators`, for users who have lost one of several."""

import json
from pathlib import Path

from support.apps import add_app, first_app, listed
from support.dump import fetch_all
from support.passkey_user import without_password
from support.person import Person, sign_up
from support.process import run_athena
from support.world import SECRET, world_over


def settings_of(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "secret": SECRET,
        "database_url": database_url,
        "mail_url": f"file://{tmp_path / 'outbox.jsonl'}",
    }


async def test_one_of_several_is_removed_with_a_reason(database_url: str, tmp_path: Path) -> None:
    settings = settings_of(database_url, tmp_path)
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        lost = await add_app(ada, "Lost \u202ephone")

        shown = run_athena(tmp_path, "authenticators", "list", "Ada@example.com", **settings)
        assert (shown.returncode, shown.stderr) == (0, "")
        heading, first, second = shown.stdout.splitlines()
        assert heading.split()[:3] == ["id", "factor", "state"]
        assert first.split()[1:3] == ["totp", "active"]
        assert second.startswith(lost.id)
        assert second.endswith("Lost phone")

        arguments = ("remove", ada.email, lost.id, "--reason", "Stolen;\ncalled back on +49")
        done = run_athena(tmp_path, "authenticators", *arguments, **settings)

        assert (done.returncode, done.stdout, done.stderr) == (
            0,
            "The authenticator was removed. Its owner is notified by mail.\n",
            "",
        )
        assert (await ada.client.get("/get-session")).json() is None
        challenge = await ada.challenge()
        assert (await ada.answer(challenge, "verify-totp", code=lost.code())).status_code == 401
        assert (await ada.answer(challenge, "verify-totp", code=ada.code())).status_code == 200
    mails = [json.loads(line) for line in (tmp_path / "outbox.jsonl").read_text().splitlines()]
    assert [(mail["to"], mail["kind"]) for mail in mails] == [(ada.email, "authenticator-revoked")]
    logged = run_athena(tmp_path, "audit", "--user", ada.email, "--json", **settings)
    events = [json.loads(line) for line in logged.stdout.splitlines()]
    [removed] = [event for event in events if event["event"] == "operator:authenticator:removed"]
    assert removed["authenticatorId"] == lost.id
    assert removed["note"] == "Stolen; called back on +49"


async def test_the_list_says_that_there_is_no_password(database_url: str, tmp_path: Path) -> None:
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        await without_password(ada)

        shown = run_athena(
            tmp_path, "authenticators", "list", ada.email, **settings_of(database_url, tmp_path)
        )

    assert shown.stdout.splitlines()[-1] == "The account has no password."


async def test_the_last_one_is_not_removed(database_url: str, tmp_path: Path) -> None:
    settings = settings_of(database_url, tmp_path)
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        app = await first_app(ada)

        arguments = ("remove", ada.email, app.id, "--reason", "asked")
        refused = run_athena(tmp_path, "authenticators", *arguments, **settings)

        assert refused.returncode == 1
        assert "the only second factor" in refused.stderr
        assert len(await listed(ada)) == 1
    sent = "SELECT count(*) FROM athena_audit WHERE event = 'operator:authenticator:removed'"
    assert await fetch_all(database_url, sent) == [(0,)]


async def test_what_is_not_there_is_said(sqlite_url: str, tmp_path: Path) -> None:
    settings = settings_of(sqlite_url, tmp_path)
    async with world_over(sqlite_url) as world:
        ada: Person = await sign_up(world)
        unknown = run_athena(tmp_path, "authenticators", "list", "nobody@example.com", **settings)
        arguments = ("remove", ada.email, "no-such-id", "--reason", "asked")
        no_such = run_athena(tmp_path, "authenticators", *arguments, **settings)

    assert (unknown.returncode, unknown.stderr) == (1, "error: no account has this address\n")
    assert (no_such.returncode, no_such.stderr) == (
        1,
        "error: Authenticator not found. It may have been removed already.\n",
    )
