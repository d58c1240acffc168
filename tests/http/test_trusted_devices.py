"""Trusted devices as shown to their owner, and how they are revoked."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio

from athena_auth.audit import sql as audit
from athena_auth.audit.model import EventName, ListedEvent
from athena_auth.crypto.keys import Keyring
from athena_auth.kernel.clock import Millis
from athena_auth.store.address import store_at
from athena_auth.store.transaction import Store, Tx
from athena_auth.trusted_devices.device_trust import TrustedDevices
from support.clock import START
from support.person import PASSWORD, Person, sign_up
from support.world import ORIGIN, SECRET, World, world_over

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1"
)
COOKIE = "athena-auth.trust_device"
DAY = 86_400


@pytest_asyncio.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """Open the server's database beside it."""
    beside = store_at(database_url)
    await beside.open()
    yield beside
    await beside.close()


async def trusted(ada: Person, user_agent: str = FIREFOX) -> httpx.AsyncClient:
    """Return a browser of the user that is signed in and trusted."""
    browser = await ada.world.client(origin=ORIGIN, **{"user-agent": user_agent})
    await ada.sign_in(browser)
    body = {"code": ada.backup_codes.pop(), "trustDevice": True}
    passed = await browser.post("/two-factor/verify-backup-code", json=body)
    assert passed.status_code == 200, passed.text
    return browser


async def listed(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await client.get("/two-factor/trusted-devices")
    assert answer.status_code == 200, answer.text
    devices: list[dict[str, Any]] = answer.json()
    return devices


async def is_challenged(ada: Person, browser: httpx.AsyncClient) -> bool:
    return "twoFactorRedirect" in (await ada.sign_in(browser)).json()


async def revocations(store: Store) -> list[ListedEvent]:
    async def work(tx: Tx) -> list[ListedEvent]:
        return await audit.load(tx, None, Millis(0), 100)

    trail = await store.read(work)
    return [recorded for recorded in trail if recorded.entry.name == EventName.TRUST_REVOKED]


async def test_devices_are_listed_by_name_place_and_time(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    laptop = await trusted(ada)
    world.clock.advance(DAY)
    await trusted(ada, SAFARI)

    phone, first = await listed(laptop)

    assert first == {
        "id": first["id"],
        "name": "Firefox on Linux",
        "ipAddress": "127.0.0.1",
        "createdAt": "2026-09-21T14:14:20.000Z",
        "lastUsedAt": "2026-09-21T14:14:20.000Z",
        "expiresAt": "2026-10-21T14:14:20.000Z",
        "current": True,
    }
    assert (phone["name"], phone["current"]) == ("Safari on iPhone", False)
    assert phone["createdAt"] == "2026-09-22T14:14:20.000Z"


async def test_the_last_used_device_comes_first_and_keeps_its_beginning(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    laptop = await trusted(ada)
    await trusted(ada, SAFARI)
    world.clock.advance(DAY)
    assert not await is_challenged(ada, laptop)

    first, second = await listed(laptop)

    assert (first["name"], first["current"]) == ("Firefox on Linux", True)
    assert first["createdAt"] == second["createdAt"] == second["lastUsedAt"] < first["lastUsedAt"]


async def test_without_a_trust_cookie_no_device_is_the_current_one(ada: Person) -> None:
    await ada.turn_on_totp()
    await trusted(ada)

    assert [device["current"] for device in await listed(ada.client)] == [False]


async def test_the_list_shows_no_token(ada: Person) -> None:
    await ada.turn_on_totp()
    laptop = await trusted(ada)

    assert laptop.cookies[COOKIE] not in str(await listed(laptop))


async def test_a_revoked_device_is_challenged_and_the_others_are_not(store: Store, ada: Person) -> None:
    """FusionAuth issue 2706: users could not revoke the trust that they had granted."""
    await ada.turn_on_totp()
    laptop, phone = await trusted(ada), await trusted(ada, SAFARI)
    theirs = next(device for device in await listed(laptop) if not device["current"])

    revoked = await laptop.post("/two-factor/revoke-trusted-device", json={"id": theirs["id"]})

    assert revoked.json() == {"status": True}
    assert "set-cookie" not in revoked.headers
    assert await is_challenged(ada, phone)
    assert not await is_challenged(ada, laptop)
    (recorded,) = await revocations(store)
    assert recorded.entry.device_id == theirs["id"]
    assert recorded.entry.client.user_agent == FIREFOX
    assert recorded.entry.session_id is not None


async def test_a_browser_that_revokes_itself_forgets_its_token(ada: Person) -> None:
    await ada.turn_on_totp()
    laptop = await trusted(ada)
    token = laptop.cookies[COOKIE]
    (mine,) = await listed(laptop)

    await laptop.post("/two-factor/revoke-trusted-device", json={"id": mine["id"]})

    assert COOKIE not in laptop.cookies
    laptop.cookies.set(COOKIE, token)
    assert await is_challenged(ada, laptop)


async def test_all_devices_are_revoked_at_once(store: Store, ada: Person) -> None:
    await ada.turn_on_totp()
    laptop, phone = await trusted(ada), await trusted(ada, SAFARI)

    revoked = await laptop.post("/two-factor/revoke-trusted-devices")

    assert revoked.json() == {"status": True}
    assert COOKIE not in laptop.cookies
    assert await listed(laptop) == []
    assert await is_challenged(ada, laptop)
    assert await is_challenged(ada, phone)
    (recorded,) = await revocations(store)
    assert recorded.entry.device_id is None


async def test_where_no_device_is_trusted_there_is_nothing_to_revoke_and_nothing_to_record(
    store: Store, ada: Person
) -> None:
    assert (await ada.post("/two-factor/revoke-trusted-devices")).json() == {"status": True}

    assert await revocations(store) == []


async def test_devices_of_other_accounts_are_neither_listed_nor_revoked(
    world: World, store: Store, ada: Person
) -> None:
    """CVE-2020-5240: an id in the request was enough to remove what belongs to another account."""
    await ada.turn_on_totp()
    laptop = await trusted(ada)
    (hers,) = await listed(laptop)
    eve = await sign_up(world, "eve@example.com", "Eve")

    refused = await eve.post("/two-factor/revoke-trusted-device", id=hers["id"])
    await eve.post("/two-factor/revoke-trusted-devices")

    assert (refused.status_code, refused.json()["code"]) == (404, "TRUSTED_DEVICE_NOT_FOUND")
    assert await listed(eve.client) == []
    assert not await is_challenged(ada, laptop)
    assert await revocations(store) == []


@pytest.mark.parametrize("name", ["", "unknown", "x" * 128])
async def test_a_device_that_is_not_there_is_not_found(sqlite_world: World, name: str) -> None:
    ada = await sign_up(sqlite_world)

    refused = await ada.post("/two-factor/revoke-trusted-device", id=name)

    assert (refused.status_code, refused.json()["code"]) == (404, "TRUSTED_DEVICE_NOT_FOUND")


@pytest.mark.parametrize("name", [None, 7, "\0", "a b", "x" * 129])
async def test_what_cannot_be_an_id_is_a_bad_request(sqlite_world: World, name: Any) -> None:
    ada = await sign_up(sqlite_world)

    refused = await ada.post("/two-factor/revoke-trusted-device", id=name)

    assert (refused.status_code, refused.json()["code"]) == (400, "VALIDATION_ERROR")


async def test_a_device_whose_trust_has_run_out_is_gone(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    laptop = await trusted(ada)
    (device,) = await listed(laptop)
    world.clock.advance(30 * DAY)
    ada.client = await world.bearer((await again(ada)).json()["token"])

    refused = await ada.post("/two-factor/revoke-trusted-device", id=device["id"])

    assert await listed(ada.client) == []
    assert refused.json()["code"] == "TRUSTED_DEVICE_NOT_FOUND"


async def again(ada: Person) -> httpx.Response:
    """Sign in with password and phone."""
    return await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())


async def test_a_token_is_recognised_without_being_used_up(world: World, store: Store, ada: Person) -> None:
    """Attempts from a trusted device must not consume its trust token."""
    await ada.turn_on_totp()
    laptop = await trusted(ada)
    eve = await sign_up(world, "eve@example.com", "Eve")
    owner, other = await world.resolve(ada.token), await world.resolve(eve.token)
    trust, token = TrustedDevices(Keyring({1: SECRET.encode()}), 30 * DAY), laptop.cookies[COOKIE]
    later = Millis(START + 31 * DAY * 1000)

    assert await trust.recognizes(store, owner.account.id, token, START)
    assert not await trust.recognizes(store, owner.account.id, token, later)
    assert not await trust.recognizes(store, other.account.id, token, START)
    assert not await trust.recognizes(store, owner.account.id, "forged", START)
    assert not await is_challenged(ada, laptop)


async def test_devices_end_with_the_second_factor(ada: Person) -> None:
    await ada.turn_on_totp()
    laptop = await trusted(ada)

    await laptop.post("/two-factor/disable", json={"password": PASSWORD})

    assert await listed(laptop) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/two-factor/trusted-devices"),
        ("POST", "/two-factor/revoke-trusted-device"),
        ("POST", "/two-factor/revoke-trusted-devices"),
    ],
)
async def test_a_challenge_opens_none_of_it(sqlite_world: World, method: str, path: str) -> None:
    """An attacker with only the password must neither see nor revoke the owner's trusted devices."""
    ada = await sign_up(sqlite_world)
    await ada.turn_on_totp()
    challenged = await sqlite_world.bearer(await ada.challenge())

    answer = await challenged.request(method, path, json={"id": "x"})

    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")


async def test_a_server_that_trusts_no_device_asks_for_a_code_on_those_that_were_trusted(
    database_url: str,
) -> None:
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        cookies = (await trusted(ada)).cookies
    async with world_over(database_url, trust_ttl=0) as world:
        browser = await world.client(origin=ORIGIN, **{"user-agent": FIREFOX})
        browser.cookies.update(cookies)
        assert await is_challenged(replace(ada, world=world), browser)

        body = {"code": ada.backup_codes.pop(), "trustDevice": True}
        passed = await browser.post("/two-factor/verify-backup-code", json=body)

        assert passed.status_code == 200, passed.text
        assert COOKIE not in passed.headers.get("set-cookie", "")
        assert await is_challenged(replace(ada, world=world), browser)
