"""The pages of a deployment that does not offer all methods (ATHENA_METHODS)."""

import pytest

from athena_auth.delivery.model import MessageKind
from support.account_pages import EMAIL, begin, new_account
from support.person import PASSWORD
from support.world import world_over

ROWS = {"totp": "Authenticator app", "otp": "Codes by email", "passkey": "Passkeys"}
PATHS = {
    "totp": "/security/authenticator",
    "otp": "/security/otp",
    "passkey": "/security/passkeys",
    "backup-code": "/security/backup-codes",
}


@pytest.mark.parametrize("method", ["totp", "otp", "passkey"])
async def test_only_the_methods_that_are_offered_can_be_set_up(sqlite_url: str, method: str) -> None:
    async with world_over(sqlite_url, methods=method) as world:
        visitor = await new_account(world)

        shown = {name for name, row in ROWS.items() if f'aria-label="Set up: {row}"' in visitor.text}
        leads_to = PATHS[method] in visitor.text
        reached = {name for name, path in PATHS.items() if (await visitor.open(path)).status_code == 200}

    assert shown == reached == {method}
    assert leads_to


async def test_an_app_is_set_up_where_no_backup_codes_are_offered(sqlite_url: str) -> None:
    async with world_over(sqlite_url, methods="totp") as world:
        visitor = await new_account(world)
        app = await begin(visitor)

        await visitor.send("Confirm", code="000000")
        assert visitor.path == "/security/authenticator/confirm"
        await visitor.send("Confirm", code=app.at(world.clock.now() // 1000))

        assert (visitor.path, visitor.said) == ("/security", "Your second factor is set up.")
        assert "backup codes" not in visitor.text


async def test_codes_by_email_are_turned_on_where_no_backup_codes_are_offered(sqlite_url: str) -> None:
    async with world_over(sqlite_url, methods="otp") as world:
        visitor = await new_account(world)
        await visitor.open("/security/otp?by=email")
        await visitor.send("Continue", password=PASSWORD)
        mail = await world.mailbox.message_for(EMAIL, MessageKind.TWO_FACTOR_OTP)

        await visitor.send("Confirm", code=mail.code)

        assert (visitor.path, visitor.said) == ("/security", "Your second factor is set up.")


async def test_a_page_that_needs_a_second_factor_leads_to_one_that_is_offered(sqlite_url: str) -> None:
    async with world_over(sqlite_url, methods="otp,backup-code") as world:
        visitor = await new_account(world)

        await visitor.open("/security/backup-codes")

    assert visitor.path == "/security/otp"
