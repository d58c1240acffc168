"""`athena-auth invite`."""

import json
from pathlib import Path

import httpx
import pytest

from support.dump import dump, fetch_all
from support.person import PASSWORD
from support.process import run_athena
from support.world import SECRET, world_over

ADA = "ada@example.com"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "secret": SECRET,
        "database_url": database_url,
        "mail_url": f"file://{tmp_path / 'outbox.jsonl'}",
        "base_url": "http://auth.example.com/sso",
        "sign_up": "invite",
    }


async def test_an_operator_invites_lists_and_revokes(
    settings: dict[str, str], database_url: str, tmp_path: Path
) -> None:
    sent = run_athena(tmp_path, "invite", "Ada@example.com", "--invite-days", "2", **settings)

    assert (sent.returncode, sent.stderr) == (0, "")
    assert sent.stdout == "The invitation for Ada@example.com is on its way. It is valid for 2 days.\n"
    [mail] = [json.loads(line) for line in (tmp_path / "outbox.jsonl").read_text().splitlines()]
    assert (mail["to"], mail["kind"]) == (ADA, "invitation")
    url = httpx.URL(mail["url"])
    assert str(url.copy_with(query=None)) == "http://auth.example.com/sso/sign-up"
    listed = run_athena(tmp_path, "invite", "--list", **settings)
    assert listed.returncode == 0
    assert listed.stdout.endswith(f"Z  {ADA}\n")
    assert listed.stdout.count("\n") == 1

    revoked = run_athena(tmp_path, "invite", "ADA@example.com", "--revoke", **settings)

    assert revoked.stdout == "The invitations for ADA@example.com were revoked.\n"
    assert run_athena(tmp_path, "invite", "--list", **settings).stdout == ""
    again = run_athena(tmp_path, "invite", ADA, "--revoke", **settings)
    assert again.stdout == "Nothing to do: this address has no invitation that can still be used.\n"
    async with world_over(database_url, sign_up="invite") as world:
        body = {"name": "Ada", "email": ADA, "password": PASSWORD, "invite": url.params["invite"]}
        refused = await (await world.client()).post("/sign-up/email", json=body)
        assert refused.json()["code"] == "INVALID_INVITE"
    events = "SELECT event FROM athena_audit ORDER BY id"
    assert await fetch_all(database_url, events) == [("operator:invite:sent",), ("operator:invite:revoked",)]


@pytest.mark.parametrize(
    ("arguments", "changes", "message"),
    [
        ((ADA,), {"sign_up": "closed"}, "Sign-up is closed, so an invitation could not be used."),
        (("ada",), {}, "This is not a valid email address."),
        ((ADA, "--page", "https://evil.example.com"), {}, "may not be sent to this page"),
        ((ADA,), {"mail_url": "console:"}, "with --print-mail to print it"),
        ((), {}, "give either an address to invite or --list"),
        ((ADA, "--list"), {}, "give either an address to invite or --list"),
        (("--list", "--revoke"), {}, "--revoke takes an address; --list takes no other option"),
        (("--list", "--page", "/x"), {}, "leave it out with --list and --revoke"),
        ((ADA, "--revoke", "--page", "/x"), {}, "leave it out with --list and --revoke"),
        ((ADA,), {"pages": "off"}, "This server has no sign-up page of its own."),
    ],
)
async def test_what_cannot_be_done_is_said_and_changes_nothing(
    settings: dict[str, str],
    database_url: str,
    tmp_path: Path,
    arguments: tuple[str, ...],
    changes: dict[str, str],
    message: str,
) -> None:
    async with world_over(database_url):
        before = await dump(database_url)

    refused = run_athena(tmp_path, "invite", *arguments, **(settings | changes))

    assert (refused.returncode, refused.stdout) == (1, "")
    assert message in refused.stderr
    assert await dump(database_url) == before
