"""examples/django: the shop, run as its README says."""

import subprocess
import sys
from pathlib import Path

import httpx

from support.examples import EXAMPLES, assert_step_up, copy_example, example_serving, run_readme, run_tests
from support.hosts import assert_refused
from support.process import environment


def test_the_walk_happens_as_it_is_written(tmp_path: Path) -> None:
    with example_serving("django", tmp_path) as address:
        run_readme("django", address)


def test_a_trusted_device_pays_little_until_a_code_is_shown(tmp_path: Path) -> None:
    with example_serving("django", tmp_path) as address:
        assert_step_up(address, lambda amount: {"data": {"amount": amount}})


def test_everybody_sees_the_page_and_a_payment_is_a_number(tmp_path: Path) -> None:
    with example_serving("django", tmp_path) as address, httpx.Client(base_url=address) as client:
        assert "Everybody sees this." in client.get("/").text
        assert_refused(client.post("/pay", data={"amount": "50"}), 401, "UNAUTHORIZED")

        body = {"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"}
        client.headers["authorization"] = (
            f"Bearer {client.post('/api/auth/sign-up/email', json=body).json()['token']}"
        )
        answers = [client.post("/pay", data={"amount": amount}) for amount in ("", "0", "-5", "all")]
        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {
            (400, "INVALID_AMOUNT")
        }
        assert client.get("/pay").status_code == 405


def test_the_project_passes_django_s_own_check(tmp_path: Path) -> None:
    checked = subprocess.run(
        [sys.executable, EXAMPLES / "django" / "manage.py", "check"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (checked.returncode, checked.stdout) == (0, "System check identified no issues (0 silenced).\n")


def test_its_own_tests_pass(tmp_path: Path) -> None:
    run_tests(copy_example("django", tmp_path), "shop/tests.py")
