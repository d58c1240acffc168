"""Signed assertions of a session, and the keys that verify them."""

from typing import Any

import jwt

from athena_auth.assertions.rules import seal_context
from athena_auth.crypto.keys import Keyring
from support.dump import dump, execute, fetch_all
from support.person import Person, sign_up
from support.world import ORIGIN, SECRET, World, world_over

DAY = 86_400


async def token_of(person: Person) -> str:
    answer = await person.client.get("/token")
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["token"]
    return token


async def keys_of(world: World) -> dict[str, jwt.PyJWK]:
    answer = await (await world.client()).get("/jwks")
    return {key["kid"]: jwt.PyJWK(key) for key in answer.json()["keys"]}


async def read(world: World, token: str) -> dict[str, Any]:
    """Verify a token as a service does, but by the clock of the test."""
    key = (await keys_of(world))[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=[key.algorithm_name],
        audience=ORIGIN,
        issuer=ORIGIN,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims["exp"] > world.clock.now() // 1000
    return claims


async def test_it_says_who_the_owner_is_and_how_they_signed_in(world: World, ada: Person) -> None:
    session = (await ada.session())["session"]

    claims = await read(world, await token_of(ada))

    now = world.clock.now() // 1000
    assert claims.pop("jti") != (await read(world, await token_of(ada)))["jti"]
    assert claims == {
        "iss": ORIGIN,
        "aud": ORIGIN,
        "sub": session["userId"],
        "sid": session["id"],
        "iat": now,
        "exp": now + 300,
        "auth_time": now,
        "acr": "level-1",
        "amr": ["pwd"],
    }


async def test_a_step_up_shows(world: World, ada: Person) -> None:
    before = await read(world, await token_of(ada))
    world.clock.advance(100)
    await ada.turn_on_totp()

    after = await read(world, await token_of(ada))

    assert (after["acr"], after["amr"]) == ("level-2", ["pwd", "otp", "mfa"])
    assert after["auth_time"] == before["auth_time"] + 100
    assert after["sid"] == before["sid"]


async def test_a_trusted_device_is_no_second_factor(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
    await browser.post("/sign-out", json={})
    await ada.sign_in(browser)

    token = (await browser.get("/token")).json()["token"]

    claims = await read(world, token)
    assert (claims["acr"], claims["amr"]) == ("level-2", ["pwd", "device"])


async def test_nobody_else_gets_one(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    challenge = await world.bearer(await ada.challenge())
    stranger = await world.client()
    for client in (challenge, stranger):
        for answer in (await client.get("/token"), await client.post("/token", json={})):
            assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")

    await ada.post("/sign-out")

    assert (await ada.client.get("/token")).status_code == 401


async def test_post_is_the_same_and_needs_an_origin_with_a_cookie(world: World, ada: Person) -> None:
    assert (await ada.post("/token")).json().keys() == {"token"}
    browser = await world.browser()
    await ada.sign_in(browser)

    forged = await browser.post("/token", json={}, headers={"origin": "https://evil.example.com"})

    assert (forged.status_code, forged.json()["code"]) == (403, "INVALID_ORIGIN")
    assert (await browser.post("/token", json={})).is_success


async def test_a_token_is_not_cached_and_a_key_set_is(world: World, ada: Person) -> None:
    assert (await ada.client.get("/token")).headers["cache-control"] == "no-store"
    client = await world.client()
    for path in ("/jwks", "/.well-known/jwks.json", f"{ORIGIN}/.well-known/jwks.json"):
        answer = await client.get(path)
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert [key.keys() for key in answer.json()["keys"]] == [{"kty", "crv", "x", "alg", "use", "kid"}]


async def test_the_key_set_is_read_once_a_minute(sqlite_world: World) -> None:
    (kid,) = await keys_of(sqlite_world)
    await execute(sqlite_world.database_url, "DELETE FROM athena_signing_key")

    assert list(await keys_of(sqlite_world)) == [kid]
    sqlite_world.clock.advance(60)
    assert list(await keys_of(sqlite_world)) != [kid]


async def test_a_token_ends_with_its_session_at_the_latest(database_url: str) -> None:
    async with world_over(database_url, session_ttl=60) as world:
        ada = await sign_up(world)
        claims = await read(world, await token_of(ada))

        assert claims["exp"] == world.clock.now() // 1000 + 60


async def test_settings_choose_algorithm_audience_and_lifetime(database_url: str) -> None:
    async with world_over(
        database_url, token_algorithm="ES256", token_audience="orders", token_ttl=60
    ) as world:
        ada = await sign_up(world)
        token = await token_of(ada)

        header, claims = (
            jwt.get_unverified_header(token),
            jwt.decode(token, options={"verify_signature": False}),
        )
        assert header == {"alg": "ES256", "typ": "JWT", "kid": next(iter(await keys_of(world)))}
        assert (claims["aud"], claims["exp"] - claims["iat"]) == ("orders", 60)


async def test_another_algorithm_signs_at_once_and_earlier_tokens_stay_valid(database_url: str) -> None:
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        earlier = await token_of(ada)
    async with world_over(database_url, token_algorithm="ES256") as world:
        ada.client = await world.bearer(ada.token)
        later = await token_of(ada)

        assert jwt.get_unverified_header(later)["alg"] == "ES256"
        assert (await read(world, earlier))["sub"] == (await read(world, later))["sub"]


async def test_an_old_key_is_replaced_without_a_gap(world: World, ada: Person) -> None:
    first = jwt.get_unverified_header(await token_of(ada))["kid"]
    world.clock.advance(90 * DAY)
    person = await signed_in_again(ada)

    last = await token_of(person)
    assert jwt.get_unverified_header(last)["kid"] == first
    keys = await keys_of(world)
    assert len(keys) == 2, "its successor is published before it signs"
    world.clock.advance(3600)
    successor = jwt.get_unverified_header(await token_of(person))["kid"]
    assert successor in keys.keys() - {first}
    assert first in await keys_of(world), "tokens that it has signed may still be valid"

    world.clock.advance(3 * 3600)
    assert list(await keys_of(world)) == [successor]
    await world.sweep()
    assert await fetch_all(world.database_url, "SELECT id FROM athena_signing_key") == [(successor,)]


async def test_a_key_that_expired_unused_is_replaced_at_once(world: World, ada: Person) -> None:
    first = jwt.get_unverified_header(await token_of(ada))["kid"]
    world.clock.advance(120 * DAY)
    person = await signed_in_again(ada)

    # Its row is not swept yet.
    assert jwt.get_unverified_header(await token_of(person))["kid"] != first


async def test_private_keys_are_not_in_the_database(world: World) -> None:
    (kid,) = await keys_of(world)
    query = "SELECT sealed_private_key FROM athena_signing_key"
    ((sealed,),) = await fetch_all(world.database_url, query)
    assert isinstance(sealed, bytes)
    private_key = Keyring({1: SECRET.encode()}).unseal(sealed, seal_context("EdDSA", kid))

    stored = await dump(world.database_url)

    assert sealed.hex() in stored
    assert private_key[-32:].hex() not in stored
    assert private_key[-32:].decode("latin-1") not in stored


async def test_a_key_that_was_planted_in_the_database_is_not_published(world: World, ada: Person) -> None:
    """An attacker who can write to the database must not be able to sign tokens that services accept."""
    kid = jwt.get_unverified_header(await token_of(ada))["kid"]
    await execute(
        world.database_url,
        "INSERT INTO athena_signing_key (id, algorithm, number, sealed_private_key, signs_from, expires_at) "
        "SELECT 'planted', algorithm, number + 1, sealed_private_key, signs_from, expires_at FROM athena_signing_key",
    )
    world.clock.advance(61)

    assert list(await keys_of(world)) == [kid]
    assert jwt.get_unverified_header(await token_of(ada))["kid"] == kid


async def test_a_key_of_an_earlier_secret_gets_a_successor(database_url: str) -> None:
    one, both = "1:first-secret-of-more-than-thirty-two-bytes", "2:second-secret-of-more-than-32-bytes"
    async with world_over(database_url, secret=None, secrets=one) as world:
        ada = await sign_up(world)
        (first,) = await keys_of(world)
    async with world_over(database_url, secret=None, secrets=f"{both},{one}") as world:
        ada.client = await world.bearer(ada.token)
        assert jwt.get_unverified_header(await token_of(ada))["kid"] == first
        keys = await keys_of(world)
        assert len(keys) == 2
        world.clock.advance(61)
        assert (await keys_of(world)).keys() == keys.keys(), "one successor is enough"
        world.clock.advance(4 * 3600)
        assert first not in await keys_of(world)
        assert len(await keys_of(world)) == 1


async def signed_in_again(person: Person) -> Person:
    token = (await person.sign_in()).json()["token"]
    return Person(person.world, person.email, await person.world.bearer(token), token)
