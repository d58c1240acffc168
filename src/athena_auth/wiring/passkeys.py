"""Builds the services and the handlers of passkeys."""

from typing import NamedTuple

from athena_auth.factors.passkeys.nonces import SignInNonces
from athena_auth.factors.passkeys.routes import PasskeyApi
from athena_auth.factors.passkeys.second_step_routes import PasskeySecondStepApi
from athena_auth.factors.passkeys.service import PasskeyService
from athena_auth.factors.passkeys.sign_in import PasskeySignIn
from athena_auth.factors.passkeys.sign_in_routes import PasskeySignInApi
from athena_auth.mfa.answers import SignInCookies
from athena_auth.mfa.prompts import Prompts
from athena_auth.mfa.routes import VerifyEndpoint
from athena_auth.wiring.resources import Resources
from athena_auth.wiring.shared_services import SharedServices


class PasskeyApis(NamedTuple):
    """The objects whose handlers serve the endpoints of passkeys."""

    second_step: PasskeySecondStepApi
    sign_in: PasskeySignInApi
    passkeys: PasskeyApi


def passkey_apis(
    resources: Resources,
    shared: SharedServices,
    prompts: Prompts,
    verify: VerifyEndpoint,
    cookies: SignInCookies,
) -> PasskeyApis | None:
    """Build them; None if the host application has left passkeys out."""
    factor = shared.factors.passkeys
    if factor is None:
        return None
    service = PasskeyService(
        factor=factor,
        offered=shared.factors.offered,
        changes=shared.authenticator_changes,
        store=resources.store,
        clock=resources.clock,
        step_up=shared.step_up,
        events=shared.events,
    )
    sign_in = PasskeySignIn(
        factor=factor,
        offered=shared.factors.offered,
        nonces=SignInNonces(resources.keyring),
        browsers=shared.browsers,
        store=resources.store,
        clock=resources.clock,
        sign_in_policy=shared.sign_in_policy,
        notifications=shared.notifications,
    )
    return PasskeyApis(
        PasskeySecondStepApi(factor, prompts, verify),
        PasskeySignInApi(sign_in, factor, cookies),
        PasskeyApi(service, factor),
    )
