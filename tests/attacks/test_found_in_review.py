"""Vulnerabilities that hostile reviews of this code found; each existed once."""

import asyncio

import pytest

from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.clock import Millis
from athena_auth.store.address import store_at
from athena_auth.throttle.passwords.budget import throttle_keys
from athena_auth.throttle.passwords.sql import PasswordLimits, consume
from athena_auth.wire.redirects import RedirectPolicy, with_parameters
from support.attacker import PROXY, network, sign_in_from
from support.dump import fetch_all
from support.links import ask_for_reset
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

NEW_PASSWORD = "a wholly different password"


@pytest.mark.parametrize(
    "page",
    [
        "https://tas\u212as.example/x",
        "https://TAS\u212aS.EXAMPLE",
        "https://t\u00e4sks.example/",
        "https://tasks.example\u3002evil.example/",
    ],
)
def test_a_letter_that_only_looks_like_another_opens_no_redirect(page: str) -> None:
    """The Kelvin sign is a `k` in lower case, and was then dropped from the header: to another host."""
    assert RedirectPolicy("https://tasks.example", ()).absolute(page) is None


def test_a_page_with_letters_of_its_own_is_linked_as_it_is() -> None:
    links = RedirectPolicy("https://tasks.example", ())

    assert links.absolute("/\u00fcber?a=%20b#c") == "https://tasks.example/%C3%BCber?a=%20b#c"


def test_a_page_cannot_bring_a_token_of_its_own() -> None:
    """A page that reads the first `token` would set the password of the attacker's account."""
    assert (
        with_parameters("https://a.example/?token=theirs&x=1", token="ours")
        == "https://a.example/?x=1&token=ours"
    )


async def test_what_asks_for_a_factor_cannot_be_walked_round_by_replacing_it(database_url: str) -> None:
    """Session and password: `enable` began an enrolment of the attacker's phone, and confirming it counted as step-up."""
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        world.clock.advance(601)

        replaced = await ada.post("/two-factor/enable", password=PASSWORD)
        codes = await ada.post("/two-factor/generate-backup-codes", password=PASSWORD)

        assert {replaced.json()["code"], codes.json()["code"]} == {"STEP_UP_REQUIRED"}


async def test_an_attacker_with_the_password_cannot_use_up_the_owners_codes(
    world: World, ada: Person
) -> None:
    await ada.turn_on_totp()
    for _ in range(4):
        await ada.answer(await ada.challenge(), "send-otp")

    assert (await ada.post("/two-factor/send-otp")).status_code == 200, (
        "in her session she has a lane of her own"
    )


async def test_notifications_cannot_be_abused_for_spam(world: World) -> None:
    """Anyone can sign up with another person's address and an advertisement for a name, and cause notifications."""
    mallory = await sign_up(world, "victim@example.com", "You have won, call 0900 1234567")
    await mallory.turn_on_totp()
    for _ in range(40):
        await mallory.post("/two-factor/generate-backup-codes", password=PASSWORD)
    await ask_for_reset(world, mallory.email)
    await world.mailbox.message_for(mallory.email, MessageKind.PASSWORD_RESET)

    mails = [mail for mail in world.mailbox.messages if mail.to == mallory.email]
    # Twenty notifications in an hour, and the links to verify the address and to set a password.
    assert len(mails) <= 22
    assert {mail.name for mail in mails} == {""}, (
        "who has not shown that it is her address is not greeted by name"
    )


async def test_a_blocked_network_uses_up_nobody_elses_attempts(database_url: str) -> None:
    """A loop of attempts from one blocked network filled the account's count for moments, and its owner was refused."""
    async with world_over(database_url, trusted_proxies=PROXY, rate_limit="on") as world:
        ada = await sign_up(world)
        for _ in range(5):
            await sign_in_from(world, network(1), ada.email, "a guess")
        now = world.clock.now()
        subjects = throttle_keys(ada.email, network(1), is_known=True)
        terms = PasswordLimits(
            now=now, window_began=Millis(0), soon=now, in_a_while=now, most=100, most_of_network=100
        )
        store = store_at(world.database_url)
        await store.open()

        charged = await consume(store, subjects, terms)
        await store.close()
        assert charged == {}, "not even for a moment"


async def test_neighbours_have_no_say_in_what_a_trusted_device_may_do(database_url: str) -> None:
    """A hundred attempts at made-up addresses blocked a network, and with it the owner's own browser."""
    async with world_over(database_url, trusted_proxies=PROXY, rate_limit="on") as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        browser = await world.browser()
        await ada.sign_in(browser)
        await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
        for n in range(101):
            if n % 90 == 0:
                world.clock.advance(61)
            await sign_in_from(world, network(1), f"nobody{n}@example.com", "a guess")
        assert (await sign_in_from(world, network(1), ada.email, PASSWORD)).status_code == 429
        world.clock.advance(61)

        signed_in = await sign_in_from(world, network(1), ada.email, PASSWORD, browser)

        assert signed_in.json()["redirect"] is False


async def test_a_deleted_account_leaves_no_lock_behind(database_url: str) -> None:
    async with world_over(database_url, trusted_proxies=PROXY) as world:
        ada = await sign_up(world)
        for n in range(70):
            await sign_in_from(world, network(n), ada.email, "a guess")
        assert (await ada.post("/delete-user", password=PASSWORD)).status_code == 200

        again = await sign_up(world)

        assert (await sign_in_from(world, network(500), again.email, PASSWORD)).status_code == 200


async def test_an_owner_hears_of_wrong_passwords(world: World, ada: Person) -> None:
    for _ in range(6):
        await ada.sign_in(password="a guess")

    await world.mailbox.message_for(ada.email, MessageKind.ACCOUNT_LOCKED)
    kinds = world.mailbox.kinds_for(ada.email)
    assert kinds == [MessageKind.EMAIL_VERIFICATION, MessageKind.ACCOUNT_LOCKED]


async def test_changing_the_password_brings_no_new_attempts_at_the_factor(database_url: str) -> None:
    """Session and password: five attempts, a new password, five more, without ever waiting."""
    async with world_over(database_url, step_up="password") as world:
        await _change_the_password_between_attempts(await sign_up(world))


async def _change_the_password_between_attempts(ada: Person) -> None:
    world = ada.world
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
    await browser.post("/sign-out")
    await ada.sign_in(browser)  # on a trusted device: a session in which no factor was proven
    thief = Person(world, ada.email, browser, "")
    for _ in range(5):
        await thief.post("/two-factor/verify-totp", code="000000")

    changed = await thief.post("/change-password", currentPassword=PASSWORD, newPassword=NEW_PASSWORD)

    assert changed.status_code == 200
    locked = await thief.post("/two-factor/verify-totp", code="000000")
    assert locked.json()["code"] == "ACCOUNT_TEMPORARILY_LOCKED"


async def test_a_scanner_of_links_does_not_use_them_up(world: World, ada: Person) -> None:
    await ada.post("/send-verification-email", email=ada.email)
    mail = await world.mailbox.message_for(ada.email, MessageKind.EMAIL_VERIFICATION)
    scanner = await world.client()

    looked = await scanner.head(str(mail.url))

    assert looked.status_code == 303
    assert (await ada.session())["user"]["emailVerified"] is False
    for accept in ("*/*", "text/html"):
        followed = await scanner.get(str(mail.url), headers={"accept": accept}, follow_redirects=True)
        assert followed.status_code == (401 if accept == "*/*" else 200)
        assert (await ada.session())["user"]["emailVerified"] is False
    assert (await ada.client.get(str(mail.url))).json()["status"] is True


async def test_attempts_and_new_passwords_do_not_deadlock(postgres_world: World) -> None:
    """They locked the same rows in opposite orders: a deadlock until PostgreSQL aborted one."""
    ada = await sign_up(postgres_world)
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"

    async def guess() -> None:
        for _ in range(8):
            await ada.sign_in(password="a guess")

    async def change() -> None:
        for n in range(4):
            await ada.change_password(f"a wholly different password {n}")

    await asyncio.gather(*[guess() for _ in range(6)], change())

    assert await fetch_all(postgres_world.database_url, deadlocks) == [(0,)]


async def test_an_enrolment_of_another_kind_takes_the_place_of_the_one_under_way(
    world: World, ada: Person
) -> None:
    """Backup codes go with what they were shown with: a second enrolment had put its own in the first one's place."""
    await ada.enable()
    shown_last = await ada.post("/two-factor/enable", password=PASSWORD, method="otp")

    confirmed = await ada.post("/two-factor/verify-totp", code=ada.code())

    assert confirmed.status_code == 400, "the phone was not confirmed before another enrolment began"
    code = await world.mailbox.code_for(ada.email)
    assert (await ada.post("/two-factor/verify-otp", code=code)).status_code == 200
    by_code = await ada.answer(
        await ada.challenge(), "verify-backup-code", code=shown_last.json()["backupCodes"][0]
    )
    assert by_code.status_code == 200


async def test_strangers_who_ask_for_one_kind_of_link_leave_the_other(world: World, ada: Person) -> None:
    for _ in range(12):
        await ada.post("/send-verification-email", email=ada.email)

    await ask_for_reset(world, ada.email)

    await world.mailbox.message_for(ada.email, MessageKind.PASSWORD_RESET)
