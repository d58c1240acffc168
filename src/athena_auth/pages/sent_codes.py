"""Turning codes by email or by text message on."""

import re
from dataclasses import dataclass

from athena_auth.accounts.step_up_policy import Action
from athena_auth.enrolment.account_status import VisitorAnswer
from athena_auth.enrolment.routes import EnrolmentApi
from athena_auth.enrolment.status import StatusApi, TwoFactorStatusAnswer
from athena_auth.factors.otp.routes import OtpApi
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.texts import Text
from athena_auth.mfa.model import FactorName
from athena_auth.pages.form import CODE_FIELDS, NO_ERRORS, errors_of, form_of
from athena_auth.pages.new_credentials import NewCredentials, NewCredentialsForms
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.visit import Visit

_PATH = "/security/otp"
_EMAIL, _TEXT = "email", "text"
_FIELDS = {ErrorCode.INVALID_PASSWORD: "password", ErrorCode.VALIDATION_ERROR: "number"}
_SEPARATORS = re.compile(r"[\s()./-]")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_NOT_A_NUMBER = Refused(
    ErrorCode.VALIDATION_ERROR,
    Text("This is not a phone number with its country code. Enter it like +49 151 12345678."),
)


@dataclass(frozen=True, slots=True)
class SentCodePages:
    """The form with the password, and the one with the code that confirms an address or a number.

    Attributes:
        goes_by_text: Whether the server can send text messages.
        is_fallback: Whether accounts with an authenticator app always have codes by email.
    """

    forms: NewCredentialsForms
    enrolments: EnrolmentApi
    otp: OtpApi
    status: StatusApi
    goes_by_text: bool
    is_fallback: bool

    @show(_PATH)
    async def sent_codes(self, visit: Visit) -> PageOutcome:
        """Show where codes are sent, and what can be turned on."""
        visitor = await self.forms.access.visitor(visit, _PATH, Action.ENABLE)
        return visitor if isinstance(visitor, SeeOther) else await self._form(visit, visitor, None)

    @submit(_PATH)
    async def submit_sent_codes(self, visit: Visit) -> PageOutcome:
        """Begin the enrolment. A verified address needs no code."""
        body = {"password": visit.field("password"), "method": FactorName.OTP.value}
        number = _normalised(visit.field("number"))
        visitor = await self.forms.access.visitor(visit, _PATH)
        if isinstance(visitor, SeeOther):
            return visitor
        if visit.field("by") == _TEXT:
            if _NUMBER.fullmatch(number) is None:
                return await self._form(visit, visitor, _NOT_A_NUMBER)
            body["phoneNumber"] = number
        begun = await visit.call(self.enrolments.enable, body)
        if isinstance(begun, Refused):
            onward = self.forms.access.way_back(visit, begun, _PATH)
            return onward or await self._form(visit, visitor, begun)
        credentials = NewCredentials(tuple(begun.backup_codes), number=body.get("phoneNumber", ""))
        if begun.confirmation_pending:
            return self._code_form(visit, visitor, credentials, None)
        return self.forms.codes_page(visit, credentials.codes, visitor.session_id)

    @submit(f"{_PATH}/confirm")
    async def submit_confirm(self, visit: Visit) -> PageOutcome:
        """Verify the code that was sent; a correct one turns the codes on."""

        async def again(visitor: VisitorAnswer, credentials: NewCredentials, refused: Refused) -> Shown:
            return self._code_form(visit, visitor, credentials, refused)

        return await self.forms.confirm(visit, _PATH, self.otp.verify_otp, again)

    @submit(f"{_PATH}/send")
    async def submit_send(self, visit: Visit) -> PageOutcome:
        """Send another code for the pending enrolment."""
        opened = await self.forms.open_pending(visit, _PATH)
        if isinstance(opened, SeeOther):
            return opened
        outcome = await visit.call(self.otp.send_otp, in_session=True)
        return self._code_form(visit, *opened, outcome if isinstance(outcome, Refused) else None)

    async def _form(self, visit: Visit, visitor: VisitorAnswer, refused: Refused | None) -> PageOutcome:
        found = await visit.call(self.status.status)
        if isinstance(found, Refused):
            return self.forms.access.refused(visit, found, _PATH)
        offered = self._offered(found)
        asked = visit.field("by")
        context = {
            "errors": NO_ERRORS if refused is None else errors_of(refused, _FIELDS),
            "email": visitor.user.email,
            "is_verified": visitor.user.email_verified,
            "is_on": FactorName.OTP in found.methods,
            "phone_number": found.phone_number,
            "can_turn_off": not self.is_fallback or found.phone_number is not None,
            "offered": offered,
            "by": asked if asked in offered else "",
            "has_password": found.has_password,
            "number": visit.field("number"),
            "next": self.forms.access.site.next(visit),
        }
        return form_of("sent_codes.html", context, refused)

    def _offered(self, found: TwoFactorStatusAnswer) -> list[str]:
        """Return what can be turned on. With a number confirmed, turning email on would change nothing."""
        by_email = [] if FactorName.OTP in found.methods else [_EMAIL]
        return [*by_email, *([_TEXT] if self.goes_by_text else [])]

    def _code_form(
        self, visit: Visit, visitor: VisitorAnswer, credentials: NewCredentials, refused: Refused | None
    ) -> Shown:
        context = {
            "errors": NO_ERRORS if refused is None else errors_of(refused, CODE_FIELDS),
            "email": visitor.user.email,
            "number": credentials.number,
            "state": self.forms.pending.seal(credentials, visitor.session_id),
            "next": self.forms.access.site.next(visit),
        }
        return form_of("sent_codes_confirm.html", context, refused)


def _normalised(number: str) -> str:
    """Return the number without what people write between its digits, and with a plus for the international 00."""
    digits = _SEPARATORS.sub("", number)
    return f"+{digits[2:]}" if digits.startswith("00") else digits
