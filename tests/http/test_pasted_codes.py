"""Pasted codes, and input that is not a code."""

from typing import Any

import httpx
import pytest

from support.dump import fetch_all
from support.person import PASSWORD, Person
from support.world import World

PASTES = [
    "{0}{1}\t",
    "{0}\u00a0{1}",
    "\u200e{0}{1}",
    "{0}\u2013{1}",
    "{0}\u2212{1}",
    "\ufeff{0}{1}\u200b",
    " {0} {1}\r\n",
    "\u202a{0}{1}\u202c",
]
"""How the two halves of a code arrive."""
COUNTED = "SELECT failures FROM athena_guess_budget WHERE failures > 0"
TRIED = "SELECT tries FROM athena_challenge"
NO_CODES = [
    "",
    "12345",
    "123456789",
    "\u0661\u0662\u0663\u0664\u0665\u0666",
    "abcdef",
    "12 34 5x",
    "k7wm-3xqa-9tfe-hd2p",
]


@pytest.mark.parametrize("paste", PASTES)
async def test_what_a_paste_brings_along_is_passed_over(ada: Person, paste: str) -> None:
    """A trailing tab or a no-break space made a right code a failed attempt; five pastes locked the account."""
    await ada.turn_on_totp()
    code = ada.code()

    pasted = paste.format(code[:3], code[3:])
    answer = await ada.answer(await ada.challenge(), "verify-totp", code=pasted)

    assert answer.status_code == 200, answer.text


async def test_a_code_in_full_width_digits_is_the_code(ada: Person) -> None:
    """Input methods for Chinese, Japanese and Korean type digits that are twice as wide."""
    await ada.turn_on_totp()
    wide = "".join(chr(0xFF10 + int(digit)) for digit in ada.code())

    answer = await ada.answer(await ada.challenge(), "verify-totp", code=wide)

    assert answer.status_code == 200, answer.text


async def test_a_sent_code_is_pasted_too(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    await ada.answer(challenge, "send-otp")
    code = await world.mailbox.code_for(ada.email)

    answer = await ada.answer(challenge, "verify-otp", code=f"{code[:3]}\u00a0{code[3:]}\t")

    assert answer.status_code == 200, answer.text


async def test_backup_codes_are_pasted_too(ada: Person) -> None:
    await ada.turn_on_totp()
    code = ada.backup_codes[0].replace("-", "\u2011").upper()

    answer = await ada.answer(await ada.challenge(), "verify-backup-code", code=f"\u2068{code}\u2069\n")

    assert answer.status_code == 200, answer.text


async def _offer(ada: Person, challenge: str, path: str, code: str) -> httpx.Response:
    return await ada.answer(challenge, path, code=code)


@pytest.mark.parametrize("code", NO_CODES)
@pytest.mark.parametrize("path", ["verify-totp", "verify-otp"])
async def test_what_cannot_be_a_code_is_no_attempt(world: World, ada: Person, path: str, code: str) -> None:
    """It is refused before anything is counted, on the challenge as on the account."""
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    await ada.answer(challenge, "send-otp")

    for _ in range(6):
        refused = await _offer(ada, challenge, path, code)
        assert (refused.status_code, refused.json()["code"]) == (401, "INVALID_CODE")
        assert "digits" in refused.json()["message"]

    assert await fetch_all(world.database_url, COUNTED) == []
    assert await fetch_all(world.database_url, TRIED) == [(0,)]
    assert (await _offer(ada, challenge, "verify-totp", ada.code())).status_code == 200


@pytest.mark.parametrize("code", ["123456", "k7wm-3xqa-9tfe-hd2", "k0wm-3xqa-9tfe-hd2p", ""])
async def test_what_cannot_be_a_backup_code_is_no_attempt(world: World, ada: Person, code: str) -> None:
    await ada.turn_on_totp()
    challenge = await ada.challenge()

    for _ in range(6):
        refused = await _offer(ada, challenge, "verify-backup-code", code)
        assert (refused.status_code, refused.json()["code"]) == (401, "INVALID_BACKUP_CODE")
        assert "16 letters and digits" in refused.json()["message"]

    assert await fetch_all(world.database_url, TRIED) == [(0,)]
    assert (await _offer(ada, challenge, "verify-backup-code", ada.backup_codes[0])).status_code == 200


@pytest.mark.parametrize("code", NO_CODES)
async def test_what_cannot_be_a_code_is_no_attempt_in_a_session(world: World, ada: Person, code: str) -> None:
    """Nor may it keep an enrolment from being confirmed, or a factor from being verified again."""
    await ada.enable()

    for _ in range(6):
        refused = await ada.post("/two-factor/verify-totp", code=code)
        assert (refused.status_code, refused.json()["code"]) == (401, "INVALID_CODE")

    assert await fetch_all(world.database_url, COUNTED) == []
    assert (await ada.post("/two-factor/verify-totp", code=ada.code())).status_code == 200


@pytest.mark.parametrize("path", ["verify-totp", "verify-otp", "verify-backup-code"])
async def test_the_refusal_of_what_cannot_be_a_code_says_nothing_of_the_challenge(
    ada: Person, path: str
) -> None:
    """An attacker who sends one would learn, at no cost, whether a challenge lives or was answered already."""
    await ada.turn_on_totp()
    live, answered = await ada.challenge(), await ada.challenge()
    await ada.answer(answered, "verify-totp", code=ada.code())
    made_up = "2fa_" + "A" * 43

    refusals = [await ada.answer(token, path, code="12345") for token in (live, answered, made_up)]

    assert len({(refused.status_code, refused.text) for refused in refusals}) == 1


async def test_what_cannot_be_a_code_is_no_attempt_beside_a_password(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    world.clock.advance(601)
    body: dict[str, Any] = {"password": PASSWORD, "code": "12345"}

    for _ in range(6):
        refused = await ada.post("/two-factor/generate-backup-codes", **body)
        assert (refused.status_code, refused.json()["code"]) == (401, "INVALID_CODE")

    assert await fetch_all(world.database_url, COUNTED) == []
