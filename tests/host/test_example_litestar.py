"""examples/litestar: the shop, run as its README says."""

from pathlib import Path

import httpx

from support.examples import assert_step_up, copy_example, example_serving, run_readme, run_tests
from support.hosts import assert_refused


def test_the_walk_happens_as_it_is_written(tmp_path: Path) -> None:
    with example_serving("litestar", tmp_path) as address:
        run_readme("litestar", address)


def test_a_trusted_device_pays_little_until_a_code_is_shown(tmp_path: Path) -> None:
    with example_serving("litestar", tmp_path) as address:
        assert_step_up(address, lambda amount: {"json": {"amount": amount}})


def test_everybody_sees_the_page_and_few_pay(tmp_path: Path) -> None:
    with example_serving("litestar", tmp_path) as address, httpx.Client(base_url=address) as client:
        assert "Everybody sees this." in client.get("/").text
        assert_refused(client.post("/pay", json={"amount": 50}), 401, "UNAUTHORIZED")


def test_its_own_tests_pass(tmp_path: Path) -> None:
    run_tests(copy_example("litestar", tmp_path), "test_shop.py")
