"""Adding, listing, naming and removing passkeys."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from athena_auth.delivery.model import MessageKind
from athena_auth.factors import BackupCodes, Otp, Totp
from support.apps import add_app
from support.dump import fetch_all
from support.links import reset_token
from support.passkey import Authenticator, base64url, from_base64url
from support.passkey_user import (
    add_passkey,
    challenged,
    code_of,
    prompt,
    register_options,
    second_step,
    sign_in,
    turn_on,
    with_passkey,
)
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

GOOGLE = bytes.fromhex("ea9b8d664d011d213ce4b6b48cb575d4")
WRONG: dict[str, dict[str, Any]] = {
    "the origin of a phishing site": {"origin": "https://athena.example.net"},
    "the domain of another site": {"rp_id": "example.net"},
    "nobody touched the authenticator": {"is_present": False},
    "a page of another origin frames this one": {"in_foreign_frame": True},
    "it does not say whether a page frames this one": {"in_foreign_frame": None},
}


async def listed(person: Person) -> list[dict[str, Any]]:
    answer = await person.client.get("/passkey/list-user-passkeys")
    found: list[dict[str, Any]] = answer.json()
    return found


async def test_only_a_passkey_that_the_browser_made_by_itself_lacks_the_users_presence(ada: Person) -> None:
    device = Authenticator(is_present=False, verifies_user=False)
    refused = await add_passkey(ada, device)

    added = await add_passkey(ada, device, mediation="conditional")

    assert code_of(refused) == "FAILED_TO_VERIFY_REGISTRATION"
    assert added.status_code == 200, added.text
    assert code_of(await sign_in(await ada.world.browser(), device)) == "AUTHENTICATION_FAILED"


async def test_a_passkey_is_added_without_a_change_to_the_password_sign_in(world: World, ada: Person) -> None:
    device = Authenticator(is_synced=True, aaguid=GOOGLE)

    added = await add_passkey(ada, device)

    passkey = added.json()
    assert added.status_code == 200, added.text
    assert passkey == (await listed(ada))[0]
    assert passkey["name"] == "Google Password Manager"
    assert passkey["credentialID"] == base64url(device.credential_id)
    assert (passkey["deviceType"], passkey["backedUp"], passkey["counter"]) == ("multiDevice", True, 0)
    assert (passkey["transports"], passkey["lastUsedAt"]) == ("internal,hybrid", None)
    assert "twoFactorRedirect" not in (await ada.sign_in()).json()
    assert (await ada.client.get("/two-factor/status")).json()["enabled"] is False
    await world.mailbox.message_for(ada.email, MessageKind.PASSKEY_ADDED)


async def test_the_options_are_for_this_site_and_reveal_nothing_of_the_account(
    world: World, ada: Person
) -> None:
    device = await with_passkey(ada)

    first, again = await register_options(ada), await register_options(ada)

    assert first["rp"] == {"id": "localhost", "name": "Athena"}
    assert first["attestation"] == "none"
    assert first["authenticatorSelection"]["residentKey"] == "preferred"
    assert first["authenticatorSelection"]["userVerification"] == "preferred"
    assert [each["id"] for each in first["excludeCredentials"]] == [base64url(device.credential_id)]
    assert first["user"] == again["user"]
    assert (await ada.session())["user"]["id"] not in str(first["user"]["id"])
    assert first["challenge"] != again["challenge"]


async def test_which_authenticators_are_offered_can_be_chosen(world: World, ada: Person) -> None:
    path = "/passkey/generate-register-options"

    chosen = await ada.client.get(path, params={"authenticatorAttachment": "cross-platform", "name": "x"})
    wrong = await ada.client.get(path, params={"authenticatorAttachment": "wrist"})

    assert chosen.json()["authenticatorSelection"]["authenticatorAttachment"] == "cross-platform"
    assert code_of(wrong) == "VALIDATION_ERROR"


async def test_a_name_may_be_given_and_changed(world: World, ada: Person) -> None:
    added = await add_passkey(ada, Authenticator(), name="Blue key")
    passkey_id = added.json()["id"]

    renamed = await ada.post("/passkey/update-passkey", id=passkey_id, name="Red key")
    empty = await ada.post("/passkey/update-passkey", id=passkey_id, name="")

    assert added.json()["name"] == "Blue key"
    assert renamed.json()["passkey"] == added.json() | {"name": "Red key"}
    assert code_of(empty) == "VALIDATION_ERROR"
    assert [each["name"] for each in await listed(ada)] == ["Red key"]


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_registration_is_refused(world: World, ada: Person, wrong: dict[str, Any]) -> None:
    refused = await add_passkey(ada, replace(Authenticator(), **wrong))

    assert (refused.status_code, code_of(refused)) == (400, "FAILED_TO_VERIFY_REGISTRATION")
    assert await listed(ada) == []


async def test_a_registration_of_another_id_than_the_attested_one_is_refused(
    world: World, ada: Person
) -> None:
    other = base64url(Authenticator().credential_id)
    response = Authenticator().create(await register_options(ada))

    refused = await ada.post(
        "/passkey/verify-registration", response={**response, "id": other, "rawId": other}
    )

    assert code_of(refused) == "FAILED_TO_VERIFY_REGISTRATION"
    assert await listed(ada) == []


async def test_a_transport_that_is_not_known_yet_is_no_error(world: World, ada: Person) -> None:
    """Browsers name what they have; a later one may name what this server has never heard of."""
    await turn_on(ada)
    response = Authenticator().create(await register_options(ada))
    response["response"]["transports"] = ["internal", "telepathy"]

    added = await ada.post("/passkey/verify-registration", response=response)

    assert added.json()["transports"] == "internal,telepathy"
    options = await prompt(await challenged(world, ada))
    assert [each.get("transports") for each in options["allowCredentials"]] == [
        ["internal", "hybrid"],
        ["internal"],
    ]


async def test_transports_that_cannot_be_one_are_left_out(ada: Person) -> None:
    response = Authenticator().create(await register_options(ada))
    response["response"]["transports"] = ["internal", "<b>USB</b>"]

    added = await ada.post("/passkey/verify-registration", response=response)

    assert (added.status_code, added.json()["transports"]) == (200, "")


async def test_the_sweeper_leaves_options_that_are_open_beside_expired_ones(
    world: World, ada: Person
) -> None:
    await turn_on(ada)
    await prompt(ada.client)
    world.clock.advance(200)
    options = await register_options(ada)
    world.clock.advance(150)

    await world.sweep()

    added = await ada.post("/passkey/verify-registration", response=Authenticator().create(options))
    assert added.status_code == 200, added.text


async def test_a_step_up_leaves_the_options_of_a_registration_open(world: World, ada: Person) -> None:
    device, new = await turn_on(ada), Authenticator()
    options = await register_options(ada)
    assert (await second_step(ada.client, device)).status_code == 200

    added = await ada.post("/passkey/verify-registration", response=new.create(options))

    assert added.status_code == 200, added.text


async def test_a_registration_answers_its_own_options_once(world: World, ada: Person) -> None:
    device = Authenticator()
    stale = device.create(await register_options(ada))
    response = device.create(await register_options(ada))

    old = await ada.post("/passkey/verify-registration", response=stale)
    consumed = await ada.post("/passkey/verify-registration", response=response)
    later = device.create(await register_options(ada))
    world.clock.advance(300)
    expired = await ada.post("/passkey/verify-registration", response=later)

    codes = [code_of(each) for each in (old, consumed, expired)]
    assert codes == ["FAILED_TO_VERIFY_REGISTRATION", "CHALLENGE_NOT_FOUND", "CHALLENGE_NOT_FOUND"]


async def test_options_of_another_session_are_not_answered(world: World, ada: Person) -> None:
    response = Authenticator().create(await register_options(ada))
    thief = await world.bearer((await ada.sign_in()).json()["token"])

    refused = await thief.post("/passkey/verify-registration", json={"response": response})

    assert code_of(refused) == "CHALLENGE_NOT_FOUND"


async def test_the_nonce_of_a_prompt_adds_no_passkey(world: World, ada: Person) -> None:
    """Any session is prompted, also a stolen one that cannot step up."""
    await turn_on(ada)
    world.clock.advance(601)
    shown = await prompt(ada.client)
    options = {"rp": {"id": "localhost"}, "user": {"id": "AA"}, "challenge": shown["challenge"]}

    refused = await ada.post("/passkey/verify-registration", response=Authenticator().create(options))

    assert code_of(refused) == "CHALLENGE_NOT_FOUND"


async def test_a_passkey_is_registered_once(world: World, ada: Person) -> None:
    device = await with_passkey(ada)
    eve = await sign_up(world, "eve@example.com", "Eve")

    again, elsewhere = await add_passkey(ada, device), await add_passkey(eve, device)

    assert (code_of(again), code_of(elsewhere)) == ("PREVIOUSLY_REGISTERED", "PREVIOUSLY_REGISTERED")
    assert await listed(eve) == []


async def test_passkeys_are_used_on_trusted_origins(database_url: str) -> None:
    front_end = "https://app.example.com"
    async with world_over(database_url, trusted_origins=(front_end,)) as world:
        ada = await sign_up(world)
        device = await with_passkey(ada, Authenticator(origin=front_end))

        assert (await sign_in(await world.browser(), device)).status_code == 200


async def test_an_account_has_at_most_ten(world: World, ada: Person) -> None:
    for _ in range(10):
        await with_passkey(ada)

    options = await ada.client.get("/passkey/generate-register-options")
    enrolment = await ada.post("/two-factor/enable", password=PASSWORD, method="passkey")
    assert enrolment.json()["confirmationPending"] is False
    code = enrolment.json()["backupCodes"][0]
    another = await ada.post("/two-factor/enable", password=PASSWORD, method="passkey", code=code)

    assert code_of(options) == code_of(another) == "TOO_MANY_PASSKEYS"
    assert len(await listed(ada)) == 10


async def test_adding_and_removing_need_a_recent_sign_in_or_the_password(world: World, ada: Person) -> None:
    await with_passkey(ada)
    passkey_id = (await listed(ada))[0]["id"]
    world.clock.advance(601)

    options = await ada.client.get("/passkey/generate-register-options")
    removal = await ada.post("/passkey/delete-passkey", id=passkey_id)
    wrong = await ada.post("/passkey/generate-register-options", password="not this one")
    begun = await ada.post("/passkey/generate-register-options", password=PASSWORD)
    added = await ada.post("/passkey/verify-registration", response=Authenticator().create(begun.json()))
    removed = await ada.post("/passkey/delete-passkey", id=passkey_id, password=PASSWORD)

    codes = [code_of(each) for each in (options, removal, wrong)]
    assert codes == ["SESSION_EXPIRED", "SESSION_EXPIRED", "INVALID_PASSWORD"]
    assert (added.status_code, removed.status_code) == (200, 200)


async def test_with_two_factor_authentication_they_need_a_recent_second_factor(
    world: World, ada: Person
) -> None:
    await ada.turn_on_totp()
    world.clock.advance(601)

    options = await ada.client.get("/passkey/generate-register-options")
    by_password = await ada.post("/passkey/generate-register-options", password=PASSWORD)
    begun = await ada.post("/passkey/generate-register-options", code=ada.code())
    device = Authenticator()
    added = await ada.post("/passkey/verify-registration", response=device.create(begun.json()))

    assert (code_of(options), code_of(by_password)) == ("STEP_UP_REQUIRED", "STEP_UP_REQUIRED")
    assert added.status_code == 200, added.text
    assert (await second_step(await challenged(world, ada), device)).status_code == 200


async def test_removing_one_ends_what_it_may_have_begun(world: World, ada: Person) -> None:
    lost = await with_passkey(ada)
    browser = await world.browser()
    assert (await sign_in(browser, lost)).status_code == 200
    passkey_id = (await listed(ada))[0]["id"]

    removed = await ada.post("/passkey/delete-passkey", id=passkey_id)

    assert removed.json() == {"status": True}
    assert (await browser.get("/get-session")).json() is None
    assert (await ada.session())["user"]["email"] == ada.email
    assert code_of(await sign_in(await world.browser(), lost)) == "PASSKEY_NOT_FOUND"
    await world.mailbox.message_for(ada.email, MessageKind.PASSKEY_REMOVED)


async def test_the_last_second_factor_stays(world: World, ada: Person) -> None:
    await turn_on(ada)
    (only,) = await listed(ada)
    refused = await ada.post("/passkey/delete-passkey", id=only["id"])

    await with_passkey(ada)
    removed = await ada.post("/passkey/delete-passkey", id=only["id"])

    assert code_of(refused) == "LAST_AUTHENTICATOR"
    assert "turn two-factor authentication off" in refused.json()["message"]
    assert removed.status_code == 200


async def test_an_app_is_not_removed_as_a_passkey(world: World, ada: Person) -> None:
    """Its removal needs a second factor even with ATHENA_STEP_UP=password, and that of a passkey does not."""
    await turn_on(ada)
    app = await add_app(ada, "Work phone")

    removed = await ada.post("/passkey/delete-passkey", id=app.id)

    assert code_of(removed) == "PASSKEY_NOT_FOUND"


async def test_passkeys_of_others_are_not_found(world: World, ada: Person) -> None:
    await with_passkey(ada, name="Blue key")
    passkey_id = (await listed(ada))[0]["id"]
    eve = await sign_up(world, "eve@example.com", "Eve")

    for path, body in (("update-passkey", {"name": "mine"}), ("delete-passkey", {})):
        refused = await eve.post(f"/passkey/{path}", id=passkey_id, **body)
        assert (refused.status_code, code_of(refused)) == (404, "PASSKEY_NOT_FOUND")
    assert [each["name"] for each in await listed(ada)] == ["Blue key"]


async def test_a_password_reset_of_an_unverified_address_removes_them(world: World, ada: Person) -> None:
    """An attacker may have signed up with the owner's address, and added a passkey of their own."""
    theirs = await with_passkey(ada)
    token = await reset_token(world, ada.email)
    body = {"token": token, "newPassword": "a battery of horses"}
    reset = await (await world.client()).post("/reset-password", json=body)

    assert reset.status_code == 200, reset.text
    assert code_of(await sign_in(await world.browser(), theirs)) == "PASSKEY_NOT_FOUND"


async def test_kinds_of_authenticator_can_be_limited(database_url: str) -> None:
    aaguids = ("EA9B8D66-4D01-1D21-3CE4-B6B48CB575D4",)
    async with world_over(database_url, passkey_aaguids=aaguids) as world:
        ada = await sign_up(world)

        options = await register_options(ada)
        refused = await add_passkey(ada, Authenticator())
        added = await add_passkey(ada, Authenticator(aaguid=GOOGLE))

    assert options["attestation"] == "direct"
    assert (code_of(refused), added.status_code) == ("AUTHENTICATOR_NOT_ALLOWED", 200)


async def test_operators_can_relax_the_second_factor_but_not_the_sign_in(database_url: str) -> None:
    async with world_over(database_url, step_up="password") as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        world.clock.advance(601)

        stale = await ada.client.get("/passkey/generate-register-options")
        believed = await ada.post("/passkey/generate-register-options", code="000000")
        begun = await ada.post("/passkey/generate-register-options", password=PASSWORD)

    assert (code_of(stale), begun.status_code) == ("STEP_UP_REQUIRED", 200)
    assert code_of(believed) == "STEP_UP_REQUIRED", "a code that nobody verifies shows nothing"


async def test_a_code_does_not_replace_the_sign_in_of_an_account_without_a_factor(ada: Person) -> None:
    """An attacker with an old session would otherwise send any code, and add a passkey of their own."""
    ada.world.clock.advance(601)
    refused = await ada.post("/passkey/generate-register-options", code="000000")

    assert code_of(refused) == "SESSION_EXPIRED"


async def test_a_host_may_leave_passkeys_out(database_url: str) -> None:
    async with world_over(database_url, factors=(Totp, Otp, BackupCodes)) as world:
        ada = await sign_up(world)
        missing = await ada.client.get("/passkey/list-user-passkeys")
        refused = await ada.post("/two-factor/enable", password=PASSWORD, method="passkey")

    assert (missing.status_code, refused.json()["message"]) == (
        404,
        "This server does not offer this method. Use another one.",
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
ENCODED = st.binary(max_size=200).map(base64url)
GARBAGE = st.fixed_dictionaries(
    {"id": ENCODED, "rawId": ENCODED, "type": st.just("public-key") | st.text(max_size=12)},
    optional={
        "response": st.fixed_dictionaries(
            {"clientDataJSON": ENCODED | JSON},
            optional={
                "attestationObject": ENCODED | JSON,
                "authenticatorData": ENCODED | JSON,
                "signature": ENCODED | JSON,
                "userHandle": ENCODED | JSON,
                "transports": JSON,
            },
        )
    },
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(response=GARBAGE | st.dictionaries(st.text(max_size=12), JSON, max_size=4))
async def test_garbage_is_refused_everywhere(sqlite_world: World, response: dict[str, Any]) -> None:
    found = await fetch_all(sqlite_world.database_url, "SELECT count(*) FROM athena_account")
    if found == [(0,)]:
        await sign_up(sqlite_world)
    client = await sqlite_world.client()
    await client.get("/passkey/generate-authenticate-options")
    signed_in = await client.post("/sign-in/email", json={"email": "ada@example.com", "password": PASSWORD})
    bearer = await sqlite_world.bearer(signed_in.json()["token"])
    await bearer.get("/passkey/generate-register-options")

    for sender, path in (
        (client, "/passkey/verify-authentication"),
        (bearer, "/passkey/verify-registration"),
        (bearer, "/two-factor/verify-passkey"),
    ):
        refused = await sender.post(path, json={"response": response})
        assert 400 <= refused.status_code < 500, refused.text


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), flipped=st.integers(1, 255))
async def test_no_changed_byte_of_an_attestation_is_a_server_error(
    sqlite_world: World, place: int, flipped: int
) -> None:
    found = await fetch_all(sqlite_world.database_url, "SELECT count(*) FROM athena_account")
    if found == [(0,)]:
        await sign_up(sqlite_world)
    answer = await (await sqlite_world.client()).post(
        "/sign-in/email", json={"email": "ada@example.com", "password": PASSWORD}
    )
    bearer = await sqlite_world.bearer(answer.json()["token"])
    response = Authenticator().create((await bearer.get("/passkey/generate-register-options")).json())
    changed = bytearray(from_base64url(response["response"]["attestationObject"]))
    changed[place % len(changed)] ^= flipped
    response["response"]["attestationObject"] = base64url(bytes(changed))

    answered = await bearer.post("/passkey/verify-registration", json={"response": response})

    assert answered.status_code in {200, 400}, answered.text
    if answered.is_success:
        removed = await bearer.post("/passkey/delete-passkey", json={"id": answered.json()["id"]})
        assert removed.is_success


async def test_a_new_passkey_ends_no_link_and_no_sign_in(world: World, ada: Person) -> None:
    """Password managers add one by themselves, and an attacker in a session must not end the owner's way to a new password."""
    await ada.turn_on_totp()
    await ada.step_up()
    challenge = await ada.challenge()
    token = await reset_token(world, ada.email)

    await with_passkey(ada)

    assert (await ada.answer(challenge, "verify-totp", code=ada.code())).status_code == 200
    body = {"token": token, "newPassword": "another correct horse"}
    assert (await (await world.client()).post("/reset-password", json=body)).status_code == 200
