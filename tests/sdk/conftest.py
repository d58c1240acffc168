"""Every test here runs with both clients."""

from collections.abc import Callable, Iterator

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from athena_auth_client import MemoryTokenStore
from support.faults import TOKEN, Faults
from support.sdk import Client, Credentials, Kind, SdkHarness, client_over, harness_over


# How a client sends and how it shows its token know nothing of each other: two of the four pairs tell all.
@pytest.fixture(params=[("blocking", "bearer"), ("awaiting", "cookie")], ids="-".join)
def pair(request: pytest.FixtureRequest) -> tuple[Kind, Credentials]:
    found: tuple[Kind, Credentials] = request.param
    return found


@pytest.fixture
def kind(pair: tuple[Kind, Credentials]) -> Kind:
    return pair[0]


@pytest.fixture
def credentials(pair: tuple[Kind, Credentials]) -> Credentials:
    return pair[1]


@pytest.fixture
def harness(sqlite_url: str, kind: Kind) -> Iterator[SdkHarness]:
    # No database can change what the SDK does.
    with harness_over(sqlite_url, kind) as running:
        yield running


@pytest.fixture
def client(harness: SdkHarness, credentials: Credentials) -> Client:
    return harness.client(credentials=credentials)


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as running:
        yield running


@pytest.fixture
def failing(portal: BlockingPortal, kind: Kind) -> Callable[[Faults], Client]:
    store = MemoryTokenStore(session=TOKEN)
    return lambda faults: client_over(kind, faults, portal, tokens=store)


@pytest.fixture
def done(portal: BlockingPortal, kind: Kind) -> Callable[..., object]:
    def call(operation: Callable[..., object], *arguments: object, **named: object) -> object:
        result: object = (
            portal.call(lambda: operation(*arguments, **named))
            if kind == "awaiting"
            else operation(*arguments, **named)
        )
        return result

    return call
