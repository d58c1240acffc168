"""I3: every code and token is accepted once."""

import pytest

from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over


async def test_a_totp_code_signs_in_once(ada: Person) -> None:
    """CVE-2015-7225: a code that was looked over the shoulder worked again within its thirty seconds."""
    await ada.turn_on_totp()
    code = ada.code()
    assert (await ada.answer(await ada.challenge(), "verify-totp", code=code)).status_code == 200

    again = await ada.answer(await ada.challenge(), "verify-totp", code=code)

    assert (again.status_code, again.json()["code"]) == (401, "INVALID_CODE")


@pytest.mark.parametrize("later", [0, 30, 59])
async def test_the_drift_window_gives_no_code_back(world: World, ada: Person, later: int) -> None:
    """CVE-2021-43177, CVE-2026-82470: the code of the step before the used one was still good."""
    await ada.turn_on_totp()
    before, used = ada.code(-1), ada.code()
    assert (await ada.answer(await ada.challenge(), "verify-totp", code=used)).status_code == 200
    world.clock.advance(later)

    for code in (used, before):
        assert (await ada.answer(await ada.challenge(), "verify-totp", code=code)).status_code == 401


async def test_the_code_that_confirmed_the_enrolment_does_not_sign_in(ada: Person) -> None:
    """hanko PR 2723: set-up and the first sign-in accepted the same code."""
    await ada.enable()
    code = ada.code()
    await ada.post("/two-factor/verify-totp", code=code)

    assert (await ada.answer(await ada.challenge(), "verify-totp", code=code)).status_code == 401
    assert (await ada.post("/two-factor/verify-totp", code=code)).status_code == 401


async def test_codes_of_the_window_are_accepted_and_others_are_not(world: World, ada: Person) -> None:
    await ada.turn_on_totp()

    for steps, status in [(-2, 401), (2, 401), (-1, 200), (0, 200), (1, 200)]:
        answer = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code(steps))
        assert answer.status_code == status, steps


async def test_a_window_of_zero_accepts_the_present_step_only(sqlite_url: str) -> None:
    """ASVS 6.5.5 read plainly: a code lives for its thirty seconds."""
    async with world_over(sqlite_url, totp_window=0) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()

        for steps, status in [(-1, 401), (1, 401), (0, 200)]:
            answer = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code(steps))
            assert answer.status_code == status, steps


async def test_a_sent_code_works_once_and_only_where_it_was_asked_for(world: World, ada: Person) -> None:
    """NIST SP 800-63B-4 section 3.1.3: a sent code is tied to the one authentication it was sent for."""
    await ada.turn_on_totp()
    asked, other = await ada.challenge(), await ada.challenge()
    await ada.answer(asked, "send-otp")
    code = await world.mailbox.code_for(ada.email)

    elsewhere = await ada.answer(other, "verify-otp", code=code)
    in_session = await ada.post("/two-factor/verify-otp", code=code)
    passed = await ada.answer(asked, "verify-otp", code=code)
    again = await ada.answer(asked, "verify-otp", code=code)

    assert elsewhere.json()["code"] == in_session.json()["code"] == "OTP_HAS_EXPIRED"
    assert passed.status_code == 200
    assert again.json()["code"] == "INVALID_TWO_FACTOR_COOKIE"


async def test_a_sent_code_expires(world: World, ada: Person) -> None:
    """CVE-2024-8122: codes by text message never expired."""
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    await ada.answer(challenge, "send-otp")
    code = await world.mailbox.code_for(ada.email)
    world.clock.advance(180)

    expired = await ada.answer(challenge, "verify-otp", code=code)

    assert (expired.status_code, expired.json()["code"]) == (400, "OTP_HAS_EXPIRED")


async def test_the_newest_sent_code_counts(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    await ada.answer(challenge, "send-otp")
    first = await world.mailbox.code_for(ada.email)
    await ada.answer(challenge, "send-otp")
    second = await world.mailbox.code_for(ada.email, nth=2)

    if first != second:
        assert (await ada.answer(challenge, "verify-otp", code=first)).status_code == 401
    assert (await ada.answer(challenge, "verify-otp", code=second)).status_code == 200


async def test_a_challenge_is_answered_once_and_expires(world: World, ada: Person) -> None:
    """better-auth PR 9993: an expired challenge was still verified."""
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    assert (await ada.answer(challenge, "verify-totp", code=ada.code())).status_code == 200
    again = await ada.answer(challenge, "verify-backup-code", code=ada.backup_codes[0])
    assert (again.status_code, again.json()["code"]) == (401, "INVALID_TWO_FACTOR_COOKIE")

    late = await ada.challenge()
    world.clock.advance(600)

    expired = await ada.answer(late, "verify-totp", code=ada.code())
    assert (expired.status_code, expired.json()["code"]) == (401, "INVALID_TWO_FACTOR_COOKIE")
    assert (await ada.answer(late, "send-otp")).json()["code"] == "INVALID_TWO_FACTOR_COOKIE"


async def test_a_backup_code_works_once_and_for_its_owner_only(world: World, ada: Person) -> None:
    """CVE-2025-64175: the recovery code of one account opened another, or was burned by the attempt."""
    await ada.turn_on_totp()
    eve = await sign_up(world, "eve@example.com", "Eve")
    await eve.turn_on_totp()
    code = ada.backup_codes[0]

    stolen = await eve.answer(await eve.challenge(), "verify-backup-code", code=code)
    mine = await ada.answer(await ada.challenge(), "verify-backup-code", code=code)
    again = await ada.answer(await ada.challenge(), "verify-backup-code", code=code)

    assert (stolen.status_code, mine.status_code, again.status_code) == (401, 200, 401)


async def test_two_enrolments_have_two_secrets(ada: Person) -> None:
    """gitlab 27686, cyberpanel 1577: the secret was made in advance, or survived disable and enable."""
    first = (await ada.enable()).json()["totpURI"]
    second = (await ada.enable()).json()["totpURI"]
    await ada.post("/two-factor/verify-totp", code=ada.code())
    await ada.post("/two-factor/disable", password=PASSWORD)
    third = (await ada.enable()).json()["totpURI"]

    assert len({first, second, third}) == 3


async def test_a_trusted_device_skips_the_second_step_and_its_token_changes(
    world: World, ada: Person
) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": "true"})
    first = browser.cookies["athena-auth.trust_device"]

    assert "user" in (await ada.sign_in(browser)).json()
    second = browser.cookies["athena-auth.trust_device"]
    assert "user" in (await ada.sign_in(browser)).json()

    assert first != second
    copy = await world.browser()
    copy.cookies.set("athena-auth.trust_device", first)
    assert (await ada.sign_in(copy)).json()["twoFactorRedirect"] is True


async def test_trust_is_for_one_account_and_runs_out(world: World, ada: Person) -> None:
    """GHSA-h6mp-mc7g-mg49: a trust token made for one account was taken for another."""
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
    eve = await sign_up(world, "eve@example.com", "Eve")
    await eve.turn_on_totp()

    assert (await eve.sign_in(browser)).json()["twoFactorRedirect"] is True
    world.clock.advance(29 * 86_400)
    assert "user" in (await ada.sign_in(browser)).json()
    world.clock.advance(29 * 86_400)
    assert "user" in (await ada.sign_in(browser)).json()
    world.clock.advance(31 * 86_400)
    assert (await ada.sign_in(browser)).json()["twoFactorRedirect"] is True


@pytest.mark.parametrize("forged", ["", "x", "none.none.none", "a" * 43])
async def test_a_forged_trust_token_is_worth_nothing(world: World, ada: Person, forged: str) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()
    browser.cookies.set("athena-auth.trust_device", forged)

    assert (await ada.sign_in(browser)).json()["twoFactorRedirect"] is True
