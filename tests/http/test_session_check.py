"""`/check-session`: a status that a proxy can act on; get-session always answers 200."""

import pytest

from support.person import Person
from support.world import World


async def test_nobody_without_a_live_session_passes(world: World, ada: Person) -> None:
    stranger = await world.client()
    assert (await stranger.get("/get-session")).status_code == 200
    assert (await stranger.get("/check-session")).status_code == 401
    assert (await (await world.bearer("no-such-token")).get("/check-session")).status_code == 401

    passed = await ada.client.get("/check-session")

    assert passed.status_code == 200
    assert passed.json()["user"]["email"] == ada.email
    assert passed.headers["x-athena-user-id"] == passed.json()["user"]["id"]
    assert passed.headers["x-athena-session-level"] == "1"
    assert ada.token not in passed.text, "a proxy has no use for the token"

    await ada.post("/sign-out")
    assert (await ada.client.get("/check-session")).status_code == 401


async def test_a_proxy_that_asks_by_head_lets_nobody_pass_either(world: World, ada: Person) -> None:
    """HEAD was answered without a look at the session, as for a link in a mail that must not be used up."""
    stranger = await world.client()
    for path in ("/check-session", "/check-session?level=2"):
        assert (await stranger.head(path)).status_code == 401
    assert (await ada.client.head("/check-session")).status_code == 200
    assert (await ada.client.head("/check-session?level=2")).status_code == 403


async def test_a_second_factor_can_be_demanded(world: World, ada: Person) -> None:
    refused = await ada.client.get("/check-session?level=2")
    assert (refused.status_code, refused.json()["code"]) == (403, "ENROLMENT_REQUIRED")

    await ada.turn_on_totp()

    assert (await ada.client.get("/check-session?level=2")).status_code == 200
    assert (await ada.client.get("/check-session?level=2&fresh=300")).status_code == 200
    world.clock.advance(301)
    refused = await ada.client.get("/check-session?level=2&fresh=300")
    assert (refused.status_code, refused.json()["code"]) == (403, "STEP_UP_REQUIRED")


async def test_a_trusted_device_is_not_taken_for_a_second_factor(world: World, ada: Person) -> None:
    """Level 2 and a recent sign-in look like a code that was just typed; only the session's own field tells."""
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
    by_code = (await browser.get("/get-session")).json()["session"]
    await browser.post("/sign-out")
    world.clock.advance(60)

    await ada.sign_in(browser)

    by_device = (await browser.get("/get-session")).json()["session"]
    assert by_code["secondFactorVerifiedAt"] == by_code["provenAt"]
    assert by_device["level"] == 2
    assert by_device["secondFactorVerifiedAt"] is None
    assert (await browser.get("/check-session?level=2")).status_code == 200
    assert (await browser.get("/check-session?level=2&fresh=600")).status_code == 403


async def test_a_browsers_session_is_not_kept_alive_by_an_answer_that_never_reaches_it(
    world: World, ada: Person
) -> None:
    """The proxy drops the renewed cookie: the session went on in the database, and its cookie ran out."""
    browser = await world.browser()
    await ada.sign_in(browser)
    before = (await browser.get("/get-session")).json()["session"]["expiresAt"]
    world.clock.advance(4 * 86_400)

    checked = await browser.get("/check-session")

    assert "set-cookie" not in checked.headers
    assert checked.json()["session"]["expiresAt"] == before
    assert (await browser.get("/get-session")).json()["session"]["expiresAt"] > before


@pytest.mark.parametrize("query", ["level=3", "level=two", "fresh=0", "fresh=-1", "fresh=1e9", "level="])
async def test_a_demand_that_cannot_be_read_lets_nobody_pass(sqlite_world: World, query: str) -> None:
    client = await sqlite_world.client()
    await client.post(
        "/sign-up/email", json={"email": "a@example.com", "password": "correct horse", "name": "A"}
    )
    answer = await client.get(f"/check-session?{query}")
    if query == "level=":
        assert answer.status_code == 200, "an empty parameter is one that was not given"
    else:
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
