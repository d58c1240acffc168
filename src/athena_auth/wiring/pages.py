"""Builds the pages."""

from typing import Any

import msgspec

from athena_auth.enrolment.challenge_status import ChallengeStatusApi
from athena_auth.mfa.model import FactorName
from athena_auth.pages.assets import Assets, assets_of
from athena_auth.pages.mail_links import MailLinkPages
from athena_auth.pages.page import Page, pages_of
from athena_auth.pages.recovery import ForgotPasswordPages
from athena_auth.pages.second_step import SecondStepPages
from athena_auth.pages.security import SecurityPages
from athena_auth.pages.sign_in import SignInPages
from athena_auth.pages.site import Site
from athena_auth.pages.templates import Templates, appearance_of
from athena_auth.pages.visit import AnsweringHandler
from athena_auth.settings import BASE_PATH, Settings
from athena_auth.wire.handlers import routes_of
from athena_auth.wire.redirects import RedirectPolicy
from athena_auth.wire.route import Route
from athena_auth.wiring.resources import Resources
from athena_auth.wiring.routes import Apis
from athena_auth.wiring.shared_services import SharedServices


class PageParts(msgspec.Struct, frozen=True):
    """The pages of a server.

    Attributes:
        pages: The pages; those that mails link to are among them even if the others are off.
        routes: Handlers that only the pages call: they serve no endpoint.
        templates: Renders them.
        assets: What they load.
    """

    pages: tuple[Page, ...]
    routes: tuple[Route, ...]
    templates: Templates
    assets: Assets


def build_pages(
    settings: Settings,
    resources: Resources,
    shared: SharedServices,
    apis: Apis,
    redirects: RedirectPolicy,
    *,
    is_on: bool,
) -> PageParts:
    """Build the pages.

    Raises:
        SettingsError: the logo, the stylesheet or a template cannot be used.
    """
    prefix = settings.pages_prefix if is_on else None
    site = Site(prefix, settings.sub_path + BASE_PATH, redirects)
    assets = assets_of(settings)
    templates = Templates(site, appearance_of(settings, site, assets.names), settings.templates)
    challenges = ChallengeStatusApi(shared.factors, resources.store, resources.clock)
    account_pages = (
        SignInPages(site, apis.sign_in, apis.current_session, apis.accounts, apis.recovery),
        SecondStepPages(
            site, challenges, apis.otp, _verifiers(apis), settings.trust_ttl, settings.totp_digits
        ),
        ForgotPasswordPages(site, apis.recovery),
        SecurityPages(site, apis.current_session),
    )
    always = MailLinkPages(site, apis.recovery)
    pages = pages_of(always, *(account_pages if is_on else ()))
    return PageParts(pages, routes_of(challenges), templates, assets)


def _verifiers(apis: Apis) -> dict[str, AnsweringHandler[Any]]:
    """Return the handler that verifies the code of each factor, by the factor's name."""
    built_in: dict[str, AnsweringHandler[Any]] = {
        FactorName.TOTP: apis.totp.verify_totp,
        FactorName.OTP: apis.otp.verify_otp,
        FactorName.BACKUP_CODE: apis.backup_codes.verify,
    }
    # A factor that prompts needs a page of its own.
    by_code = {name: routes[0].handler for name, routes in apis.own_factors.items() if len(routes) == 1}
    return built_in | by_code
