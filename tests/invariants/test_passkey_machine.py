"""I1 to I6 with passkeys and the enforcement policy: after any sequence of requests, the server agrees with a simpler model of it.

Many responses are forged, replayed, of another account, or made for another challenge. After each step every token that was
ever issued must give the access that the model predicts, and no other.
"""

import contextlib
import sqlite3
from typing import Any

import pyotp
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from support.driver import expect
from support.passkey import Authenticator, base64url
from support.passkey_driver import created, one_of
from support.passkey_machine import PasskeyMachine, devices, pick
from support.passkey_model import Enrolment, Key, Nonce, Token

DAY = 86_400
KEYS = {"hwk", "swk"}
ACCOUNTS = "SELECT id, second_factor_due_at, two_factor_enabled FROM athena_account"
PASSKEYS = """
    SELECT user_id, credential_id, state, counter FROM athena_authenticator
    WHERE factor = 'passkey' AND state <> 'pending'
"""
PENDING = "SELECT user_id FROM athena_authenticator WHERE state = 'pending'"
WARNINGS = "SELECT COUNT(*) FROM athena_audit WHERE event = 'account:passkey:count-decreased'"


class PasskeyAccounts(PasskeyMachine):
    """The same users, who also enrol, suspend and remove factors, while their deadline comes nearer."""

    # --- enrolling, in a session or with an enrolment token -----------------------------------------------

    @rule(n=pick)
    def begin_to_enrol_a_passkey(self, n: int) -> None:
        self._enrol_a_passkey(self.token(n))

    @rule(n=pick, device=devices)
    def enrol_a_passkey(self, n: int, device: Authenticator) -> None:
        token = self.token(n)
        self._enrol_a_passkey(token)
        self._confirm_with(token, device, token.prompt)

    def _enrol_a_passkey(self, token: Token) -> None:
        owner, shown = token.owner, self._enable(token, "passkey")
        if shown is None:
            return
        if token.kind == "session" and owner.usable_keys and not owner.two_factor:
            # They have signed in before, so there is nothing to confirm.
            assert shown["confirmationPending"] is False
            owner.add_factor(token)
            return
        assert shown["confirmationPending"] is True
        token.prompt = Nonce(shown["options"], self.now)
        owner.pending = Enrolment(self.now, token.prompt)

    @rule(n=pick, device=devices, is_own=st.booleans())
    def confirm_a_passkey(self, n: int, device: Authenticator, is_own: bool) -> None:
        token = self.token(n)
        pending = token.owner.pending
        enrolled = pending.factor if pending and isinstance(pending.factor, Nonce) else None
        self._confirm_with(token, device, enrolled if is_own else token.prompt)

    def _confirm_with(self, token: Token, device: Authenticator, nonce: Nonce | None) -> None:
        body = {"response": created(device, nonce)}
        answer = self.request("POST", "/two-factor/verify-passkey", bearer=token.value, body=body)
        refusal = self.refusal_of_attempt(token) or self._refusal_of_new_passkey(token, device, nonce)
        expect(answer, refusal)
        if refusal is None:
            found = self.request("GET", "/passkey/list-user-passkeys", bearer=answer.json()["token"]).json()
            name = base64url(device.credential_id)
            key_id = next(each["id"] for each in found if each["credentialID"] == name)
            key = Key(device, key_id, device.count or 0)
            token.owner.keys.append(key)
            token.owner.add_factor(token if token.kind == "session" else None)
            self.verified(token, key.amr, answer)

    def _refusal_of_new_passkey(self, token: Token, device: Authenticator, nonce: Nonce | None) -> str | None:
        kept, token.prompt = token.prompt, None
        if kept is None or not kept.is_open(self.now):
            return "CHALLENGE_NOT_FOUND"
        pending = token.owner.pending
        is_begun = pending is not None and pending.factor is kept and pending.is_open(self.now)
        if not is_begun or token.kind == "challenge" or kept is not nonce:
            return "FAILED_TO_VERIFY_REGISTRATION"
        return self.taken(device)

    @rule(n=pick)
    def begin_to_enrol_an_app(self, n: int) -> None:
        token = self.token(n)
        shown = self._enable(token, "totp")
        if shown is not None:
            app = pyotp.parse_uri(shown["totpURI"])
            assert isinstance(app, pyotp.TOTP)
            token.owner.pending = Enrolment(self.now, app)

    @rule(n=pick)
    def enrol_an_app(self, n: int) -> None:
        self.begin_to_enrol_an_app(n)
        self.verify_an_app(n)

    @rule(n=pick)
    def verify_an_app(self, n: int) -> None:
        """Submit a code of the app that is pending, or of the one that is active."""
        token = self.token(n)
        owner, pending = token.owner, token.owner.pending
        is_begun = pending is not None and token.kind != "challenge" and pending.is_open(self.now + 30_000)
        new = pending.factor if pending and is_begun and isinstance(pending.factor, pyotp.TOTP) else None
        app = new or owner.app
        if app is None:
            return
        code = {"code": self.code_of(app)}
        answer = self.request("POST", "/two-factor/verify-totp", bearer=token.value, body=code)
        refusal = self.refusal_of_attempt(token)
        expect(answer, refusal)
        if refusal is None and new is not None:
            keep = token if token.kind == "session" else None
            owner.two_factor = True
            owner.change(keep, below_two=owner.app is None)
            owner.app = new
        if refusal is None:
            self.verified(token, "otp", answer)

    def _enable(self, token: Token, method: str) -> dict[str, Any] | None:
        body = {"password": token.owner.password, "method": method}
        answer = self.request("POST", "/two-factor/enable", bearer=token.value, body=body)
        refusal = token.step_up_refusal(self.now)
        if token.kind == "enrolment":
            refusal = None if token.is_live(self.now) else token.refusal_when_ended
        expect(answer, refusal)
        shown: dict[str, Any] = answer.json()
        return shown if refusal is None else None

    # --- changing what is enrolled ------------------------------------------------------------------------

    @rule(n=pick)
    def remove_a_passkey(self, n: int) -> None:
        token, key = self.token(n), one_of(n, self.keys()) if self.keys() else None
        body = {"id": key.id if key else "none"}
        answer = self.request("POST", "/passkey/delete-passkey", bearer=token.value, body=body)
        refusal = token.stale_refusal(self.now)
        if refusal is None:
            refusal = self._refusal_of_change(token, key, "PASSKEY_NOT_FOUND", must_stay=True)
        expect(answer, refusal)
        if refusal is None and key is not None:
            token.owner.keys.remove(key)
            token.owner.change(token)

    @rule(n=pick, what=st.sampled_from(["remove", "suspend", "suspend", "resume"]))
    def change_an_authenticator(self, n: int, what: str) -> None:
        token, key = self.token(n), one_of(n, self.keys()) if self.keys() else None
        body = {"id": key.id if key else "none"}
        answer = self.request("POST", f"/two-factor/{what}-authenticator", bearer=token.value, body=body)
        refusal = token.step_up_refusal(self.now)
        if refusal is None and not token.owner.two_factor:
            refusal = "TWO_FACTOR_NOT_ENABLED"
        if refusal is None:
            must_stay = what != "resume"
            refusal = self._refusal_of_change(token, key, "AUTHENTICATOR_NOT_FOUND", must_stay=must_stay)
        expect(answer, refusal)
        if (
            refusal is not None
            or key is None
            or key.is_suspended is {"suspend": True, "resume": False}.get(what)
        ):
            return
        if what == "remove":
            token.owner.keys.remove(key)
        key.is_suspended = what == "suspend"
        token.owner.change(token, below_two=what == "resume")

    def _refusal_of_change(
        self, token: Token, key: Key | None, not_found: str, *, must_stay: bool
    ) -> str | None:
        if key is None or key not in token.owner.keys:
            return not_found
        return "LAST_AUTHENTICATOR" if must_stay and token.owner.is_needed(key) else None

    @rule(n=pick)
    def remove_all_factors(self, n: int) -> None:
        token = self.token(n)
        body = {"password": token.owner.password}
        answer = self.request("POST", "/two-factor/disable", bearer=token.value, body=body)
        refusal = token.step_up_refusal(self.now)
        expect(answer, refusal)
        if refusal is None:
            token.owner.remove_factors(token)

    @rule(n=pick)
    def change_the_password(self, n: int) -> None:
        token, new = self.token(n), self.new_password()
        body = {"currentPassword": token.owner.password, "newPassword": new, "revokeOtherSessions": True}
        answer = self.request("POST", "/change-password", bearer=token.value, body=body)
        refusal = token.step_up_refusal(self.now)
        expect(answer, refusal)
        if refusal is None:
            token.owner.password, token.value = new, answer.json()["token"]
            token.owner.change(token)

    # --- time ---------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 60, 299, 300, 301, 601, 1201, DAY, 3 * DAY, 8 * DAY]))
    def let_time_pass(self, seconds: int) -> None:
        self.world.clock.advance(seconds)

    @rule()
    def sweep(self) -> None:
        self.run(self.world.sweep())
        for owner in self.owners:
            owner.sweep(self.now)

    # --- what is always true ------------------------------------------------------------------------------

    @invariant()
    def every_token_gives_the_expected_access(self) -> None:
        """I1, I5: challenges, enrolment tokens and ended sessions give no access; others have the level that was verified."""
        for token in self.tokens():
            found = self.session_of(token.value)
            if token.kind != "session" or not token.is_live(self.now):
                assert found is None, token.kind
                continue
            session = found["session"]
            assert found["user"]["id"] == token.owner.id
            assert (session["level"], tuple(session["amr"])) == (token.level, token.amr)
            assert (session["level"] == 2) is (len(token.amr) > 1 or token.amr[0] in KEYS), "two factors"
            token.use(self.now)

    @invariant()
    def what_is_stored_is_what_was_enrolled(self) -> None:
        """I3, I6. Deadlines are those of the sign-up, whatever has happened since."""
        with contextlib.closing(sqlite3.connect(self.path)) as database:
            accounts = database.execute(ACCOUNTS).fetchall()
            passkeys = database.execute(PASSKEYS).fetchall()
            pending = database.execute(PENDING).fetchall()
            (warnings,) = database.execute(WARNINGS).fetchone()
        assert sorted(accounts) == sorted((o.id, o.due_at, o.two_factor) for o in self.owners)
        stored = [
            (o.id, key.device.credential_id, "suspended" if key.is_suspended else "active", key.count)
            for o in self.owners
            for key in o.keys
        ]
        assert sorted(passkeys) == sorted(stored)
        assert sorted(pending) == sorted((o.id,) for o in self.owners if o.pending is not None)
        assert warnings == sum(o.warnings for o in self.owners)


TestPasskeyAccounts = PasskeyAccounts.TestCase
TestPasskeyAccounts.settings = settings(
    max_examples=settings().max_examples // 4,
    # A failure is shown as it was found: shrinking it would take longer than a test may.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
