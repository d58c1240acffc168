"""`athena-auth tune` and the settings it recommends."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena_auth.crypto.passwords import EQUIVALENTS, Cost, is_strong_enough
from support.dump import dump
from support.person import sign_up
from support.process import run_athena
from support.world import world_over

MEMORY = st.integers(1_000, 200_000)
PASSES = st.integers(1, 10)


@pytest.mark.parametrize("target", ["1", "40"])
def test_what_it_recommends_is_accepted(tmp_path: Path, target: str) -> None:
    tuned = run_athena(tmp_path, "tune", "--target", target)

    assert tuned.returncode == 0, tuned.stderr
    recommended = dict(re.findall(r"ATHENA_(ARGON2_\w+)=(\d+)", tuned.stdout))
    assert is_strong_enough(Cost(int(recommended["ARGON2_MEMORY"]), int(recommended["ARGON2_PASSES"])))
    assert run_athena(tmp_path, "migrate", **recommended).returncode == 0


def test_a_cost_below_owasps_is_refused(tmp_path: Path) -> None:
    refused = run_athena(tmp_path, "migrate", argon2_memory="8192", argon2_passes="2")

    assert refused.returncode == 1
    assert "athena-auth tune" in refused.stderr


async def test_the_settings_decide_what_a_hash_costs(sqlite_url: str) -> None:
    async with world_over(sqlite_url, hasher=None, argon2_memory=12_288, argon2_passes=3) as world:
        await sign_up(world)

    assert "$argon2id$v=19$m=12288,t=3,p=1$" in await dump(sqlite_url)


@given(MEMORY, PASSES, st.integers(0, 50_000), st.integers(0, 5))
def test_more_is_never_weaker(memory: int, passes: int, more_memory: int, more_passes: int) -> None:
    if is_strong_enough(Cost(memory, passes)):
        assert is_strong_enough(Cost(memory + more_memory, passes + more_passes))


@pytest.mark.parametrize("cost", EQUIVALENTS)
def test_nothing_below_an_equivalent_passes_for_it(cost: Cost) -> None:
    assert is_strong_enough(cost)
    assert not is_strong_enough(Cost(cost.memory_kib - 1, cost.passes))
