"""Choosing the language of the pages, in the footer of each."""

from dataclasses import dataclass

from athena_auth.accounts.routes import AccountApi
from athena_auth.languages import Languages
from athena_auth.pages.page import PageOutcome, SeeOther, submit
from athena_auth.pages.site import Site
from athena_auth.pages.visit import Visit


@dataclass(frozen=True, slots=True)
class LanguagePages:
    """Keeps the choice in a cookie and, for signed-in users, with the account, whose mails use it too."""

    site: Site
    languages: Languages
    accounts: AccountApi

    # Below the API's path: the pages that mails link to have this form even if the others are off.
    @submit("/language", from_mail=True)
    async def submit_language(self, visit: Visit) -> PageOutcome:
        """Keep the choice, and show the page again."""
        language = self.languages.find(visit.field("language"))
        if language is not None:
            visit.choose(language)
            if visit.presents_session:
                # A session that has ended refuses this. The cookie is enough then.
                await visit.call(self.accounts.update_user, {"language": language.code})
        return SeeOther(self.site.after_sign_in(visit) if self.site.next(visit) else self.site.link("/"))
