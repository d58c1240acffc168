"""Codes that are wrong, replayed, of another account, or submitted to another endpoint."""

import pytest

from support.attacker import PROXY, network, wrong, wrong_totp
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over


async def test_having_codes_sent_again_brings_no_new_attempts(world: World, ada: Person) -> None:
    """better-auth send-otp (own reading): each resend wrote a new row whose counter began at zero."""
    await ada.turn_on_totp()
    looked_at = 0
    for nth in (1, 2, 3):
        challenge = await ada.challenge()
        assert (await ada.answer(challenge, "send-otp")).status_code == 200
        code = await world.mailbox.code_for(ada.email, nth=nth)
        for _ in range(5):
            guessed = await ada.answer(challenge, "verify-otp", code=wrong(code))
            looked_at += guessed.json()["code"] == "INVALID_CODE"

    assert looked_at == 5


async def test_sends_to_the_owners_mailbox_are_limited(world: World, ada: Person) -> None:
    """better-auth send-otp (own reading): no cooldown and no cap; a new sign-in must bring no new sends."""
    await ada.turn_on_totp()
    sent = 0
    for _ in range(120):
        answer = await ada.answer(await ada.challenge(), "send-otp")
        sent += answer.status_code == 200
        world.clock.advance(30)

    assert sent == 5, "from one network"


@pytest.mark.parametrize("path", ["verify-totp", "verify-otp"])
async def test_attempts_in_a_stolen_session_are_limited(world: World, ada: Person, path: str) -> None:
    """better-auth verify-two-factor (own reading): with a live session there was no limit."""
    await ada.turn_on_totp()
    answers = [await ada.post(f"/two-factor/{path}", code=wrong_totp(ada)) for _ in range(20)]

    assert [answer.status_code for answer in answers[5:]] == [429] * 15
    assert (await ada.post("/two-factor/verify-totp", code=ada.code())).status_code == 429


async def test_changing_networks_brings_no_new_attempts_at_the_second_factor(sqlite_url: str) -> None:
    """GHSA-c55g-q6f4-5qxr, GHSA-5mgh-chvj-hqf5, CVE-2026-33640: attempts were counted by address, or not at all."""
    async with world_over(sqlite_url, trusted_proxies=PROXY) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        answers = []
        for number in range(8):
            client = await world.client(**{"x-forwarded-for": network(number)})
            token = (await ada.sign_in(client)).json()["token"]
            headers = {"authorization": f"Bearer {token}", "x-forwarded-for": network(number + 100)}
            guess = {"code": wrong_totp(ada)}
            answers.append(await client.post("/two-factor/verify-totp", json=guess, headers=headers))

    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 3


async def test_a_backup_code_that_stepped_up_signs_nobody_in(world: World, ada: Person) -> None:
    """gitlab-ce 42775: a recovery code was spent on one path and still good on the other."""
    await ada.turn_on_totp()
    in_session, at_sign_in = ada.backup_codes[:2]
    assert (await ada.post("/two-factor/verify-backup-code", code=in_session)).status_code == 200
    passed = await ada.answer(await ada.challenge(), "verify-backup-code", code=at_sign_in)
    assert passed.status_code == 200

    replayed = await ada.answer(await ada.challenge(), "verify-backup-code", code=in_session)
    in_session_again = await ada.post("/two-factor/verify-backup-code", code=at_sign_in)

    assert (replayed.status_code, in_session_again.status_code) == (401, 401)


async def test_a_totp_code_that_stepped_up_signs_nobody_in(world: World, ada: Person) -> None:
    """CVE-2015-7225 by another path: an onlooker reads a code that is typed into a settings page."""
    await ada.turn_on_totp()
    code = ada.code()
    assert (await ada.post("/two-factor/verify-totp", code=code)).status_code == 200

    assert (await ada.answer(await ada.challenge(), "verify-totp", code=code)).status_code == 401


async def test_a_clock_that_is_set_back_gives_no_code_back(world: World, ada: Person) -> None:
    """CVE-2026-82470: the step that was used is remembered, not the time it was used at."""
    await ada.turn_on_totp()
    code = ada.code()
    assert (await ada.answer(await ada.challenge(), "verify-totp", code=code)).status_code == 200
    world.clock.advance(-30)

    for replayed in (code, ada.code(-1), ada.code()):
        assert (await ada.answer(await ada.challenge(), "verify-totp", code=replayed)).status_code == 401


async def test_a_sent_code_of_one_account_is_no_code_of_another(world: World, ada: Person) -> None:
    """CVE-2025-64175, for sent codes: Eve requests a code and enters it at Ada's challenge."""
    await ada.turn_on_totp()
    eve = await sign_up(world, "eve@example.com", "Eve")
    await eve.turn_on_totp()
    hers, mine = await ada.challenge(), await eve.challenge()
    await ada.answer(hers, "send-otp")
    await eve.answer(mine, "send-otp")
    wanted, sent = await world.mailbox.code_for(ada.email), await world.mailbox.code_for(eve.email)

    if wanted != sent:
        assert (await ada.answer(hers, "verify-otp", code=sent)).status_code == 401
    assert (await eve.answer(mine, "verify-otp", code=sent)).status_code == 200
    assert (await ada.answer(hers, "verify-otp", code=wanted)).status_code == 200


async def test_disabling_leaves_nothing_of_the_old_factor(world: World, ada: Person) -> None:
    """cyberpanel 1577: the secret came back when the factor was turned on again."""
    await ada.turn_on_totp()
    old_phone, old_codes = ada.phone, ada.backup_codes
    await ada.post("/two-factor/disable", password=PASSWORD)
    await ada.turn_on_totp()

    new_phone, ada.phone = ada.phone, old_phone
    by_phone = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())
    by_code = await ada.answer(await ada.challenge(), "verify-backup-code", code=old_codes[0])
    ada.phone = new_phone

    assert (by_phone.status_code, by_code.status_code) == (401, 401)
    assert (await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())).status_code == 200
