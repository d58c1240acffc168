"""I1 to I6 at once: after any sequence of requests, the server agrees with a simpler model of it.

Half of what is submitted is wrong, expired or another user's. The responses must be those of the model. After each step
every token that was ever issued must give the access that the model predicts, and no other.
"""

import contextlib
import sqlite3
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from athena_auth.delivery.model import MessageKind
from support.account_model import MOST_FAILURES, Challenge, Link
from support.driver import expect
from support.dump import execute
from support.links import token_in
from support.machine_sign_in import SignInMachine, often, pick

DAY = 86_400
SECOND_FACTORS = {"otp", "email", "backup-code", "device"}
DAYS_OF_ATTEMPTS = """
    INSERT INTO athena_guess_budget (user_id, lane, failures, blocked_until) VALUES ('{user_id}', '{kind}', {n}, 0)
    ON CONFLICT (user_id, lane) DO UPDATE SET failures = {n}, blocked_until = 0
"""
VERIFY = "UPDATE athena_account SET email_verified = TRUE WHERE id = '{user_id}'"
CODES_LEFT = "SELECT user_id, COUNT(*) FROM athena_backup_code WHERE state = 'active' GROUP BY user_id"


class Accounts(SignInMachine):
    """The same users, who also change credentials, revoke sessions and reset passwords."""

    @rule(n=pick, right=often)
    def begin_to_enrol_a_phone(self, n: int, right: bool) -> None:
        self.begin_enrolment(self.session(n), right=right)

    @rule(n=pick, right=often)
    def make_new_backup_codes(self, n: int, right: bool) -> None:
        session = self.session(n)
        shown = self.by_password("/two-factor/generate-backup-codes", session, right=right)
        if shown is not None:
            owner = session.owner
            owner.codes, owner.pending_codes, owner.used_codes = shown["backupCodes"], None, []

    @rule(n=pick, right=often)
    def remove_the_factors(self, n: int, right: bool) -> None:
        session = self.session(n)
        if self.by_password("/two-factor/disable", session, right=right) is not None:
            session.owner.remove_factors(session)

    @rule(n=pick, right=often, others=st.booleans())
    def change_the_password(self, n: int, right: bool, others: bool) -> None:
        session, new = self.session(n), self.new_password()
        body = {"newPassword": new, "revokeOtherSessions": others}
        changed = self.by_password("/change-password", session, right=right, **body)
        if changed is not None:
            session.owner.change_password(new, session, others=others)
            self.retired.append(session.token)
            session.token = changed["token"]

    # --- forgotten passwords ------------------------------------------------------------------------------

    @rule(n=pick)
    def ask_for_a_reset(self, n: int) -> None:
        account = self.account(n)
        expect(self.ask("/request-password-reset", email=account.email), None)
        if account.network_resets.consume_of_network(self.now) and account.sends["reset"].consume(self.now):
            account.mails["link"] += 1
            arrived = self.world.mailbox.message_for(
                account.email, MessageKind.PASSWORD_RESET, nth=account.mails["link"]
            )
            account.links.append(Link(token_in(self.run(arrived).url or ""), self.now))

    @precondition(lambda self: any(account.links for account in self.accounts))
    @rule(n=pick)
    def set_a_password_by_a_link(self, n: int) -> None:
        links = [(account, link) for account in self.accounts for link in account.links]
        account, link = links[-1 - min(n % len(links), n // 7 % len(links))]
        new = self.new_password()
        answer = self.ask("/reset-password", token=link.token, newPassword=new)
        if not link.is_live(self.now):
            expect(answer, "INVALID_TOKEN")
            return
        expect(answer, None)
        account.reset_password(new)
        assert answer.json()["twoFactorRedirect"] is (account.phone is not None)
        self.remember_browser(account, answer)
        if account.phone is not None:
            self.challenged(account, answer, recognized=True)

    # --- revoking -----------------------------------------------------------------------------------------

    @rule(n=pick, what=st.sampled_from(["this one", "another", "the others", "all", "devices"]))
    def revoke(self, n: int, what: str) -> None:
        session = self.session(n)
        others = session.owner.sessions
        named = others[n // 11 % len(others)]
        requests: dict[str, tuple[str, dict[str, Any]]] = {
            "this one": ("/sign-out", {}),
            "another": ("/revoke-session", {"token": named.token}),
            "the others": ("/revoke-other-sessions", {}),
            "all": ("/revoke-sessions", {}),
            "devices": ("/two-factor/revoke-trusted-devices", {}),
        }
        path, body = requests[what]
        is_live, was_live = session.is_live(self.now), not named.ended
        refusal = (
            None if what in {"this one", "devices"} or named is session else self.step_up_refusal(session)
        )
        if what in {"the others", "all"}:
            refusal = self.step_up_refusal(session)
        answer = self.ask(path, bearer=session.token, **body)
        if is_live and refusal is not None:
            expect(answer, refusal)
            return
        if not is_live:
            expect(answer, None if what == "this one" else "UNAUTHORIZED")
            return
        expect(answer, "SESSION_NOT_FOUND" if what == "another" and not was_live else None)
        for device in session.owner.devices if what == "devices" else ():
            device.ended = True
        ended = {"this one": [session], "another": [named], "devices": []}.get(what, others)
        for each in ended:
            each.ended = each.ended or not (what == "the others" and each is session)

    # --- time, and an attacker's attempts -----------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 29, 30, 61, 179, 600, 1201, 3600, DAY + 1, 8 * DAY, 31 * DAY, -1, -45]))
    def let_time_pass(self, seconds: int) -> None:
        self.world.clock.advance(seconds)

    @rule(n=pick)
    def verify_the_address(self, n: int) -> None:
        """Verify the address, directly in the database, as a link in a session would."""
        account = self.account(n)
        self.run(execute(self.world.database_url, VERIFY.format(user_id=account.id)))
        account.verified = True

    @rule(n=pick, kind=st.sampled_from(["challenge", "session", "password"]), left=st.integers(0, 3))
    def fail_for_days(self, n: int, kind: str, left: int) -> None:
        """Record failures that would take an attacker days, directly in the database."""
        account = self.account(n)
        failures = account.limits[kind].limit - left
        statement = DAYS_OF_ATTEMPTS.format(user_id=account.id, kind=kind, n=failures)
        self.run(execute(self.world.database_url, statement))
        account.limits[kind].failures, account.limits[kind].blocked_until = failures, 0

    # --- what is always true ------------------------------------------------------------------------------

    @invariant()
    def every_token_gives_the_expected_access(self) -> None:
        """I1, I5: an ended session and a challenge give no access; a live session has the level that was verified."""
        for binding in self.bindings():
            found = self.session_of(binding.token)
            if isinstance(binding, Challenge) or not binding.is_live(self.now):
                assert found is None, binding
                continue
            session = found["session"]
            assert (found["user"]["id"], session["level"]) == (binding.owner.id, binding.level)
            assert tuple(session["amr"]) == binding.amr
            if binding.owner.phone is not None:
                assert session["level"] == 2
                assert SECOND_FACTORS & set(session["amr"])
            assert found["user"]["twoFactorEnabled"] is (binding.owner.phone is not None)
            binding.use(self.now)

    @invariant()
    def a_replaced_token_gives_no_access(self) -> None:
        """I5: a copied token becomes invalid with the change."""
        assert [token for token in self.retired if self.session_of(token) is not None] == []

    @invariant()
    def nothing_was_accepted_twice(self) -> None:
        """I3. Only backup codes: the same six digits may be correct in two steps or mails."""
        assert (
            max(
                Counter(code for a in self.accounts for code in a.consumed if "-" in code).values(), default=0
            )
            <= 1
        )

    @invariant()
    def a_used_backup_code_is_gone(self) -> None:
        """I3. Checked in the database: the next request is often another one, and would not notice a code that stayed."""
        with contextlib.closing(sqlite3.connect(self.path)) as database:
            left = dict(database.execute(CODES_LEFT).fetchall())
        for account in self.accounts:
            assert left.get(account.id, 0) == len(account.codes)

    @invariant()
    def every_attempt_is_counted_and_none_verified_beyond_a_hundred(self) -> None:
        """I4."""
        with contextlib.closing(sqlite3.connect(self.path)) as database:
            rows = database.execute("SELECT user_id, lane, failures FROM athena_guess_budget").fetchall()
            (most,) = database.execute("SELECT MAX(failures) FROM athena_password_budget").fetchone()
        counted = {(user_id, kind): failures for user_id, kind, failures in rows}
        for account in self.accounts:
            for kind, limit in account.limits.items():
                assert counted.get((account.id, kind), 0) == limit.failures <= limit.limit
            codes = account.limits["challenge"].failures + account.limits["session"].failures
            passwords = account.password_limits.anywhere.failures + account.limits["password"].failures
            assert max(codes, passwords) <= MOST_FAILURES
        assert (most or 0) <= len(self.bindings()) + 1000


TestAccounts = Accounts.TestCase
TestAccounts.settings = settings(
    max_examples=settings().max_examples // 4,
    # A failure is shown as it was found: shrinking it would take longer than a test may.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
