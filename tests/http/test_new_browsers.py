"""Sign-ins in browsers that are not recognized: reported to the owner once, whatever the factors were."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from athena_auth.audit.model import EventName
from athena_auth.delivery.model import MessageKind
from athena_auth.throttle.sends.budget import MOST_NEW_BROWSERS
from support import passkey_user
from support.dump import fetch_all
from support.links import reset_token, token_in, verify_address
from support.passkey import Authenticator
from support.person import PASSWORD, Person, sign_up
from support.world import ORIGIN, World, world_over

COOKIE = "athena-auth.recognized_browser"
TRUST = "athena-auth.trust_device"
HOUR, DAY = 3_600, 86_400
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"
REPORTS = f"SELECT session_id FROM athena_audit WHERE event = '{EventName.NEW_BROWSER}'"

Way = Callable[[Person, httpx.AsyncClient], Awaitable[httpx.Response]]
"""Signs a person in completely, in this browser."""


async def by_password(ada: Person, browser: httpx.AsyncClient) -> httpx.Response:
    return await ada.sign_in(browser)


async def by_app(ada: Person, browser: httpx.AsyncClient) -> httpx.Response:
    if ada.phone is None:
        await ada.turn_on_totp()
    await ada.sign_in(browser)
    ada.world.clock.advance(60)
    return await browser.post("/two-factor/verify-totp", json={"code": ada.code()})


async def by_mail(ada: Person, browser: httpx.AsyncClient) -> httpx.Response:
    if not (await ada.session())["user"]["twoFactorEnabled"]:
        await ada.post("/two-factor/enable", password=PASSWORD, method="otp")
        await ada.post("/two-factor/verify-otp", code=await ada.world.mailbox.code_for(ada.email))
    await ada.sign_in(browser)
    sent = ada.world.mailbox.kinds_for(ada.email).count(MessageKind.TWO_FACTOR_OTP)
    await browser.post("/two-factor/send-otp", json={})
    code = await ada.world.mailbox.code_for(ada.email, nth=sent + 1)
    return await browser.post("/two-factor/verify-otp", json={"code": code})


async def by_backup_code(ada: Person, browser: httpx.AsyncClient) -> httpx.Response:
    if ada.phone is None:
        await ada.turn_on_totp()
    await ada.sign_in(browser)
    return await browser.post("/two-factor/verify-backup-code", json={"code": ada.backup_codes.pop()})


async def by_passkey_alone(ada: Person, browser: httpx.AsyncClient) -> httpx.Response:
    return await passkey_user.sign_in(browser, await passkey_user.with_passkey(ada))


WAYS: dict[str, tuple[Way, MessageKind]] = {
    "password": (by_password, MessageKind.NEW_BROWSER),
    "app": (by_app, MessageKind.NEW_BROWSER),
    "code by mail": (by_mail, MessageKind.NEW_BROWSER),
    "backup code": (by_backup_code, MessageKind.BACKUP_CODE_USED),
    "passkey alone": (by_passkey_alone, MessageKind.NEW_BROWSER),
}
"""The ways to sign in, each with the one mail that reports it from a new browser."""


async def reports(world: World) -> int:
    """Return how many sign-ins the audit log has as those of new browsers."""
    return len(await fetch_all(world.database_url, REPORTS))


async def mails(ada: Person, *kinds: MessageKind) -> int:
    """Return how many mails of these kinds the owner has been sent, by default those about new browsers."""
    await ada.world.delivered()
    wanted = kinds or (MessageKind.NEW_BROWSER, MessageKind.NEW_BROWSERS)
    return sum(kind in wanted for kind in ada.world.mailbox.kinds_for(ada.email))


async def signed_in(way: Way, ada: Person, browser: httpx.AsyncClient) -> None:
    answer = await way(ada, browser)
    assert answer.status_code == 200, answer.text
    assert (await browser.get("/get-session")).json()["user"]["email"] == ada.email


@pytest.mark.parametrize(("way", "mail"), WAYS.values(), ids=WAYS.keys())
async def test_a_new_browser_is_reported_by_one_mail(
    world: World, ada: Person, way: Way, mail: MessageKind
) -> None:
    browser = await world.browser()

    await signed_in(way, ada, browser)

    session = (await browser.get("/get-session")).json()["session"]
    assert await fetch_all(world.database_url, REPORTS) == [(session["id"],)]
    assert await mails(ada, mail) == 1
    assert await mails(ada) == (mail is MessageKind.NEW_BROWSER)


@pytest.mark.parametrize("way", [way for way, _ in WAYS.values()], ids=WAYS.keys())
async def test_a_browser_that_has_signed_in_before_is_not_reported(
    world: World, ada: Person, way: Way
) -> None:
    browser = await world.browser()
    await ada.sign_in(browser)
    await browser.post("/sign-out")
    before = await reports(world), await mails(ada)

    await signed_in(way, ada, browser)

    assert (await reports(world), await mails(ada)) == before == (1, 1)
    counted = await fetch_all(
        world.database_url, "SELECT sends FROM athena_send_budget WHERE kind = 'new-browser'"
    )
    assert counted == [(1,)], "nothing more is written for a recognized browser"


async def test_the_mail_says_when_and_from_where_and_has_no_link(world: World, ada: Person) -> None:
    browser = await world.client(origin=ORIGIN, **{"user-agent": FIREFOX})

    await ada.sign_in(browser)

    mail = await world.mailbox.message_for(ada.email, MessageKind.NEW_BROWSER)
    assert mail.context is not None
    assert (mail.context.at, mail.context.address) == (world.clock.now(), "127.0.0.1")
    assert mail.context.user_agent == FIREFOX
    assert mail.url is None


@pytest.mark.parametrize(
    ("shown", "is_new"),
    [("its own", False), ("forged", True), ("of another account", True), ("of the old password", True)],
)
@pytest.mark.parametrize("way", [by_password, by_app, by_passkey_alone])
async def test_only_the_accounts_own_cookie_makes_a_browser_recognized(
    sqlite_world: World, shown: str, is_new: bool, way: Way
) -> None:
    ada, eve = await sign_up(sqlite_world), await sign_up(sqlite_world, "eve@example.com", "Eve")
    browser = await sqlite_world.browser()
    await (eve if shown == "of another account" else ada).sign_in(browser)
    cookie = browser.cookies[COOKIE]
    if shown == "forged":
        cookie = cookie[:-2] + ("AA" if cookie[-2:] != "AA" else "BB")
    if shown == "of the old password":
        await ada.change_password(PASSWORD)
    before = await mails(ada)
    attackers = await sqlite_world.browser()
    attackers.cookies.set(COOKIE, cookie)

    await signed_in(way, ada, attackers)

    assert await mails(ada) == before + is_new


async def test_a_password_without_its_second_factor_is_no_sign_in(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    thief = await world.browser()
    await ada.sign_in(thief)

    await thief.post("/two-factor/verify-totp", json={"code": "000000"})

    assert (await reports(world), await mails(ada)) == (0, 0)
    assert await mails(ada, MessageKind.SECOND_FACTOR_REFUSED) == 1


async def test_a_device_that_becomes_trusted_is_reported_by_one_mail(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)

    body = {"code": ada.code(), "trustDevice": True}
    await browser.post("/two-factor/verify-totp", json=body)

    assert (await reports(world), await mails(ada)) == (1, 0)
    assert await mails(ada, MessageKind.DEVICE_TRUSTED) == 1


async def test_a_trusted_device_is_not_new(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
    again = await world.browser()
    again.cookies.set(TRUST, browser.cookies[TRUST])

    answer = await ada.sign_in(again)

    assert answer.json()["user"]["email"] == ada.email
    assert (await reports(world), await mails(ada)) == (1, 0)


async def test_neither_a_sign_up_nor_a_step_up_is_reported(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    await ada.step_up()

    assert (await reports(world), await mails(ada)) == (0, 0)


async def test_the_first_sign_in_after_the_address_was_verified_is_not_reported(database_url: str) -> None:
    """The sign-up of such a server has no session, and the owner would be warned of their own first sign-in."""
    async with world_over(database_url, require_verified_email="on") as world:
        browser = await world.browser()
        body = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}
        await browser.post("/sign-up/email", json=body)
        ada = Person(world, body["email"], browser, "")
        link = await world.mailbox.message_for(ada.email, MessageKind.EMAIL_VERIFICATION)
        token = token_in(str(link.url))
        await browser.post("/confirm-email", json={"token": token, "password": PASSWORD})

        await signed_in(by_password, ada, browser)

        assert (await reports(world), await mails(ada)) == (0, 0)


async def test_a_link_that_was_used_makes_no_browser_a_recognized_one(sqlite_world: World) -> None:
    """An address that is verified already is answered without the password, so the answer must not vouch for it."""
    ada = await sign_up(sqlite_world)
    link = await sqlite_world.mailbox.message_for(ada.email, MessageKind.EMAIL_VERIFICATION)
    token = token_in(str(link.url))
    first, second = await sqlite_world.browser(), await sqlite_world.browser()

    by_owner = await first.post("/confirm-email", json={"token": token, "password": PASSWORD})
    by_reader = await second.post("/confirm-email", json={"token": token, "password": "not hers"})

    assert (by_owner.status_code, by_reader.status_code) == (200, 200)
    assert COOKIE in first.cookies
    assert COOKIE not in second.cookies


@pytest.mark.parametrize("has_factor", [False, True])
async def test_a_reset_by_mail_reports_the_sign_in_that_follows(
    world: World, ada: Person, has_factor: bool
) -> None:
    await verify_address(ada)
    if has_factor:
        await ada.turn_on_totp()
    browser = await world.browser()
    token = await reset_token(world, ada.email)
    ada.password = "another long sentence of mine"
    await browser.post("/reset-password", json={"token": token, "newPassword": ada.password})

    if has_factor:  # the answer was a challenge
        answer = await browser.post("/two-factor/verify-totp", json={"code": ada.code()})
    else:
        answer = await ada.sign_in(browser)

    assert answer.status_code == 200, answer.text
    assert (await reports(world), await mails(ada)) == (0, 0)
    assert await mails(ada, MessageKind.PASSWORD_WAS_RESET) == 1


async def test_an_enrolment_that_completes_a_sign_in_is_reported_by_one_mail(database_url: str) -> None:
    async with world_over(database_url, require_second_factor="all") as world:
        ada = await sign_up(world)
        world.clock.advance(15 * DAY)
        token = (await ada.sign_in()).json()["enrolmentToken"]
        ada.client = await world.bearer(token)

        await ada.turn_on_totp()

        assert (await reports(world), await mails(ada)) == (0, 0)
        assert await mails(ada, MessageKind.FACTOR_ADDED) == 1


async def test_mails_end_with_one_that_says_so(world: World, ada: Person) -> None:
    """An attacker with the password can neither fill the mailbox, nor cause the last mail without that being said."""
    sign_ins = MOST_NEW_BROWSERS + 3
    for _ in range(sign_ins):
        await ada.sign_in()

    assert await reports(world) == sign_ins
    assert await mails(ada, MessageKind.NEW_BROWSER) == MOST_NEW_BROWSERS - 1
    assert await mails(ada, MessageKind.NEW_BROWSERS) == 1
    assert world.mailbox.kinds_for(ada.email)[-1] == MessageKind.NEW_BROWSERS
    world.clock.advance(HOUR)
    await ada.sign_in()
    assert await mails(ada, MessageKind.NEW_BROWSER) == MOST_NEW_BROWSERS


async def test_an_earlier_sign_in_silences_no_later_one(world: World, ada: Person) -> None:
    """A limit of one mail a day would hide the attacker who signs in after the owner has tried another browser."""
    await ada.sign_in()

    await ada.sign_in()

    assert await mails(ada, MessageKind.NEW_BROWSER) == 2


async def test_a_form_sent_twice_is_one_sign_in(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    body = {"code": ada.code()}

    answers = [
        await (await world.client(origin=ORIGIN, cookie=cookie)).post("/two-factor/verify-totp", json=body)
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 200], answers[-1].text
    assert (await reports(world), await mails(ada)) == (1, 1)


async def test_the_setting_ends_the_mails_and_not_the_events(database_url: str) -> None:
    async with world_over(database_url, notify_new_browser="off") as world:
        ada = await sign_up(world)

        await ada.sign_in()

        assert (await reports(world), await mails(ada)) == (1, 0)


async def test_a_passkey_as_the_second_factor_is_reported_too(world: World, ada: Person) -> None:
    device = await passkey_user.turn_on(ada, Authenticator())
    browser = await passkey_user.challenged(world, ada)

    await passkey_user.second_step(browser, device)

    assert (await reports(world), await mails(ada)) == (1, 1)
