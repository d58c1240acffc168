"""Of several apps of an account: a code is accepted once, and the last usable authenticator stays."""

from hypothesis import given
from hypothesis import strategies as st

from athena_auth.authenticator_changes import is_last_usable
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.mfa.authenticators import Authenticator, AuthenticatorState

STATES = st.sampled_from([AuthenticatorState.ACTIVE, AuthenticatorState.SUSPENDED])


@st.composite
def accounts(draw: st.DrawFn) -> list[Authenticator]:
    """Return the authenticators of an account, of two factors of which the server has one."""
    number = draw(st.integers(min_value=1, max_value=6))
    return [
        Authenticator(
            id=str(index),
            user_id=UserId("ada"),
            factor=draw(st.sampled_from(["totp", "gone"])),
            state=draw(STATES),
            created_at=Millis(index),
        )
        for index in range(number)
    ]


def is_usable(authenticator: Authenticator) -> bool:
    return authenticator.factor == "totp"


@given(accounts(), st.data())
def test_whatever_may_be_removed_leaves_one_that_can_be_used(
    account: list[Authenticator], data: st.DataObject
) -> None:
    one = data.draw(st.sampled_from(account))
    left = [each for each in account if each is not one]
    usable = [each for each in left if each.state is AuthenticatorState.ACTIVE and is_usable(each)]

    assert is_last_usable(account, one, is_usable) is (usable == [])
