"""`athena-auth unlock`, for users whose attempts are used up."""

from pathlib import Path

from athena_auth.audit.model import EventName
from support.dump import dump, execute, fetch_all
from support.person import sign_up
from support.process import run_athena
from support.world import world_over


async def test_a_closed_account_is_opened(database_url: str, tmp_path: Path) -> None:
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        await ada.answer(await ada.challenge(), "verify-totp", code="000000")
        await execute(database_url, "UPDATE athena_guess_budget SET failures = 100 WHERE lane = 'challenge'")
        assert (await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())).status_code == 429

        opened = run_athena(tmp_path, "unlock", "Ada@example.com", database_url=database_url)

        assert (opened.returncode, opened.stdout) == (0, "The failed attempts of this account were reset.\n")
        assert (await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())).status_code == 200


async def test_where_nothing_is_counted_nothing_is_changed(database_url: str, tmp_path: Path) -> None:
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        await ada.answer(await ada.challenge(), "verify-totp", code="000000")
        await ada.sign_in(password="a wrong password")
        assert run_athena(tmp_path, "unlock", ada.email, database_url=database_url).returncode == 0
        before = await dump(database_url)

        again = run_athena(tmp_path, "unlock", ada.email, "--database-url", database_url)

        assert (again.returncode, again.stdout, again.stderr) == (
            0,
            "Nothing to do: this account has no failed attempts.\n",
            "",
        )
        assert await dump(database_url) == before


async def test_failed_passwords_alone_are_reset_too(database_url: str, tmp_path: Path) -> None:
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        await ada.sign_in(password="a wrong password")

        opened = run_athena(tmp_path, "unlock", ada.email, database_url=database_url)

        assert opened.stdout == "The failed attempts of this account were reset.\n"
        events = "SELECT count(*) FROM athena_audit WHERE event = '{}'"
        assert await fetch_all(database_url, events.format(EventName.UNLOCKED)) == [(1,)]


async def test_an_address_without_account_is_said(database_url: str, tmp_path: Path) -> None:
    before = await dump(database_url)

    refused = run_athena(tmp_path, "unlock", "nobody@example.com", database_url=database_url)

    assert (refused.returncode, refused.stderr) == (1, "error: no account has this address\n")
    assert await dump(database_url) == before
