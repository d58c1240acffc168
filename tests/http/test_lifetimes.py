"""Lifetimes at their limits."""

from typing import Any

from annotated_types import Ge, Le

from athena_auth.settings import Settings
from support.person import sign_up
from support.world import world_over

TEN_YEARS = 315_360_000


async def test_the_longest_lifetimes_can_be_served(database_url: str) -> None:
    """With ATHENA_SESSION_TTL=999999999999 a session's end lay after the year 9999, which cannot be written.

    The server started. Each sign-in verified its code, used it up, and then failed with 500.
    """
    longest: dict[str, Any] = {"session_ttl": TEN_YEARS, "trust_ttl": TEN_YEARS, "audit_ttl": TEN_YEARS}
    async with world_over(database_url, **longest) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        browser = await world.browser()
        await ada.sign_in(browser)
        body = {"code": ada.backup_codes[0], "trustDevice": True}
        passed = await browser.post("/two-factor/verify-backup-code", json=body)
        await world.sweep()
        shown = [
            await browser.get(path)
            for path in (
                "/get-session",
                "/list-sessions",
                "/two-factor/trusted-devices",
                "/two-factor/status",
            )
        ]

    assert passed.status_code == 200, passed.text
    assert [answer.status_code for answer in shown] == [200] * 4
    assert passed.json()["session"]["expiresAt"].startswith("2036-")


def test_every_number_among_the_settings_has_a_smallest_and_a_largest_value() -> None:
    """A number without a largest value breaks later, where it is added to a time, and not at the start."""
    numbers = {
        name: field.metadata for name, field in Settings.model_fields.items() if field.annotation is int
    }
    unbounded = [
        name
        for name, metadata in numbers.items()
        if not {Ge, Le} <= {type(constraint) for constraint in metadata}
    ]

    assert len(numbers) > 10
    assert unbounded == []
