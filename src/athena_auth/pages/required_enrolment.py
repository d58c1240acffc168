"""Enrolling the second factor that an account must have before it is signed in."""

from dataclasses import dataclass

import msgspec

from athena_auth.enrolment.pending_enrolment import PendingEnrolmentAnswer, PendingEnrolmentApi
from athena_auth.enrolment.routes import EnableAnswer, EnrolmentApi
from athena_auth.factors.otp.routes import OtpApi
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.model import ENDS_THE_CHALLENGE, FactorName
from athena_auth.pages.app_secret import shown_secret
from athena_auth.pages.factor_forms import FactorForms
from athena_auth.pages.form import CODE_FIELDS, NO_ERRORS, PASSWORD_FIELDS, errors_of, form_of
from athena_auth.pages.new_credentials import FIELD, NewCredentials, NewCredentialsForms
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.passkey_field import unknown_credential
from athena_auth.pages.visit import Visit

_PATH = "/enrol"
_FACTORS = (FactorName.TOTP, FactorName.PASSKEY, FactorName.OTP)
"""The factors that can be enrolled here. The first one offered is shown by default: an app needs no JavaScript."""


@dataclass(frozen=True, slots=True)
class RequiredEnrolmentPages:
    """Choosing a factor and entering the password, then the code or the passkey that confirms it, then the backup codes.

    Attributes:
        factors: Verifies what confirms the factor.
        rp_id: The domain that passkeys belong to.
    """

    forms: NewCredentialsForms
    pending: PendingEnrolmentApi
    enrolments: EnrolmentApi
    otp: OtpApi
    factors: FactorForms
    rp_id: str

    @show(_PATH)
    async def enrol(self, visit: Visit) -> PageOutcome:
        """Ask for the password, for the chosen factor or the first."""
        found = await self._find(visit)
        return found if isinstance(found, SeeOther) else self._password_form(visit, found, None)

    @submit(_PATH)
    async def submit_enrol(self, visit: Visit) -> PageOutcome:
        """Begin the enrolment."""
        found = await self._find(visit)
        if isinstance(found, SeeOther):
            return found
        method = self._method(visit, found)
        body = {"password": visit.field("password"), "method": method}
        begun = await visit.call(self.enrolments.enable, body)
        if isinstance(begun, Refused):
            ended = begun.code in ENDS_THE_CHALLENGE
            return self._ended(visit) if ended else self._password_form(visit, found, begun)
        if method == FactorName.PASSKEY:
            return self._passkey_form(visit, found, begun)
        uri = begun.totp_uri if isinstance(begun.totp_uri, str) else ""
        return await self._code_form(visit, found, NewCredentials(tuple(begun.backup_codes), uri), None)

    @submit(f"{_PATH}/confirm")
    async def submit_confirm(self, visit: Visit) -> PageOutcome:
        """Verify the code or the passkey; a correct one completes the sign-in, and the backup codes are shown."""
        opened = await self._open(visit)
        if isinstance(opened, SeeOther):
            return opened
        found, credentials = opened
        if visit.field("method") not in self._offered(found):
            return SeeOther(self.forms.access.site.link(_PATH, next=self._next(visit)))
        # The token may have ended: the second of two identical requests gets the answer of the first.
        outcome = await self.factors.verify(visit)
        if isinstance(outcome, Refused):
            ended = found.email is None or outcome.code in ENDS_THE_CHALLENGE
            return self._ended(visit) if ended else await self._again(visit, found, credentials, outcome)
        visitor = await self.forms.access.visitor(visit, "/security")
        if isinstance(visitor, SeeOther):
            return visitor
        return self.forms.codes_page(visit, credentials.codes, visitor.session_id)

    @submit(f"{_PATH}/send")
    async def submit_send(self, visit: Visit) -> PageOutcome:
        """Send another code."""
        opened = await self._open(visit)
        if isinstance(opened, SeeOther):
            return opened
        outcome = await visit.call(self.otp.send_otp)
        return await self._code_form(visit, *opened, outcome if isinstance(outcome, Refused) else None)

    async def _find(self, visit: Visit) -> PendingEnrolmentAnswer | SeeOther:
        """Return the sign-in whose factor is to be enrolled, or the page where it begins."""
        found = await visit.call(self.pending.status)
        return self._ended(visit) if isinstance(found, Refused) or found.email is None else found

    async def _open(self, visit: Visit) -> tuple[PendingEnrolmentAnswer, NewCredentials] | SeeOther:
        """Return the sign-in and what its enrolment has shown, or the page where it begins."""
        found = await visit.call(self.pending.status)
        if isinstance(found, Refused):
            return self._ended(visit)
        credentials = self.forms.pending.open(visit.field(FIELD), found.key)
        if credentials is None:
            link = self.forms.access.site.link(_PATH, notice="enrolment-ended", next=self._next(visit))
            return SeeOther(link)
        return found, credentials

    def _ended(self, visit: Visit) -> SeeOther:
        return SeeOther(self.forms.access.site.link("/sign-in", notice="ended", next=self._next(visit)))

    def _next(self, visit: Visit) -> str:
        return self.forms.access.site.next(visit)

    def _offered(self, found: PendingEnrolmentAnswer) -> list[str]:
        return [name for name in _FACTORS if name in found.methods and self.factors.has(name)]

    def _method(self, visit: Visit, found: PendingEnrolmentAnswer) -> str:
        """Return the factor that the visitor has chosen, or the first."""
        offered, asked = self._offered(found), visit.field("method")
        return asked if asked in offered else next(iter(offered), "")

    def _password_form(self, visit: Visit, found: PendingEnrolmentAnswer, refused: Refused | None) -> Shown:
        # The browser keeps a passkey that was refused, unless the account has it already.
        is_known = refused is None or refused.code is ErrorCode.PREVIOUSLY_REGISTERED
        context = {
            "errors": NO_ERRORS if refused is None else errors_of(refused, PASSWORD_FIELDS),
            "email": found.email,
            "methods": self._offered(found),
            "method": self._method(visit, found),
            "unknown_passkey": "" if is_known else unknown_credential(visit, self.rp_id),
            "next": self._next(visit),
        }
        return form_of("enrol.html", context, refused)

    def _passkey_form(self, visit: Visit, found: PendingEnrolmentAnswer, begun: EnableAnswer) -> Shown:
        context: dict[str, object] = {
            "errors": NO_ERRORS,
            "method": FactorName.PASSKEY,
            "options": msgspec.json.encode(begun.options).decode(),
            "state": self.forms.pending.seal(NewCredentials(tuple(begun.backup_codes)), found.key),
            "next": self._next(visit),
        }
        return Shown("enrol_confirm.html", context)

    async def _again(
        self, visit: Visit, found: PendingEnrolmentAnswer, credentials: NewCredentials, refused: Refused
    ) -> Shown:
        if visit.field("method") == FactorName.PASSKEY:
            # The nonce is used up, so the enrolment begins again.
            return self._password_form(visit, found, refused)
        return await self._code_form(visit, found, credentials, refused)

    async def _code_form(
        self,
        visit: Visit,
        found: PendingEnrolmentAnswer,
        credentials: NewCredentials,
        refused: Refused | None,
    ) -> Shown:
        context: dict[str, object] = {
            "errors": NO_ERRORS if refused is None else errors_of(refused, CODE_FIELDS),
            "email": found.email,
            "method": FactorName.TOTP if credentials.uri else FactorName.OTP,
            "state": self.forms.pending.seal(credentials, found.key),
            "digits": self.factors.totp_digits,
            "next": self._next(visit),
        }
        steps = await shown_secret(credentials.uri) if credentials.uri else {}
        return form_of("enrol_confirm.html", context | steps, refused)
