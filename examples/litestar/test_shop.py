"""Tests of the shop: `pytest examples/litestar`; how it is done is in docs/how-to/test.md."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from shop import app, athena

from athena_auth.testing import Person, ServerForTests, athena_for_tests


@pytest.fixture
def server() -> Iterator[ServerForTests]:
    with athena_for_tests(athena) as server:
        yield server


@pytest.fixture
def shop(server: ServerForTests) -> Iterator[TestClient[Litestar]]:
    with TestClient(app) as client:
        yield client


def pay(shop: TestClient[Litestar], person: Person, amount: int) -> dict[str, Any]:
    answer: dict[str, Any] = shop.post("/pay", json={"amount": amount}, headers=person.headers).json()
    return answer


def test_strangers_have_no_account(shop: TestClient[Litestar]) -> None:
    assert shop.get("/account").status_code == 401


def test_a_password_pays_little(server: ServerForTests, shop: TestClient[Litestar]) -> None:
    ada = server.run(server.person())

    assert pay(shop, ada, 50) == {"paid": 50, "by": "ada@example.com"}
    assert pay(shop, ada, 150)["code"] == "ENROLMENT_REQUIRED"


def test_a_second_factor_pays_much_for_ten_minutes(
    server: ServerForTests, shop: TestClient[Litestar]
) -> None:
    ada = server.run(server.person(level=2))
    assert pay(shop, ada, 150) == {"paid": 150, "by": "ada@example.com"}

    server.clock.advance(601)
    assert pay(shop, ada, 150)["code"] == "STEP_UP_REQUIRED"

    server.run(ada.step_up())
    assert pay(shop, ada, 150) == {"paid": 150, "by": "ada@example.com"}
