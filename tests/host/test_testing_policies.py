"""`athena_auth.testing` with settings under which nobody signs up and is signed in."""

from typing import Any

import pytest

from athena_auth.testing import athena_for_tests


@pytest.mark.parametrize(
    "settings", [{"sign_up": "closed"}, {"sign_up": "invite"}, {"require_verified_email": "on"}]
)
async def test_a_person_is_signed_in_under_every_policy(settings: dict[str, Any]) -> None:
    with athena_for_tests(**settings) as server:
        async with server.athena.lifespan():
            person = await server.person(level=2)

            signed_in = await server.athena.users.sessions(person.user_id)
            assert [(session.level, session.user_id) for session in signed_in] == [(2, person.user_id)]
            with pytest.raises(AssertionError, match="already exists"):
                await server.person()
