"""The rules for signing in and for using passkeys, with right and wrong responses, and the answers that the model predicts."""

from dataclasses import replace

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from support.driver import expect
from support.passkey import Authenticator, base64url
from support.passkey_driver import PasskeyDriver, Response, any_of, created, one_of
from support.passkey_model import GRACE, MAX_ATTEMPTS, Key, Nonce, Owner, Token

_EMAILS = ("ada@example.com", "grace@example.com")
_COOKIE = "athena-auth.passkey"
_WRONG_KINDS = ["elsewhere", "replayed", "forged", "suspended", "another's", "made up"]

pick = st.integers(0, 1_000_000)
"""Selects one of several: it is taken modulo their number, so that examples shrink well."""
devices = st.builds(
    Authenticator, is_synced=st.booleans(), count=st.sampled_from([None, 0]), verifies_user=st.booleans()
)
responses = st.sampled_from(["right"] * 8 + _WRONG_KINDS)


class PasskeyMachine(PasskeyDriver):
    """Two users who sign in, add passkeys and use them."""

    @initialize(device=devices)
    def begin(self, device: Authenticator) -> None:
        session = [self._sign_up(email) for email in _EMAILS][-1]
        self.begin_registration_in(session)
        self.finish_registration_in(session, device, session.registration)

    def _sign_up(self, email: str) -> Token:
        password = self.new_password()
        body = {"email": email, "password": password, "name": "Somebody"}
        answer = self.request("POST", "/sign-up/email", body=body)
        expect(answer, None)
        account_id = answer.json()["user"]["id"]
        self.owners.append(Owner(id=account_id, email=email, password=password, due_at=self.now + GRACE))
        return self.add_token(self.owners[-1], "session", answer.json()["token"], "pwd")

    @rule(n=pick)
    def sign_in_with_the_password(self, n: int) -> None:
        owner = self.owner(n)
        answer = self.request(
            "POST", "/sign-in/email", body={"email": owner.email, "password": owner.password}
        )
        expect(answer, None)
        shown = answer.json()
        if owner.two_factor:
            assert shown["twoFactorRedirect"] is True
            self.add_token(owner, "challenge", shown["token"])
        elif owner.is_overdue(self.now):
            assert (shown["enrolmentRequired"], shown["token"]) == (True, None)
            self.add_token(owner, "enrolment", shown["enrolmentToken"])
        else:
            self.add_token(owner, "session", shown["token"], "pwd")

    # --- adding passkeys ----------------------------------------------------------------------------------

    @rule(n=pick)
    def begin_registration(self, n: int) -> None:
        self.begin_registration_in(self.token(n))

    def begin_registration_in(self, token: Token) -> None:
        answer = self.request("GET", "/passkey/generate-register-options", bearer=token.value)
        refusal = token.stale_refusal(self.now)
        expect(answer, refusal)
        if refusal is None:
            token.registration = Nonce(answer.json(), self.now)

    @rule(n=pick, device=devices, kind=st.sampled_from(["own", "own", "prompt", "elsewhere", "taken"]))
    def finish_registration(self, n: int, device: Authenticator, kind: str) -> None:
        token = self.token(n)
        elsewhere = [each.registration for each in self.tokens() if each is not token]
        nonce = {"prompt": token.prompt, "elsewhere": any_of(n, elsewhere)}.get(kind, token.registration)
        if kind == "taken" and self.keys():
            device = replace(one_of(n, self.keys()).device)
        self.finish_registration_in(token, device, nonce)

    def finish_registration_in(self, token: Token, device: Authenticator, nonce: Nonce | None) -> None:
        body = {"response": created(device, nonce)}
        answer = self.request("POST", "/passkey/verify-registration", bearer=token.value, body=body)
        refusal = self._refusal_of_registration(token, device, nonce)
        expect(answer, refusal)
        if refusal is None:
            token.owner.keys.append(Key(device, answer.json()["id"], device.count or 0))

    def _refusal_of_registration(
        self, token: Token, device: Authenticator, nonce: Nonce | None
    ) -> str | None:
        if token.kind != "session" or not token.is_live(self.now):
            return "UNAUTHORIZED"
        kept, token.registration = token.registration, None
        if kept is None or not kept.is_open(self.now):
            return "CHALLENGE_NOT_FOUND"
        if kept is not nonce:
            return "FAILED_TO_VERIFY_REGISTRATION"
        return self.taken(device)

    def taken(self, device: Authenticator) -> str | None:
        is_taken = any(key.device.credential_id == device.credential_id for key in self.keys())
        return "PREVIOUSLY_REGISTERED" if is_taken else None

    # --- the second step, and step-up ---------------------------------------------------------------------

    @rule(n=pick)
    def prompt(self, n: int) -> None:
        token = self.token(n)
        answer = self.request("POST", "/two-factor/prompt-passkey", bearer=token.value, body={})
        refusal = self.refusal_of_token(token)
        if refusal is None and token.kind == "enrolment":
            refusal = "METHOD_NOT_AVAILABLE"
        if refusal is None and not token.owner.usable_keys:
            refusal = "PASSKEY_NOT_FOUND"
        expect(answer, refusal)
        if refusal is None:
            options = answer.json()["options"]
            allowed = {each["id"] for each in options["allowCredentials"]}
            usable = token.owner.usable_keys
            assert allowed == {base64url(key.device.credential_id) for key in usable}
            token.prompt = Nonce(options, self.now)

    @rule(n=pick)
    def second_step(self, n: int) -> None:
        """Prompt and respond at once: the response is right whenever the token lives."""
        self.prompt(n)
        self.respond(n, "right", 1)

    @rule(n=pick, kind=responses, step=st.sampled_from([1, 1, 1, -2]))
    def respond(self, n: int, kind: str, step: int) -> None:
        token = self.token(n)
        elsewhere = [each.prompt for each in self.tokens() if each is not token]
        response = self.response(n, kind, token.owner, token.prompt, elsewhere, step)
        if response is None:
            return
        answer = self.request(
            "POST", "/two-factor/verify-passkey", bearer=token.value, body={"response": response.sent}
        )
        refusal = self.refusal_of_attempt(token) or self._refusal_of_assertion(token, response)
        expect(answer, refusal)
        if refusal is None:
            self.verified(token, response.key.amr, answer)

    def _refusal_of_assertion(self, token: Token, response: Response) -> str | None:
        kept, token.prompt = token.prompt, None
        if kept is None or not kept.is_open(self.now):
            return "CHALLENGE_NOT_FOUND"
        is_usable = response.key in token.owner.usable_keys
        if not is_usable or response.nonce is not kept or response.is_forged:
            return "AUTHENTICATION_FAILED"
        token.owner.record_use(response.key)
        # A passkey that the account has is nothing that this token may confirm.
        return "INVALID_CODE" if token.kind == "enrolment" else None

    def refusal_of_token(self, token: Token) -> str | None:
        """Return the refusal of a token that has ended, or of a challenge without attempts."""
        if not token.is_live(self.now):
            return token.refusal_when_ended
        if token.attempts >= MAX_ATTEMPTS:
            token.ended = True
            return "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE"
        return None

    def refusal_of_attempt(self, token: Token) -> str | None:
        """Return the refusal of a response that is not verified; otherwise count it, if it is for a challenge."""
        refusal = self.refusal_of_token(token)
        token.attempts += refusal is None and token.kind == "challenge"
        return refusal

    def verified(self, token: Token, amr: str, answer: httpx.Response) -> None:
        """Raise the session, or end the challenge or enrolment token and add the session that it became."""
        if token.kind == "session":
            token.verify(amr, self.now)
            return
        token.ended = True
        self.add_token(token.owner, "session", answer.json()["token"], "pwd", amr)

    # --- signing in with a passkey alone ------------------------------------------------------------------

    @rule()
    def open_the_sign_in_page(self) -> None:
        answer = self.request("GET", "/passkey/generate-authenticate-options")
        self.cookies.append((answer.cookies[_COOKIE], Nonce(answer.json(), self.now)))

    @rule(n=pick, kind=responses, step=st.sampled_from([1, 1, 1, -2]))
    def sign_in_with_a_passkey(self, n: int, kind: str, step: int) -> None:
        if not self.cookies or n % 2:
            self.open_the_sign_in_page()
        cookie, nonce = self.cookies[-1 - n // 2 % min(2, len(self.cookies))]
        elsewhere: list[Nonce | None] = [each for _, each in self.cookies if each is not nonce]
        response = self.response(n, kind, self.owner(n), nonce, elsewhere, step)
        if response is not None:
            self._sign_in_with(cookie, nonce, response)

    @precondition(lambda self: self.accepted)
    @rule()
    def sign_in_with_an_accepted_response(self) -> None:
        self._sign_in_with(*self.accepted[-1])

    def _sign_in_with(self, cookie: str, nonce: Nonce, response: Response) -> None:
        body = {"response": response.sent}
        answer = self.request("POST", "/passkey/verify-authentication", cookies={_COOKIE: cookie}, body=body)
        refusal = self._refusal_of_sign_in(nonce, response)
        expect(answer, refusal)
        if refusal is None:
            owner = next(each for each in self.owners if response.key in each.keys)
            owner.record_use(response.key)
            assert answer.json()["user"]["id"] == owner.id
            self.add_token(owner, "session", answer.json()["token"], response.key.amr)
            self.accepted.append((cookie, nonce, response))

    def _refusal_of_sign_in(self, nonce: Nonce, response: Response) -> str | None:
        if not nonce.is_open(self.now):
            return "CHALLENGE_NOT_FOUND"
        if not any(response.key in owner.usable_keys for owner in self.owners):
            return "PASSKEY_NOT_FOUND"
        if response.nonce is not nonce or response.is_forged:
            return "AUTHENTICATION_FAILED"
        if not response.key.device.verifies_user:
            return "USER_VERIFICATION_REQUIRED"
        consumed, nonce.consumed = nonce.consumed, True
        return "CHALLENGE_NOT_FOUND" if consumed else None
