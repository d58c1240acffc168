"""Signing up, in and out."""

from dataclasses import dataclass

from athena_auth.accounts.current_session import CurrentSessionApi
from athena_auth.accounts.routes import AccountApi
from athena_auth.factors.passkeys.sign_in_routes import PasskeySignInApi
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.answers import EnrolmentRequiredAnswer
from athena_auth.pages.form import NEW_PASSWORD_FIELDS, NO_ERRORS, refused_form
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.passkey_field import response_of, unknown_credential
from athena_auth.pages.session import session_of
from athena_auth.pages.site import Site
from athena_auth.pages.visit import Visit
from athena_auth.recovery.routes import RecoveryApi
from athena_auth.sign_in.routes import SecondFactorDueAnswer, SignInApi

_SIGN_IN_FIELDS = {ErrorCode.INVALID_EMAIL: "email", ErrorCode.INVALID_EMAIL_OR_PASSWORD: "password"}
_SIGN_UP_FIELDS = {
    ErrorCode.INVALID_EMAIL: "email",
    ErrorCode.USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: "email",
    **NEW_PASSWORD_FIELDS,
}


_STEPS = {SecondFactorDueAnswer: "second-step", EnrolmentRequiredAnswer: "enrol"}
"""The page that a sign-in continues on."""
_CLOSED = {
    "closed": Refused(ErrorCode.EMAIL_PASSWORD_SIGN_UP_DISABLED),
    "invite": Refused(ErrorCode.INVITE_REQUIRED),
}


@dataclass(frozen=True, slots=True)
class SignInPages:
    """The first factor, and what surrounds it.

    Attributes:
        passkeys: The handlers of passkeys; None on a server that has none.
        rp_id: The domain that passkeys belong to.
        policy: Who may sign up (ATHENA_SIGN_UP).
    """

    site: Site
    sign_ins: SignInApi
    current: CurrentSessionApi
    accounts: AccountApi
    recovery: RecoveryApi
    passkeys: PasskeySignInApi | None
    rp_id: str
    policy: str

    @show("/")
    async def home(self, visit: Visit) -> PageOutcome:
        """Lead to the overview, or to the sign-in."""
        signed_in = await session_of(visit, self.current)
        return SeeOther(self.site.link("/sign-in" if signed_in is None else "/security"))

    @show("/sign-in")
    async def sign_in(self, visit: Visit) -> PageOutcome:
        """Show the form; users who are signed in already go on."""
        if await session_of(visit, self.current) is not None:
            return SeeOther(self.site.after_sign_in(visit))
        return Shown("sign_in.html", self._sign_in_context(visit))

    @submit("/sign-in")
    async def submit_sign_in(self, visit: Visit) -> PageOutcome:
        """Verify the password."""
        fields = {"email": visit.field("email"), "password": visit.field("password")}
        remember = "remember" in visit.form
        # A server that requires a verified address may mail a new link instead.
        fields |= self.site.mailed_next(visit)
        outcome = await visit.call(self.sign_ins.sign_in, {**fields, "rememberMe": remember})
        if isinstance(outcome, Refused):
            context = self._sign_in_context(visit)
            return refused_form("sign_in.html", outcome, _SIGN_IN_FIELDS, **context)
        step = _STEPS.get(type(outcome), "")
        return SeeOther(self.site.link("/signed-in", step=step, next=self.site.next(visit)))

    @submit("/sign-in/passkey")
    async def submit_passkey(self, visit: Visit) -> PageOutcome:
        """Sign in with the passkey that the visitor has chosen in the browser. The script has asked for its options."""
        if self.passkeys is None:
            return SeeOther(self.site.link("/sign-in", next=self.site.next(visit)))
        outcome = await visit.call(self.passkeys.verify_authentication, {"response": response_of(visit)})
        if not isinstance(outcome, Refused):
            return SeeOther(self.site.link("/signed-in", next=self.site.next(visit)))
        is_unknown = outcome.code is ErrorCode.PASSKEY_NOT_FOUND
        context = {
            **self._sign_in_context(visit),
            "remember": True,
            "unknown_passkey": unknown_credential(visit, self.rp_id) if is_unknown else "",
        }
        return refused_form("sign_in.html", outcome, {}, **context)

    @show("/signed-in")
    async def signed_in(self, visit: Visit) -> PageOutcome:
        """Lead on after a sign-in, or say that the browser has not kept its cookie.

        A page of its own: browsers that refuse cookies would otherwise return to the sign-in without a reason.
        """
        step = visit.query.get("step")
        if step in _STEPS.values() and visit.has_pending_sign_in:
            return SeeOther(self.site.link(f"/{step}", next=self.site.next(visit)))
        if await session_of(visit, self.current) is not None:
            return SeeOther(self.site.after_sign_in(visit))
        return Shown("no_cookies.html", {}, status=400)

    @show("/sign-up")
    async def sign_up(self, visit: Visit) -> PageOutcome:
        """Show the form; users who are signed in already go on. The token of an invitation moves from the URL to a cookie."""
        if visit.query.get("invite"):
            invited = visit.mail_link.keep(visit.query["invite"])
            return SeeOther(self.site.link("/sign-up", invited=invited, next=self.site.next(visit)))
        if await session_of(visit, self.current) is not None:
            return SeeOther(self.site.after_sign_in(visit))
        context = self._sign_up_context(visit)
        refused = _CLOSED.get(self.policy)
        if refused is not None and not (self.policy == "invite" and context["invite"]):
            # Said before a form is filled in; the handler refuses too.
            return Shown("problem.html", {"refused": refused}, refused.code.status)
        return Shown("sign_up.html", context)

    @submit("/sign-up")
    async def submit_sign_up(self, visit: Visit) -> PageOutcome:
        """Create the account; the link that verifies its address is sent with it."""
        fields = {name: visit.field(name) for name in ("name", "email", "password")}
        if visit.field("invite"):
            fields["invite"] = visit.field("invite")
        outcome = await visit.call(self.sign_ins.sign_up, fields | self.site.mailed_next(visit))
        if isinstance(outcome, Refused):
            return refused_form("sign_up.html", outcome, _SIGN_UP_FIELDS, **self._sign_up_context(visit))
        if visit.field("invite"):
            visit.mail_link.forget()
        if outcome.enrolment_required is True:
            return SeeOther(self.site.link("/signed-in", step="enrol", next=self.site.next(visit)))
        # Without a session nothing says whether there is an account already: the mail does.
        waits = "true" if outcome.token is None else ""
        return SeeOther(self.site.link("/check-mail", waits=waits, next=self.site.next(visit)))

    @show("/check-mail")
    async def check_mail(self, visit: Visit) -> PageOutcome:
        """Ask a new user to open the link in the mail."""
        signed_in = await session_of(visit, self.current)
        if signed_in is None and "waits" in visit.query:
            return Shown("check_mail.html", self._mail_context(visit, ""))
        if signed_in is None:
            return Shown("no_cookies.html", {}, status=400)
        if signed_in.user.email_verified:
            return SeeOther(self.site.after_sign_in(visit))
        return Shown("check_mail.html", self._mail_context(visit, signed_in.user.email))

    @submit("/check-mail")
    async def submit_check_mail(self, visit: Visit) -> PageOutcome:
        """Send the link again."""
        signed_in = await session_of(visit, self.current)
        if signed_in is None:
            return SeeOther(self.site.link("/sign-in", next=self.site.next(visit)))
        email = signed_in.user.email
        fields = {"email": email} | self.site.mailed_next(visit)
        outcome = await visit.call(self.recovery.send_verification_email, fields)
        if isinstance(outcome, Refused) and outcome.code is not ErrorCode.EMAIL_ALREADY_VERIFIED:
            return refused_form("check_mail.html", outcome, {}, **self._mail_context(visit, email))
        return SeeOther(self.site.link("/check-mail", notice="link-sent", next=self.site.next(visit)))

    @submit("/sign-out")
    async def submit_sign_out(self, visit: Visit) -> PageOutcome:
        """End the session."""
        await visit.call(self.accounts.sign_out)
        return SeeOther(self.site.link("/sign-in", notice="signed-out", next=self.site.next(visit)))

    def _sign_in_context(self, visit: Visit) -> dict[str, object]:
        return {
            "errors": NO_ERRORS,
            "email": visit.field("email"),
            "remember": not visit.form or "remember" in visit.form,
            "next": self.site.next(visit),
        }

    def _sign_up_context(self, visit: Visit) -> dict[str, object]:
        return {
            "errors": NO_ERRORS,
            "name": visit.field("name"),
            "invite": visit.form.get("invite") or visit.mail_link.token(visit.query.get("invited", "")) or "",
            "email": visit.field("email"),
            "next": self.site.next(visit),
        }

    def _mail_context(self, visit: Visit, email: str) -> dict[str, object]:
        return {
            "errors": NO_ERRORS,
            "email": email,
            "next": self.site.next(visit),
            "onward": self.site.after_sign_in(visit),
        }
