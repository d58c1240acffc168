"""I2 (and part of I4): an attempt is counted before it is verified, and the count does not reset with time."""

from athena_auth.delivery.model import MessageKind
from support.person import PASSWORD, Person
from support.world import World


def wrong(code: str) -> str:
    """Return a code that is not this one."""
    return code[:-1] + str((int(code[-1]) + 5) % 10)


async def test_the_sixth_attempt_on_a_challenge_is_not_verified(world: World, ada: Person) -> None:
    """better-auth PR 10210: a challenge accepted any number of attempts."""
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    for _ in range(5):
        refused = await ada.answer(challenge, "verify-totp", code="000000")
        assert (refused.status_code, refused.json()["code"]) == (401, "INVALID_CODE")
    world.clock.advance(31)

    sixth = await ada.answer(challenge, "verify-totp", code=ada.code())

    assert (sixth.status_code, sixth.json()["code"]) == (400, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE")


async def test_no_code_is_sent_for_a_challenge_without_attempts_left(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    for _ in range(5):
        await ada.answer(challenge, "verify-totp", code="000000")

    refused = await ada.answer(challenge, "send-otp")

    assert refused.json()["code"] == "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE"
    assert MessageKind.TWO_FACTOR_OTP not in world.mailbox.kinds_for(ada.email)


async def test_a_new_challenge_brings_no_new_attempts(world: World, ada: Person) -> None:
    """better-auth PR 10240, CVE-2026-76213: the throttle sat in the session, and a new sign-in reset it."""
    await ada.turn_on_totp()
    for _ in range(5):
        assert (await ada.answer(await ada.challenge(), "verify-totp", code="000000")).status_code == 401

    locked = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())

    assert (locked.status_code, locked.json()["code"]) == (429, "ACCOUNT_TEMPORARILY_LOCKED")
    assert locked.headers["retry-after"] == "30"
    world.clock.advance(30)
    assert (await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())).status_code == 200


async def test_all_factors_that_can_be_guessed_share_one_budget(world: World, ada: Person) -> None:
    """An attacker must not get five more by changing the method, nor by having a code sent again."""
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    await ada.answer(challenge, "send-otp")
    await ada.answer(challenge, "verify-totp", code="000000")
    await ada.answer(challenge, "verify-totp", code="000000")
    await ada.answer(challenge, "verify-otp", code=wrong(await world.mailbox.code_for(ada.email)))
    await ada.answer(challenge, "send-otp")
    await ada.answer(challenge, "verify-otp", code=wrong(await world.mailbox.code_for(ada.email, nth=2)))
    await ada.answer(challenge, "verify-totp", code="000000")

    locked = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())

    assert locked.json()["code"] == "ACCOUNT_TEMPORARILY_LOCKED"


async def test_a_lock_does_not_use_up_the_challenge(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    for _ in range(5):
        await ada.answer(await ada.challenge(), "verify-totp", code="000000")
    mine = await ada.challenge()
    for _ in range(10):
        assert (await ada.answer(mine, "verify-totp", code=ada.code())).status_code == 429
    world.clock.advance(30)

    assert (await ada.answer(mine, "verify-totp", code=ada.code())).status_code == 200


async def test_attempts_in_a_live_session_are_counted_too(ada: Person) -> None:
    """A peer's step-up path had no limit: a stolen session could guess for ever."""
    await ada.turn_on_totp()
    for _ in range(5):
        refused = await ada.post("/two-factor/verify-totp", code="000000")
        assert (refused.status_code, refused.json()["code"]) == (401, "INVALID_CODE")

    locked = await ada.post("/two-factor/verify-totp", code=ada.code())

    assert locked.json()["code"] == "ACCOUNT_TEMPORARILY_LOCKED"


async def test_a_lock_at_sign_in_does_not_reach_the_owner_who_is_signed_in(ada: Person) -> None:
    await ada.turn_on_totp()
    for _ in range(6):
        await ada.answer(await ada.challenge(), "verify-totp", code="000000")

    assert (await ada.post("/two-factor/verify-totp", code=ada.code())).status_code == 200


async def test_the_delay_grows_and_time_alone_never_resets_it(world: World, ada: Person) -> None:
    """A peer's lock ended with the counter at zero: 960 attempts a day, for ever."""
    await ada.turn_on_totp()
    waits = []
    for _ in range(14):
        answer = await ada.answer(await ada.challenge(), "verify-totp", code="000000")
        while answer.status_code == 429:
            waits.append(int(answer.headers["retry-after"]))
            world.clock.advance(waits[-1])
            answer = await ada.answer(await ada.challenge(), "verify-totp", code="000000")

    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    world.clock.advance(3600)
    assert (await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())).status_code == 200
    refused = await ada.answer(await ada.challenge(), "verify-totp", code="000000")
    assert refused.json()["code"] == "INVALID_CODE"


async def test_after_their_share_of_the_hundred_no_attempt_of_strangers_is_verified(
    world: World, ada: Person
) -> None:
    """NIST SP 800-63B-4 section 3.2.2: no more than 100 consecutive failed attempts, of which strangers have 70."""
    await ada.turn_on_totp()
    evaluated = 0
    for _ in range(110):
        answer = await ada.answer(await ada.challenge(), "verify-totp", code="000000")
        evaluated += answer.json()["code"] == "INVALID_CODE"
        world.clock.advance(3601)

    assert evaluated == 70
    locked = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())
    assert locked.json()["code"] == "ACCOUNT_TEMPORARILY_LOCKED"
    assert "Use a backup code" in locked.json()["message"]

    changed = await ada.change_password("one that the thief does not know", code=ada.backup_codes[0])
    assert changed.is_success, changed.text
    assert (await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())).status_code == 200


async def test_a_stolen_session_cannot_guess_the_password(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    for _ in range(5):
        refused = await ada.post("/two-factor/disable", password="a guess")
        assert refused.json()["code"] == "INVALID_PASSWORD"

    locked = await ada.post("/two-factor/disable", password=PASSWORD)

    assert (locked.status_code, locked.json()["code"]) == (429, "ACCOUNT_TEMPORARILY_LOCKED")
    assert (await ada.sign_in()).status_code == 200
    world.clock.advance(30)
    assert (await ada.post("/two-factor/disable", password=PASSWORD)).status_code == 200
