"""A passkey as the second factor: enrolment, the second step, step-up."""

from dataclasses import replace

import pyotp
import pytest

from athena_auth.delivery.model import MessageKind
from support.passkey import Authenticator, base64url
from support.passkey_user import (
    challenged,
    code_of,
    prompt,
    second_step,
    sign_in,
    turn_on,
    with_passkey,
)
from support.person import PASSWORD, Person, sign_up
from support.world import World

WRONG = {
    "the origin of a phishing site": {"origin": "https://athena.example.net"},
    "the domain of another site": {"rp_id": "example.net"},
    "nobody touched the authenticator": {"is_present": False},
    "a page of another origin frames this one": {"in_foreign_frame": True},
    "the key of another passkey": {"key": Authenticator().key},
    "the user handle of another account": {"user_handle": bytes(32)},
    "a passkey that was bound to its device and can now be copied": {"is_synced": True},
}


async def test_a_passkey_turns_two_factor_authentication_on_and_signs_in(world: World, ada: Person) -> None:
    device = await turn_on(ada, label="Blue key")

    browser = await challenged(world, ada)
    signed_in = await second_step(browser, device)

    assert signed_in.status_code == 200, signed_in.text
    session = (await browser.get("/get-session")).json()["session"]
    assert (session["level"], session["amr"]) == (2, ["pwd", "hwk"])
    assert [each["name"] for each in (await browser.get("/passkey/list-user-passkeys")).json()] == [
        "Blue key"
    ]
    await world.mailbox.message_for(ada.email, MessageKind.FACTOR_ADDED)


async def test_the_method_is_offered_and_shown_in_the_status(world: World, ada: Person) -> None:
    begun = await ada.post("/two-factor/enable", password=PASSWORD, method="passkey")
    pending = (await ada.client.get("/two-factor/status")).json()
    response = Authenticator(is_synced=True).create(begun.json()["options"])
    await ada.post("/two-factor/verify-passkey", response=response)

    status = (await ada.client.get("/two-factor/status")).json()
    due = await ada.sign_in()

    assert (pending["pendingEnrolment"], pending["enabled"]) == ("passkey", False)
    assert (status["methods"][0], status["preferredMethod"]) == ("passkey", "passkey")
    assert due.json()["twoFactorMethods"] == status["methods"]
    assert (await ada.session())["session"]["amr"] == ["pwd", "swk"]


async def test_an_account_with_passkeys_alone_gets_no_codes_by_mail(world: World, ada: Person) -> None:
    """Its owner has chosen what phishing does not get; by default, a code by mail would be the way around it."""
    await turn_on(ada)
    challenge = await ada.challenge()

    sent = await ada.answer(challenge, "send-otp")
    with_passkeys = (await ada.sign_in()).json()["twoFactorMethods"]
    begun = await ada.post("/two-factor/add-authenticator", password=PASSWORD, label="Phone")
    phone = pyotp.parse_uri(begun.json()["totpURI"])
    assert isinstance(phone, pyotp.TOTP)
    added = await ada.post("/two-factor/verify-totp", code=phone.at(world.clock.now() // 1000))
    with_an_app = (await ada.sign_in()).json()["twoFactorMethods"]

    assert code_of(sent) == "OTP_NOT_CONFIGURED"
    assert added.status_code == 200, added.text
    assert set(with_passkeys) == {"passkey", "backup-code"}
    assert set(with_an_app) == {"passkey", "totp", "otp", "backup-code"}


async def test_the_options_name_the_passkeys_of_the_account_alone(world: World, ada: Person) -> None:
    device = await turn_on(ada)
    other = await sign_up(world, "eve@example.com", "Eve")
    await with_passkey(other)

    shown = await prompt(await challenged(world, ada))

    assert [each["id"] for each in shown["allowCredentials"]] == [base64url(device.credential_id)]
    assert (shown["rpId"], shown["userVerification"]) == ("localhost", "discouraged")


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_response_is_refused(world: World, ada: Person, wrong: dict[str, object]) -> None:
    device = await turn_on(ada)
    browser = await challenged(world, ada)

    refused = await second_step(browser, replace(device, **wrong))  # type: ignore[arg-type]

    assert (refused.status_code, code_of(refused)) == (401, "AUTHENTICATION_FAILED")
    assert (await second_step(browser, device)).status_code == 200


async def test_the_user_need_not_be_verified_after_the_password(world: World, ada: Person) -> None:
    device = await turn_on(ada, Authenticator(verifies_user=False))

    assert (await second_step(await challenged(world, ada), device)).status_code == 200


async def test_a_passkey_of_another_account_is_refused(world: World, ada: Person) -> None:
    await turn_on(ada)
    other = await sign_up(world, "eve@example.com", "Eve")
    theirs = await with_passkey(other)

    refused = await second_step(await challenged(world, ada), theirs)

    assert code_of(refused) == "AUTHENTICATION_FAILED"


async def test_a_response_is_good_for_its_own_challenge_and_once(world: World, ada: Person) -> None:
    device = await turn_on(ada)
    phished, own = await challenged(world, ada), await challenged(world, ada)
    response = device.get(await prompt(phished))
    await prompt(own)

    elsewhere = await own.post("/two-factor/verify-passkey", json={"response": response})
    unprompted = await own.post("/two-factor/verify-passkey", json={"response": response})
    here = await phished.post("/two-factor/verify-passkey", json={"response": response})
    replayed = await (await challenged(world, ada)).post(
        "/two-factor/verify-passkey", json={"response": response}
    )

    assert [code_of(each) for each in (elsewhere, unprompted, replayed)] == [
        "AUTHENTICATION_FAILED",
        "CHALLENGE_NOT_FOUND",
        "CHALLENGE_NOT_FOUND",
    ]
    assert here.status_code == 200


async def test_failed_responses_of_strangers_block_nobody(world: World, ada: Person) -> None:
    device = await turn_on(ada)
    for _ in range(6):
        stranger = await challenged(world, ada)
        for _ in range(4):
            assert (await second_step(stranger, replace(device, is_present=False))).status_code == 401

    assert (await second_step(await challenged(world, ada), device)).status_code == 200
    answered = await ada.answer(await ada.challenge(), "verify-backup-code", code=ada.backup_codes[0])
    assert answered.status_code == 200, answered.text


async def test_step_up_with_a_passkey(world: World, ada: Person) -> None:
    device = await turn_on(ada)
    world.clock.advance(601)

    stale = await ada.post("/two-factor/generate-backup-codes", password=PASSWORD)
    verified = await second_step(ada.client, device)
    made = await ada.post("/two-factor/generate-backup-codes", password=PASSWORD)

    assert (code_of(stale), verified.status_code, made.status_code) == ("STEP_UP_REQUIRED", 200, 200)


async def test_a_device_becomes_trusted(world: World, ada: Person) -> None:
    device = await turn_on(ada)
    browser = await challenged(world, ada)
    await second_step(browser, device, trustDevice=True)
    await browser.post("/sign-out", json={})

    again = await ada.sign_in(browser)

    assert again.json()["redirect"] is False, again.text


async def test_a_count_that_does_not_increase_is_accepted_and_reported_once(
    world: World, ada: Person
) -> None:
    device = await turn_on(ada, Authenticator(count=7))
    copy = replace(device, count=3)

    for each in (device, copy, copy):
        assert (await second_step(await challenged(world, ada), each)).status_code == 200

    await world.delivered()
    kinds = world.mailbox.kinds_for(ada.email)
    assert kinds.count(MessageKind.SIGN_COUNT_DECREASED) == 1
    listed = (await ada.client.get("/passkey/list-user-passkeys")).json()
    assert listed[0]["counter"] == 5


async def test_passkeys_that_do_not_count_are_not_reported(world: World, ada: Person) -> None:
    device = await turn_on(ada)
    for _ in range(2):
        assert (await second_step(await challenged(world, ada), device)).status_code == 200

    await world.delivered()
    assert MessageKind.SIGN_COUNT_DECREASED not in world.mailbox.kinds_for(ada.email)


async def test_an_enrolment_is_confirmed_only_in_the_session_that_began_it(world: World, ada: Person) -> None:
    """An attacker in another session, who cannot step up, would otherwise confirm it with their own authenticator."""
    await turn_on(ada)
    thief = await world.bearer(await second_step_token(ada))
    await ada.post("/two-factor/enable", password=PASSWORD, method="passkey")
    theirs = Authenticator()
    shown = await prompt(thief)
    options = {"rp": {"id": "localhost"}, "user": {"id": "AA"}, "challenge": shown["challenge"]}

    refused = await thief.post("/two-factor/verify-passkey", json={"response": theirs.create(options)})

    assert code_of(refused) == "FAILED_TO_VERIFY_REGISTRATION"
    assert len((await ada.client.get("/passkey/list-user-passkeys")).json()) == 1


async def second_step_token(ada: Person) -> str:
    answered = await ada.answer(await ada.challenge(), "verify-backup-code", code=ada.backup_codes[0])
    token: str = answered.json()["token"]
    return token


async def test_passkeys_that_sign_in_become_the_second_factor_at_once(world: World, ada: Person) -> None:
    device = await with_passkey(ada)

    begun = await ada.post("/two-factor/enable", password=PASSWORD, method="passkey")

    assert begun.json()["confirmationPending"] is False
    assert "options" not in begun.json()
    assert (await second_step(await challenged(world, ada), device)).status_code == 200


async def test_turning_it_off_removes_the_passkeys(world: World, ada: Person) -> None:
    device = await turn_on(ada)

    assert (await ada.post("/two-factor/disable", password=PASSWORD)).status_code == 200

    assert (await ada.client.get("/passkey/list-user-passkeys")).json() == []
    assert "twoFactorRedirect" not in (await ada.sign_in()).json()
    assert code_of(await sign_in(await world.browser(), device)) == "PASSKEY_NOT_FOUND"


async def test_cancelling_an_enrolment_leaves_the_passkeys(world: World, ada: Person) -> None:
    await with_passkey(ada)
    await ada.enable()

    assert (await ada.post("/two-factor/disable", password=PASSWORD)).status_code == 200

    assert len((await ada.client.get("/passkey/list-user-passkeys")).json()) == 1
    assert (await ada.client.get("/two-factor/status")).json()["pendingEnrolment"] is None


async def test_an_account_without_a_passkey_is_not_prompted(world: World, ada: Person) -> None:
    await ada.turn_on_totp()

    refused = await (await challenged(world, ada)).post("/two-factor/prompt-passkey", json={})

    assert code_of(refused) == "PASSKEY_NOT_FOUND"
