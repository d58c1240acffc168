"""ATHENA_METHODS: what is not offered is neither enrolled, nor prompted for, nor accepted."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from athena_auth import SettingsError
from athena_auth.factors import BackupCodes, Otp, Passkeys, Totp
from athena_auth.wiring.shared_services import FactorFactory
from support.key_fob import KeyFob
from support.passkey import Authenticator
from support.passkey_user import challenged, code_of, sign_in_options, turn_on, with_passkey
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

REFUSED = (400, "METHOD_NOT_AVAILABLE")
ALL: tuple[FactorFactory, ...] = (Passkeys, Totp, Otp, BackupCodes)


async def at(world: World, person: Person) -> Person:
    """Return the owner of the account, signed in at another server over the same database."""
    return replace(person, world=world, client=await world.bearer(person.token))


async def outcome(client: httpx.AsyncClient, path: str, **body: Any) -> tuple[int, str]:
    answer = await client.post(path, json=body)
    return answer.status_code, answer.json().get("code", "")


async def with_app(database_url: str) -> Person:
    """Return the owner of an account with an authenticator app, of a server that offered all methods."""
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
    return ada


async def test_the_password_alone_is_not_enough_for_an_account_with_other_methods(database_url: str) -> None:
    before = await with_app(database_url)
    async with world_over(database_url, methods="passkey,backup-code") as world:
        world.clock.advance(120)
        ada = await at(world, before)
        browser = await challenged(world, ada)
        due = (await ada.sign_in()).json()

        refused = [
            await outcome(browser, "/two-factor/verify-totp", code=ada.code()),
            await outcome(browser, "/two-factor/send-otp"),
            await outcome(browser, "/two-factor/verify-otp", code="123456"),
            await outcome(browser, "/two-factor/verify-totp", code=ada.code()),
            await outcome(browser, "/two-factor/verify-totp", code=ada.code()),
            await outcome(browser, "/two-factor/verify-totp", code=ada.code()),
        ]
        signed_in = await browser.post("/two-factor/verify-backup-code", json={"code": ada.backup_codes[0]})
        status = (await browser.get("/two-factor/status")).json()

    assert (due["twoFactorMethods"], due["preferredMethod"]) == (["backup-code"], None)
    assert refused == [REFUSED] * 6
    assert signed_in.status_code == 200, signed_in.text
    assert (status["enabled"], status["methods"]) == (True, ["backup-code"])


async def test_the_owner_adds_a_method_that_is_offered_with_a_backup_code(database_url: str) -> None:
    before = await with_app(database_url)
    async with world_over(database_url, methods="passkey,backup-code") as world:
        world.clock.advance(120)
        ada = await at(world, before)
        answered = await ada.answer(await ada.challenge(), "verify-backup-code", code=ada.backup_codes[0])
        ada.client = await world.bearer(answered.json()["token"])

        await turn_on(ada)

        assert (await ada.sign_in()).json()["twoFactorMethods"] == ["passkey", "backup-code"]


async def test_methods_are_offered_in_the_same_order_however_they_are_named(sqlite_url: str) -> None:
    """Clients show the first one first."""
    ada = await with_app(sqlite_url)
    async with world_over(sqlite_url, methods="backup-code,totp") as world:
        ada = await at(world, ada)

        assert (await ada.sign_in()).json()["twoFactorMethods"] == ["totp", "backup-code"]


async def test_a_code_of_another_method_is_no_step_up(database_url: str) -> None:
    before = await with_app(database_url)
    async with world_over(database_url, methods="passkey,backup-code") as world:
        world.clock.advance(1200)
        ada = await at(world, before)

        begun = await ada.post("/two-factor/disable", password=PASSWORD, code=ada.code())
        verified = await outcome(ada.client, "/two-factor/verify-totp", code=ada.code())

    assert (begun.status_code, code_of(begun)) == (401, "INVALID_CODE")
    assert verified == REFUSED


async def test_other_methods_are_not_enrolled(database_url: str) -> None:
    async with world_over(database_url, methods="passkey", otp_fallback="on") as world:
        ada = await sign_up(world)
        refused = [
            await outcome(ada.client, "/two-factor/enable", password=PASSWORD),
            await outcome(ada.client, "/two-factor/enable", password=PASSWORD, method="otp"),
        ]
        await turn_on(ada)
        refused += [
            await outcome(ada.client, "/two-factor/add-authenticator", password=PASSWORD),
            await outcome(ada.client, "/two-factor/generate-backup-codes", password=PASSWORD),
            await outcome(ada.client, "/two-factor/set-preferred-method", method="otp"),
            await outcome(ada.client, "/two-factor/send-otp"),
        ]
        due = (await ada.sign_in()).json()
        status = (await ada.client.get("/two-factor/status")).json()

    assert refused == [REFUSED] * 6
    # Codes that are not accepted are not handed out either.
    assert (ada.backup_codes, status["backupCodesLeft"]) == ([], 0)
    assert due["twoFactorMethods"] == status["methods"] == ["passkey"]


async def test_passkeys_are_not_used_in_any_way_if_they_are_not_offered(database_url: str) -> None:
    async with world_over(database_url) as world:
        before = await sign_up(world)
        device = await with_passkey(before)
        options = await sign_in_options(await world.browser())
    async with world_over(database_url, methods="totp,otp,backup-code") as world:
        ada = await at(world, before)
        response = {"response": device.get(options)}
        created = {
            "response": Authenticator().create({**options, "rp": {"id": "localhost"}, "user": {"id": "AA"}})
        }
        browser = await world.browser()
        refused = [
            await outcome(ada.client, "/passkey/generate-register-options"),
            await outcome(ada.client, "/passkey/verify-registration", **created),
            await outcome(ada.client, "/two-factor/enable", password=PASSWORD, method="passkey"),
            await outcome(ada.client, "/two-factor/prompt-passkey"),
            await outcome(ada.client, "/two-factor/verify-passkey", **response),
            await outcome(browser, "/passkey/generate-authenticate-options"),
            await outcome(browser, "/passkey/verify-authentication", **response),
        ]
        listed = (await ada.client.get("/passkey/list-user-passkeys")).json()
        removed = await outcome(ada.client, "/passkey/delete-passkey", id=listed[0]["id"])

    assert refused == [REFUSED] * 7
    assert removed == (200, "")


async def test_what_is_not_accepted_is_not_the_factor_that_is_left(database_url: str) -> None:
    async with world_over(database_url) as world:
        before = await sign_up(world)
        await turn_on(before)
        await before.enable()
        confirmed = await before.post("/two-factor/verify-totp", code=before.code())
        assert confirmed.status_code == 200, confirmed.text
    async with world_over(database_url, methods="passkey") as world:
        ada = await at(world, before)
        found = {each["factor"]: each["id"] for each in await listed(ada)}
        refused = [
            await outcome(ada.client, "/passkey/delete-passkey", id=found["passkey"]),
            await outcome(ada.client, "/two-factor/remove-authenticator", id=found["passkey"]),
            await outcome(ada.client, "/two-factor/suspend-authenticator", id=found["passkey"]),
        ]
        removed = await outcome(ada.client, "/two-factor/remove-authenticator", id=found["totp"])

    assert refused == [(400, "LAST_AUTHENTICATOR")] * 3
    assert removed == (200, "")


async def listed(person: Person) -> list[dict[str, str]]:
    found: list[dict[str, str]] = (await person.client.get("/two-factor/list-authenticators")).json()
    return found


async def test_a_required_factor_is_one_that_is_offered(database_url: str) -> None:
    async with world_over(database_url, methods="otp", require_second_factor="all", require_grace=0) as world:
        body = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}
        answer = (await (await world.client()).post("/sign-up/email", json=body)).json()
        client = await world.bearer(answer["enrolmentToken"])
        refused = [
            await outcome(client, "/two-factor/enable", password=PASSWORD, method="totp"),
            await outcome(client, "/two-factor/verify-totp", code="123456"),
            await outcome(client, "/two-factor/prompt-passkey"),
        ]
        begun = await client.post("/two-factor/enable", json={"password": PASSWORD, "method": "otp"})
        code = await world.mailbox.code_for("ada@example.com")
        confirmed = await client.post("/two-factor/verify-otp", json={"code": code})

    assert answer["methods"] == ["otp"]
    assert refused == [REFUSED] * 3
    assert begun.json()["backupCodes"] == []
    assert confirmed.status_code == 200, confirmed.text


async def test_a_hosts_own_factor_is_named_like_the_others(sqlite_url: str) -> None:
    async with world_over(sqlite_url, factors=(*ALL, KeyFob), methods="fob,totp") as world:
        ada = await sign_up(world)
        begun = await ada.post("/two-factor/enable", password=PASSWORD, method="fob")
    async with world_over(sqlite_url, factors=(*ALL, KeyFob), methods="totp") as world:
        there = await at(world, ada)
        refused = [
            await outcome(there.client, "/two-factor/enable", password=PASSWORD, method="fob"),
            await outcome(there.client, "/two-factor/verify-fob", code="123456"),
        ]

    assert begun.status_code == 200, begun.text
    assert refused == [REFUSED] * 2


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ("totp,passkeys", "name these methods only, separated by commas, each once: "),
        ("totp,totp", "name these methods only, separated by commas, each once: "),
        ("totp,fob", "name these methods only, separated by commas, each once: "),
        ("backup-code", "name at least one method that can be turned on: passkey, totp, otp."),
    ],
)
async def test_what_names_no_methods_is_refused_at_the_start(
    sqlite_url: str, methods: str, message: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        async with world_over(sqlite_url, methods=methods):
            pass

    assert str(refused.value).startswith(f"ATHENA_METHODS: {message}")
