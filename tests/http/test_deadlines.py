"""Deadlines for a second factor that change hands: between policies, operators and owners."""

from athena_auth.audit.model import EventName
from athena_auth.delivery.model import MessageKind
from support.dump import fetch_all
from support.passkey_user import sign_in, with_passkey
from support.person import PASSWORD, sign_up
from support.world import World, world_over

DAY = 86_400


async def events(world: World) -> set[str]:
    return {str(name) for (name,) in await fetch_all(world.database_url, "SELECT event FROM athena_audit")}


async def test_a_policy_that_was_turned_off_asks_for_nothing(database_url: str) -> None:
    async with world_over(database_url, require_second_factor="all", require_grace=0) as world:
        ada = await sign_up(world)
        assert (await ada.sign_in()).json()["enrolmentRequired"] is True
    async with world_over(database_url) as world:
        ada.world = world

        signed_in = await ada.sign_in()

        assert signed_in.json()["token"]
        assert "enrolmentRequired" not in signed_in.json()


async def test_the_sweeper_leaves_sessions_of_accounts_with_a_factor(sqlite_url: str) -> None:
    """Passkeys that became the second factor at once leave the session that enabled them at level one."""
    async with world_over(sqlite_url, require_second_factor="all") as world:
        ada = await sign_up(world)
        await with_passkey(ada)
        enabled = await ada.post("/two-factor/enable", password=PASSWORD, method="passkey")
        assert enabled.json()["confirmationPending"] is False
        for _ in range(3):
            world.clock.advance(5 * DAY)
            await world.sweep()
            assert await ada.session() is not None

        assert (await ada.session())["session"]["level"] == 1


async def test_an_operator_who_requires_a_factor_mails_only_owners_without_one(sqlite_url: str) -> None:
    async with world_over(sqlite_url, require_second_factor="per-account") as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        user = await world.athena.users.find(ada.email)
        assert user is not None

        await world.athena.users.require_second_factor(user.id)

        await world.delivered()
        assert MessageKind.SECOND_FACTOR_REQUIRED not in world.mailbox.kinds_for(ada.email)


async def test_the_audit_log_says_how_a_sign_in_without_a_second_step_ended(sqlite_url: str) -> None:
    async with world_over(sqlite_url, require_second_factor="all", require_grace=0) as world:
        ada = await sign_up(world)
        assert (await ada.sign_in()).json()["enrolmentRequired"] is True
        assert EventName.ENROLMENT_DEMANDED in await events(world)
    async with world_over(sqlite_url) as world:
        ada.world = world
        ada.client = await world.bearer((await ada.sign_in()).json()["token"])
        device = await with_passkey(ada)
        assert (await sign_in(await world.browser(), device)).status_code == 200
        assert EventName.PASSKEY_ACCEPTED in await events(world)
