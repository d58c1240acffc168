"""What an operator does for somebody whose second factor was closed."""

from pathlib import Path

from support.dump import dump, execute
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

        assert (opened.returncode, opened.stdout) == (0, "The account is open again.\n")
        assert (await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())).status_code == 200


async def test_an_address_without_account_is_said(database_url: str, tmp_path: Path) -> None:
    before = await dump(database_url)

    refused = run_athena(tmp_path, "unlock", "nobody@example.com", database_url=database_url)

    assert (refused.returncode, refused.stderr) == (1, "error: there is no account with this address\n")
    assert await dump(database_url) == before
