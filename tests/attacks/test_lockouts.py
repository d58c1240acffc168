"""Limits turned against the owner: attackers must not be able to use up what the owner needs."""

from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest_asyncio

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.address import store_at
from athena_auth.store.transaction import Store, Tx, Work
from athena_auth.throttle import attempts as throttle
from athena_auth.throttle.passwords.budget import PasswordBudget, throttle_keys
from athena_auth.throttle.passwords.sql import Consumption
from athena_auth.throttle.sql import Allowed, AttemptKind, Throttled
from support.attacker import PROXY, network, sign_in_from, wrong_totp
from support.clock import START
from support.links import ask_for_reset, reset_token
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

NEW_PASSWORD = "a wholly different password"
USE_A_BACKUP_CODE = "Use a backup code"


async def test_a_new_password_resets_the_failures_at_the_old_one(world: World, ada: Person) -> None:
    """A stolen session guesses the password until no attempts are left; the owner then resets it by email.

    What was guessed at is no more. If the lane stayed closed, she could never change a password or a factor again.
    """
    for _ in range(100):
        await ada.post("/change-password", currentPassword="a guess", newPassword=NEW_PASSWORD)
        world.clock.advance(3600)
    closed = await ada.post("/change-password", currentPassword=PASSWORD, newPassword=NEW_PASSWORD)
    assert closed.status_code == 429, closed.text

    body = {"token": await reset_token(world, ada.email), "newPassword": NEW_PASSWORD}
    assert (await (await world.client()).post("/reset-password", json=body)).status_code == 200
    ada.password = NEW_PASSWORD
    ada.client = await world.bearer((await ada.sign_in()).json()["token"])

    assert (await ada.enable()).status_code == 200


async def test_backup_codes_that_were_shown_are_those_in_force(world: World, ada: Person) -> None:
    """A refused request changes nothing: not the codes that go with an enrolment under way.

    The owner has her codes written down and confirms her phone; an `enable` that was refused in between, for mails
    sent too often, had put other codes in their place, which nobody was ever shown.
    """
    for _ in range(3):
        assert (await ada.post("/two-factor/enable", password=PASSWORD, method="otp")).status_code == 200
    await ada.enable()
    refused = await ada.post("/two-factor/enable", password=PASSWORD, method="otp")
    assert refused.status_code == 429, refused.text

    assert (await ada.post("/two-factor/verify-totp", code=ada.code())).status_code == 200

    by_code = await ada.answer(await ada.challenge(), "verify-backup-code", code=ada.backup_codes[0])
    assert by_code.status_code == 200, by_code.text


async def test_a_stranger_does_not_keep_the_owners_codes_from_being_sent(world: World, ada: Person) -> None:
    """Anyone who knows an address can request a reset. They must not use up the owner's sends."""
    await ada.enable(method="otp")
    code = await world.mailbox.code_for(ada.email)
    assert (await ada.post("/two-factor/verify-otp", code=code)).status_code == 200
    for _ in range(40):
        await ask_for_reset(world, ada.email)
        world.clock.advance(30)

    sent = await ada.answer(await ada.challenge(), "send-otp")

    assert sent.status_code == 200, sent.text


async def test_nobody_locks_an_account_before_it_exists(sqlite_url: str) -> None:
    """Addresses are counted whether or not they have an account. What was counted before is not the new owner's."""
    async with world_over(sqlite_url, trusted_proxies=PROXY) as world:
        await sign_up(world, "somebody@example.com", "Somebody")
        for number in range(70):
            refused = await sign_in_from(world, network(number), "ada@example.com", "a guess")
            assert refused.status_code == 401
        ada = await sign_up(world)

        signed_in = await ada.sign_in()

    assert signed_in.status_code == 200, signed_in.text


@pytest_asyncio.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    beside = store_at(database_url)
    await beside.open()
    yield beside
    await beside.close()


async def test_a_slow_password_verification_does_not_shorten_the_delay(store: Store) -> None:
    """CVE-2025-64102: of concurrent attempts the first may be verified last; its short delay must not count.

    Guesses are paid for before the password is hashed and refused after it, so two servers, or two threads of one,
    may refuse them in the other order.
    """
    budget = PasswordBudget(store, by_network=False)
    subjects = throttle_keys("ada@example.com", "192.0.2.7", is_known=True)
    charged = [await budget.consume(subjects, START) for _ in range(8)]
    waits = []
    for paid in reversed(charged):
        assert isinstance(paid, Consumption)
        await store.transact(work_of(partial(budget.failed, consumption=paid, now=START, warned=False)))
        refused = await budget.consume(subjects, START)
        assert isinstance(refused, Throttled)
        waits.append(refused.until - START)

    assert waits == [240_000] * 8


async def test_where_networks_do_not_count_sign_ins_do_not_wait_for_each_others_row(store: Store) -> None:
    """Behind a proxy that is not configured all clients have one address, and one row would be locked by each."""
    budget = PasswordBudget(store, by_network=False)
    addresses = ("ada@example.com", "grace@example.com")
    subjects = [throttle_keys(email, "192.0.2.7", is_known=True) for email in addresses]
    ada, grace = [await budget.consume(each, START) for each in subjects]

    assert isinstance(ada, Consumption)
    assert isinstance(grace, Consumption)
    assert ada.keys.network != grace.keys.network


async def test_a_slow_step_up_does_not_shorten_the_delay(store: Store, ada: Person) -> None:
    """CVE-2025-64102, for passwords typed in a live session."""
    user_id = UserId((await ada.session())["user"]["id"])
    paid = [await throttle.consume(store, user_id, AttemptKind.RECOGNIZED_PASSWORD, START) for _ in range(8)]
    for charge in reversed(paid):
        assert isinstance(charge, Allowed)
        close = partial(
            throttle.record_failure,
            user_id=user_id,
            kind=AttemptKind.RECOGNIZED_PASSWORD,
            allowed=charge,
            now=START,
            warned=False,
        )
        await store.transact(work_of(close))

    refused = await throttle.consume(store, user_id, AttemptKind.RECOGNIZED_PASSWORD, START)

    assert refused == Throttled(Millis(START + 240_000))


def work_of(write: Callable[[Tx], None]) -> Work[None]:
    async def work(tx: Tx) -> None:
        write(tx)

    return work


async def test_a_changed_password_resets_attempts_that_a_stolen_session_used_up(
    world: World, ada: Person
) -> None:
    """The refusal says what helps, and it is true: attempts that a stolen session used up are reset."""
    await ada.turn_on_totp()
    for _ in range(100):
        await ada.post("/two-factor/verify-totp", code=wrong_totp(ada))
        world.clock.advance(3600)
        await ada.session()
    closed = await ada.post("/two-factor/verify-totp", code=ada.code())
    assert (closed.status_code, closed.json()["code"]) == (429, "ACCOUNT_TEMPORARILY_LOCKED")
    assert USE_A_BACKUP_CODE in closed.json()["message"]

    changed = await ada.change_password(NEW_PASSWORD, code=ada.backup_codes[0])

    assert changed.status_code == 200, changed.text
    assert (await ada.post("/two-factor/verify-totp", code=ada.code())).status_code == 200


async def test_a_refusal_of_passwords_promises_no_way_out_that_is_closed_too(ada: Person) -> None:
    """Changing the password takes the password, which is what is refused: the sentence would lead in a circle."""
    for _ in range(100):
        await ada.post("/two-factor/disable", password="a guess")
        ada.world.clock.advance(3600)
    closed = await ada.post("/two-factor/disable", password=PASSWORD)
    assert (closed.status_code, closed.json()["code"]) == (429, "ACCOUNT_TEMPORARILY_LOCKED")

    assert "password reset email" in closed.json()["message"]
