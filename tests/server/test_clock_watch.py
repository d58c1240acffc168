"""A change of the system clock is logged, and grants no access."""

import asyncio
import re

import pytest

from athena_auth.server.clock_watch import ClockWatch
from support.clock import FakeClock
from support.person import Person
from support.world import World


@pytest.mark.parametrize("seconds", [-3600, 3600])
async def test_a_jump_is_said_once(seconds: int, caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    watch = ClockWatch(clock, interval=0.02)
    watch.start()
    await asyncio.sleep(0)  # it looks for the first time
    clock.advance(seconds)
    for _ in range(750):
        if caplog.messages:
            break
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)  # and says it again, if it would
    await watch.stop()

    [line] = caplog.messages
    said = re.fullmatch(r"event=clock\.jumped seconds=(\S+)", line)
    assert said, line
    assert abs(float(said[1]) - seconds) < 1


async def test_nothing_is_said_of_a_clock_that_goes_as_it_should(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    watch = ClockWatch(clock, interval=0.02)
    watch.start()
    for _ in range(5):
        await asyncio.sleep(0.02)
        clock.advance(0.02)
    await watch.stop()

    assert caplog.messages == []


async def test_a_clock_that_is_set_back_lets_no_used_code_in(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    code = ada.code()
    assert (await ada.answer(await ada.challenge(), "verify-totp", code=code)).status_code == 200
    sent = await ada.challenge()
    await ada.answer(sent, "send-otp")
    otp = await world.mailbox.code_for(ada.email)
    assert (await ada.answer(sent, "verify-otp", code=otp)).status_code == 200
    world.clock.advance(-60)

    replayed = await ada.answer(await ada.challenge(), "verify-totp", code=code)
    earlier = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())
    again = await ada.answer(sent, "verify-otp", code=otp)

    assert [answer.status_code for answer in (replayed, earlier, again)] == [401, 401, 401]


async def test_a_clock_that_is_set_back_opens_no_lock(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    for _ in range(5):
        await ada.answer(await ada.challenge(), "verify-totp", code="000000")
    world.clock.advance(-3600)

    locked = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())

    assert locked.json()["code"] == "ACCOUNT_TEMPORARILY_LOCKED"
    assert int(locked.headers["retry-after"]) > 3600
