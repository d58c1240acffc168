"""`athena-auth tokens rotate`."""

import asyncio
from pathlib import Path

import pytest

from athena_auth.kernel.clock import SystemClock
from support.dump import fetch_all
from support.process import SECRET, run_athena

KEYS = "SELECT number, algorithm, signs_from, expires_at FROM athena_signing_key ORDER BY algorithm, number"


def rotate(folder: Path, database_url: str, *options: str, **settings: str) -> str:
    ended = run_athena(
        folder, "tokens", "rotate", *options, database_url=database_url, secret=SECRET, **settings
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def stored(database_url: str) -> list[tuple[object, ...]]:
    return asyncio.run(fetch_all(database_url, KEYS))


def test_a_successor_is_published_an_hour_before_it_signs(tmp_path: Path, database_url: str) -> None:
    rotate(tmp_path, database_url)
    ((*first, signs_at_once, _),) = stored(database_url)
    assert (first, signs_at_once <= SystemClock().now()) == ([1, "EdDSA"], True)  # type: ignore[operator]  # a number

    printed = rotate(tmp_path, database_url)

    (_, _, _, expires_at), (*second, signs_from, _) = stored(database_url)
    assert second == [2, "EdDSA"]
    assert printed.startswith("The newest key is published and signs from ")
    assert SystemClock().now() + 3_500_000 < signs_from < expires_at < SystemClock().now() + 86_400_000  # type: ignore[operator]  # as above
    assert rotate(tmp_path, database_url) == printed, "one that does not sign yet is enough"
    assert len(stored(database_url)) == 2


def test_a_stolen_key_is_replaced_at_once(tmp_path: Path, database_url: str) -> None:
    rotate(tmp_path, database_url)
    rotate(tmp_path, database_url)
    rotate(tmp_path, database_url, token_algorithm="ES256")

    printed = rotate(tmp_path, database_url, "--revoke")

    assert printed == "A new key signs now, and all others were deleted.\n"
    ((number, algorithm, signs_from, _),) = stored(database_url)
    assert (number, algorithm) == (3, "EdDSA")
    assert signs_from <= SystemClock().now()  # type: ignore[operator]  # a number


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_makes_no_secret_of_its_own(tmp_path: Path, database_url: str) -> None:
    ended = run_athena(tmp_path, "tokens", "rotate", database_url=database_url)

    assert ended.returncode == 1
    assert ended.stderr.startswith("error: ")
    assert stored(database_url) == []
