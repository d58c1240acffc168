"""Builds the service and the handlers of passwords."""

from athena_auth.mfa.answers import SignInCookies
from athena_auth.passwords.routes import PasswordApi
from athena_auth.passwords.service import PasswordService
from athena_auth.wiring.resources import Resources
from athena_auth.wiring.shared_services import SharedServices


def password_api(resources: Resources, shared: SharedServices, cookies: SignInCookies) -> PasswordApi:
    """Build them."""
    service = PasswordService(
        step_up=shared.step_up,
        pool=resources.pool,
        events=shared.events,
        clock=resources.clock,
        policy=shared.password_policy,
        changes=shared.authenticator_changes,
    )
    return PasswordApi(service, cookies)
