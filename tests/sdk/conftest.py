"""Every test here plays on both clients."""

from collections.abc import Iterator

import pytest

from support.sdk import Client, Credentials, Kind, Stage, stage_over


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
def stage(sqlite_url: str, kind: Kind) -> Iterator[Stage]:
    # No database can change what the SDK does.
    with stage_over(sqlite_url, kind) as running:
        yield running


@pytest.fixture
def client(stage: Stage, credentials: Credentials) -> Client:
    return stage.client(credentials=credentials)
