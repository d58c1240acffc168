"""`amr`: requiring a kind of second factor of a session."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena_auth.sessions.model import Amr, AmrClass, Assurance, Level
from support.person import Person
from support.world import World

KEYS = ("hwk", "swk")


async def check(person: Person, **query: str) -> str:
    answer = await person.client.get("/check-session", params=query)
    return "OK" if answer.is_success else str(answer.json()["code"])


async def test_a_session_without_a_factor_must_enrol_one(world: World, ada: Person) -> None:
    for kind in AmrClass:
        assert await check(ada, amr=kind) == "ENROLMENT_REQUIRED"


async def test_an_app_is_no_sent_code_and_no_key(world: World, ada: Person) -> None:
    await ada.turn_on_totp()

    assert await check(ada, amr="without_sent_codes") == "OK"
    assert await check(ada, amr="phishing_resistant") == "STEP_UP_REQUIRED"


async def test_a_sent_code_is_refused_until_another_factor_is_verified(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    await ada.answer(challenge, "send-otp")
    code = await world.mailbox.code_for(ada.email)
    verified = await ada.answer(challenge, "verify-otp", code=code)
    session = Person(
        world,
        ada.email,
        await world.bearer(verified.json()["token"]),
        verified.json()["token"],
        phone=ada.phone,
    )
    assert await check(session, amr="without_sent_codes") == "STEP_UP_REQUIRED"

    await session.step_up()

    assert await check(session, amr="without_sent_codes") == "OK"
    assert await check(session, amr="without_sent_codes", fresh="600") == "OK"


async def test_with_fresh_the_last_factor_counts(world: World, ada: Person) -> None:
    """A session has one time, that of the last factor: a fresh sent code must not renew an old code of the app."""
    await ada.turn_on_totp()
    world.clock.advance(3600)
    await ada.post("/two-factor/send-otp")
    code = await world.mailbox.code_for(ada.email)
    assert (await ada.post("/two-factor/verify-otp", code=code)).status_code == 200

    assert await check(ada, amr="without_sent_codes") == "OK"
    assert await check(ada, amr="without_sent_codes", fresh="600") == "STEP_UP_REQUIRED"


async def test_an_unknown_kind_is_refused(world: World, ada: Person) -> None:
    assert await check(ada, amr="unbreakable") == "VALIDATION_ERROR"
    with pytest.raises(ValueError, match="unbreakable"):
        world.athena.require(amr="unbreakable")


@given(st.lists(st.sampled_from([*Amr, *KEYS])))
def test_the_factor_that_was_verified_last_is_the_last_and_none_is_lost(verified: list[str]) -> None:
    assurance = Assurance(Level.ONE, (Amr.PASSWORD,))
    for amr in verified:
        assurance = assurance.raised_by(amr)

    assert set(assurance.amr) == {Amr.PASSWORD, *verified}
    assert len(assurance.amr) == len(set(assurance.amr))
    assert assurance.amr[-1] == (verified[-1] if verified else Amr.PASSWORD)


def test_each_kind_includes_what_it_says() -> None:
    methods = {*Amr, *KEYS}

    assert {each for each in methods if AmrClass.PHISHING_RESISTANT.includes(each)} >= set(KEYS)
    sent = {each for each in methods if not AmrClass.WITHOUT_SENT_CODES.includes(each)}
    assert sent == {Amr.PASSWORD, Amr.TRUSTED_DEVICE, Amr.SENT_CODE, Amr.TEXT}
