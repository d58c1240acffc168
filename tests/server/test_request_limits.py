"""Rate limits by address, counted in the server's memory."""

from collections.abc import AsyncIterator
from ipaddress import IPv4Address, IPv6Address

import httpx
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from athena_auth.kernel.network import network_of
from athena_auth.server.counters import ProcessMemory
from support.clock import FakeClock
from support.openapi import check_answer
from support.person import PASSWORD, Person
from support.world import World, world_over

SIGN_IN, SIGN_UP = "/sign-in/email", "/sign-up/email"
SECOND_STEP = [
    "/two-factor/verify-totp",
    "/two-factor/verify-otp",
    "/two-factor/verify-backup-code",
    "/two-factor/send-otp",
    "/two-factor/enable",
    "/two-factor/disable",
    "/two-factor/get-totp-uri",
    "/two-factor/generate-backup-codes",
    "/change-password",
    "/delete-user",
]
HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest_asyncio.fixture
async def limited(sqlite_url: str) -> AsyncIterator[World]:
    """Run a server with limits, behind a proxy that tells it addresses."""
    async with world_over(sqlite_url, rate_limit="on", trusted_proxies="127.0.0.1") as running:
        yield running


async def ask(world: World, path: str, address: str = HERE, times: int = 1) -> httpx.Response:
    """Send requests of no use from this address, and return the last answer."""
    client = await world.client(**{"x-forwarded-for": address})
    answers = [await client.post(path, json={}) for _ in range(times)]
    return answers[-1]


def assert_too_many(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_REQUESTS"), answer.text
    assert set(answer.json()) == {"message", "code"}


@pytest.mark.parametrize("path", [SIGN_IN, SIGN_UP])
async def test_the_hundred_and_first_of_a_minute_is_refused_and_told_when_to_come_back(
    limited: World, path: str
) -> None:
    assert (await ask(limited, path, times=100)).status_code == 400
    limited.clock.advance(20)

    refused = await ask(limited, path)

    assert_too_many(refused)
    assert refused.headers["retry-after"] == "40"
    limited.clock.advance(39)
    assert (await ask(limited, path)).headers["retry-after"] == "1"
    limited.clock.advance(1)
    assert (await ask(limited, path)).status_code == 400


async def test_who_is_refused_costs_no_hash_and_signs_in_nowhere(limited: World) -> None:
    """A flood of sign-ins must not reach what is dear, and must not test passwords on the way."""
    client = await limited.client(**{"x-forwarded-for": HERE})
    body = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}
    await client.post(SIGN_UP, json=body)
    await ask(limited, SIGN_IN, times=100)

    right = await client.post(SIGN_IN, json=body)
    wrong = await client.post(SIGN_IN, json={**body, "password": "not her password"})

    assert_too_many(right)
    assert right.json() == wrong.json()
    assert "set-cookie" not in right.headers


async def test_a_refusal_comes_before_the_body_is_read(limited: World) -> None:
    await ask(limited, SIGN_IN, times=100)
    read: list[bytes] = []

    async def body() -> AsyncIterator[bytes]:
        read.append(b"x" * 1024)
        yield read[-1]

    client = await limited.client(**{"x-forwarded-for": HERE})
    assert_too_many(await client.post(SIGN_IN, content=body()))

    assert read == []


async def test_limits_are_kept_for_each_address_and_each_kind_of_request(limited: World) -> None:
    await ask(limited, SIGN_IN, times=101)

    assert (await ask(limited, SIGN_IN, THERE)).status_code == 400
    assert (await ask(limited, SIGN_UP)).status_code == 400
    assert (await ask(limited, SECOND_STEP[0])).status_code == 401


async def test_the_second_step_and_what_takes_a_password_share_one_limit(limited: World) -> None:
    """Whoever guesses must not get as much again from each endpoint that judges a guess."""
    for path in SECOND_STEP:
        assert (await ask(limited, path, times=30)).status_code == 401

    for path in SECOND_STEP:
        assert_too_many(await ask(limited, path))
    assert (await ask(limited, SECOND_STEP[0], THERE)).status_code == 401


async def test_looking_at_a_session_is_not_limited(limited: World) -> None:
    client = await limited.client(**{"x-forwarded-for": HERE})

    for path in ("/get-session", "/ok"):
        answers = [await client.get(path) for _ in range(400)]
        assert {answer.status_code for answer in answers} == {200}


async def test_limits_can_be_turned_off(sqlite_url: str) -> None:
    async with world_over(sqlite_url, rate_limit="off") as world:
        client = await world.client()
        answers = [await client.post(SIGN_IN, json={}) for _ in range(150)]

    assert {answer.status_code for answer in answers} == {400}


async def test_the_budget_of_guesses_counts_when_limits_are_off(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    for _ in range(5):
        await ada.answer(challenge, "verify-totp", code="000000")

    locked = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())

    assert locked.json()["code"] == "ACCOUNT_TEMPORARILY_LOCKED"


async def test_what_is_limited_says_so_in_the_reference(limited: World) -> None:
    client = await limited.client(**{"x-forwarded-for": HERE})
    document = (await client.get("/openapi.json")).json()
    await ask(limited, SECOND_STEP[0], times=300)
    await ask(limited, SIGN_IN, times=100)
    await ask(limited, SIGN_UP, times=100)

    for path in (SIGN_IN, SIGN_UP, *SECOND_STEP):
        refused = await ask(limited, path)
        assert_too_many(refused)
        check_answer(document, path, "post", 429, refused.json())


async def test_an_ipv6_network_is_one_address(limited: World) -> None:
    """Who has one address of IPv6 has 2^64: by single addresses nobody would be limited."""
    for host in range(100):
        assert (await ask(limited, SIGN_IN, f"2001:db8:1:2::{host:x}")).status_code == 400

    assert_too_many(await ask(limited, SIGN_IN, "2001:db8:1:2:ffff:ffff:ffff:ffff"))
    assert (await ask(limited, SIGN_IN, "2001:db8:1:3::1")).status_code == 400


async def test_an_address_written_in_another_way_is_the_same(limited: World) -> None:
    await ask(limited, SIGN_IN, HERE, times=100)

    assert_too_many(await ask(limited, SIGN_IN, f"::ffff:{HERE}"))


@given(st.ip_addresses(network="2000::/3"), st.integers(0, 2**64 - 1))
def test_the_second_half_of_an_ipv6_address_does_not_matter(address: IPv6Address, host: int) -> None:
    neighbour = IPv6Address(int(address) >> 64 << 64 | host)

    assert network_of(str(address)) == network_of(str(neighbour))


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:{}", "64:ff9b::{}"]))
def test_ipv4_within_ipv6_is_the_ipv4_address(address: IPv4Address, written: str) -> None:
    """Behind a translator all of IPv4 is one /64: as a network, a hundred sign-ins would be all the world's."""
    assert network_of(written.format(address)) == network_of(str(address)) == str(address)


def test_what_is_no_address_is_one_bucket_of_its_own() -> None:
    """A connection by a Unix socket has no address; nobody gets out of the limits by having none."""
    assert network_of("") == network_of("/run/proxy.sock") == network_of("192.0.2.256")
    assert network_of("") != network_of(HERE)


async def test_the_memory_forgets_what_has_ended_and_has_a_bound() -> None:
    """Somebody with an IPv6 network has any number of addresses; they must not fill the memory."""
    clock = FakeClock()
    memory = ProcessMemory(clock)
    for key in range(1000):
        await memory.incr(str(key), 60)
    clock.advance(60)
    await memory.incr("after", 60)
    assert await memory.reset() == 1

    for key in range(60_000):
        await memory.incr(str(key), 60)
    assert await memory.get("59999") == 1
    assert await memory.reset() == 50_000
