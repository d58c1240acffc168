"""Builds the change of address."""

from athena_auth.email_change.links import EmailChangeLinks
from athena_auth.email_change.routes import EmailChangeApi
from athena_auth.email_change.service import EmailChangeService
from athena_auth.recovery.requests import EmailLinkRequests
from athena_auth.settings import BASE_PATH, Settings
from athena_auth.wiring.resources import Resources
from athena_auth.wiring.shared_services import SharedServices


def email_change_api(
    settings: Settings, resources: Resources, shared: SharedServices, resets: EmailLinkRequests
) -> EmailChangeApi:
    """Build the service and its routes. `resets` sends the link that sets a new password after an undone change."""
    links = EmailChangeLinks(resets.redirects, settings.sub_path + BASE_PATH)
    service = EmailChangeService(
        store=resources.store,
        clock=resources.clock,
        pool=resources.pool,
        step_up=shared.step_up,
        events=shared.events,
        notifications=shared.notifications,
        links=links,
        resets=resets,
    )
    return EmailChangeApi(service, links)
