"""The overview of an account's security."""

from dataclasses import dataclass

from athena_auth.accounts.current_session import CurrentSessionApi
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show
from athena_auth.pages.session import session_of
from athena_auth.pages.site import Site
from athena_auth.pages.visit import Visit


@dataclass(frozen=True, slots=True)
class SecurityPages:
    """What account owners see of their account."""

    site: Site
    current: CurrentSessionApi

    @show("/security")
    async def overview(self, visit: Visit) -> PageOutcome:
        """Show the account and whether two-factor authentication is on."""
        signed_in = await session_of(visit, self.current)
        if signed_in is None:
            return SeeOther(self.site.link("/sign-in", next=self.site.link("/security")))
        return Shown("security.html", {"user": signed_in.user})
