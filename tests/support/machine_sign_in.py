"""The rules for signing in, with correct and wrong credentials, and the responses that the model predicts."""

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from support.account_model import (
    GRACE,
    MAX_ATTEMPTS,
    Account,
    AttemptLimit,
    Challenge,
    Device,
    SentCode,
    Session,
)
from support.attacker import BACKUP_CODE, wrong
from support.driver import expect
from support.machine import TRUST, AnyBinding, Machine

_EMAILS = ["ada@example.com", "grace@example.com"]

pick = st.integers(0, 1_000_000)
"""Selects one of several: it is taken modulo their number, so that examples shrink well."""
often = st.sampled_from([True, True, True, False])


class SignInMachine(Machine):
    """Two users who sign up, sign in and verify their second factors."""

    @initialize(trust=st.booleans())
    def the_first_signs_up(self, trust: bool) -> None:
        self._sign_up()
        self.enrol(0, trust)

    @precondition(lambda self: len(self.accounts) < len(_EMAILS))
    @rule()
    def sign_up(self) -> None:
        self._sign_up()

    def _sign_up(self) -> None:
        email, password = _EMAILS[len(self.accounts)], self.new_password()
        answer = self.ask("/sign-up/email", email=email, password=password, name="Somebody")
        expect(answer, None)
        account = Account(answer.json()["user"]["id"], email, password)
        self.accounts.append(account)
        self.add_session(account, answer.json()["token"], "pwd")
        self.remember_browser(account, answer)

    @rule(
        n=pick, path=st.sampled_from(["verify-totp", "verify-otp", "verify-backup-code"]), trust=st.booleans()
    )
    def sign_in_with_every_required_factor(self, n: int, path: str, trust: bool) -> None:
        self.sign_in(n, right=True, by_device=False, by_browser=False)
        binding = self.bindings()[-1]
        if path == "verify-otp":
            self.send(binding)
        account = binding.owner
        codes = {
            "verify-totp": account.phone.code(self.now, 0) if account.phone else "",
            "verify-otp": binding.sent.code if binding.sent else "",
            "verify-backup-code": account.codes[0] if account.codes else "",
        }
        self._submit(path, binding, codes[path] or "000000", trust=trust)

    @precondition(lambda self: any(account.consumed for account in self.accounts))
    @rule(n=pick, trust=st.booleans())
    def sign_in_with_a_consumed_code(self, n: int, trust: bool) -> None:
        account = next(account for account in self.accounts if account.consumed)
        backup_codes = [code for code in account.consumed if "-" in code]
        consumed, path = (
            (backup_codes, "verify-backup-code") if backup_codes else (account.consumed, "verify-totp")
        )
        self.sign_in(self.accounts.index(account), right=True, by_device=False, by_browser=False)
        self._submit(path, self.bindings()[-1], consumed[n % len(consumed)], trust=trust)

    @rule(n=pick, right=often, by_device=st.booleans(), by_browser=st.booleans())
    def sign_in(self, n: int, right: bool, by_device: bool, by_browser: bool) -> None:
        account = self.account(n)
        shown = [
            (device, token) for each in self.accounts for device in each.devices for token in device.tokens
        ]
        device, trust = shown[-1 - n // 3 % len(shown)] if by_device and shown else (None, None)
        browsers = [token for each in self.accounts for token in each.browsers]
        browser = browsers[-1 - n // 5 % len(browsers)] if by_browser and browsers else None
        if device is not None and (device not in account.devices or not device.is_live(self.now)):
            device = None
        is_current = device is not None and trust == device.token
        recognized = is_current or not account.recognized.isdisjoint((browser or "").split("~"))
        password = account.password if right else "a wrong password"

        answer = self.ask(
            "/sign-in/email", email=account.email, password=password, trust=trust, browser=browser
        )

        refusal = self._verify_password(account, right=right, recognized=recognized)
        expect(answer, refusal)
        if refusal is None:
            self._signed_in(account, answer, device, trust, recognized=recognized)

    def _verify_password(self, account: Account, *, right: bool, recognized: bool) -> str | None:
        if recognized:
            limit = account.limits["password"]
            if not limit.is_open(self.now):
                return "ACCOUNT_TEMPORARILY_LOCKED"
            limit.failures += 1
            if right:
                limit.reset()
                return None
            limit.wrong(self.now)
            return "INVALID_EMAIL_OR_PASSWORD"
        if not account.password_limits.consume(self.now):
            return "ACCOUNT_TEMPORARILY_LOCKED"
        if right:
            account.password_limits.reset()
            return None
        account.password_limits.here.wrong(self.now)
        return "INVALID_EMAIL_OR_PASSWORD"

    def _signed_in(
        self,
        account: Account,
        answer: httpx.Response,
        device: Device | None,
        trust: str | None,
        *,
        recognized: bool,
    ) -> None:
        if account.phone is None:
            self.add_session(account, answer.json()["token"], "pwd")
            return self.remember_browser(account, answer)
        if device is not None and not self._replaces_the_factor(device, trust):
            # It was replaced too long ago: one of two browsers has copied it.
            device.ended = True
            for session in account.sessions:
                session.ended = session.ended or session.device is device
            device = None
        if device is None:
            return self.challenged(account, answer, recognized=recognized)
        self.add_session(account, answer.json()["token"], "pwd", "device", device=device)
        self.remember_browser(account, answer)
        if trust == device.token:
            device.tokens.append(answer.cookies[TRUST])
            device.used_at = device.rotated_at = self.now
        else:
            assert TRUST not in answer.cookies
        return None

    def _replaces_the_factor(self, device: Device, trust: str | None) -> bool:
        if trust == device.token:
            return True
        is_previous = len(device.tokens) > 1 and trust == device.tokens[-2]
        return is_previous and device.rotated_at is not None and self.now - device.rotated_at <= GRACE

    def challenged(self, account: Account, answer: httpx.Response, *, recognized: bool) -> None:
        assert answer.json()["twoFactorRedirect"] is True, answer.text
        assert "set-auth-token" not in answer.headers
        offered = {"totp": True, "otp": not account.reset_by_mail, "backup-code": bool(account.codes)}
        assert answer.json()["twoFactorMethods"] == [name for name in offered if offered[name]]
        token = answer.json()["token"]
        account.bindings.append(
            Challenge(owner=account, token=token, began_at=self.now, recognized=recognized)
        )

    @rule(n=pick, trust=st.booleans())
    def enrol(self, n: int, trust: bool) -> None:
        session = self.session(n)
        self.begin_enrolment(session, right=True)
        pending = session.owner.pending
        code = "000000" if pending is None else pending.code(self.now, 0)
        self._submit("verify-totp", session, code, trust=trust)

    # --- the second factor --------------------------------------------------------------------------------

    @rule(
        n=pick,
        kind=st.sampled_from(["right", "right", "early", "late", "pending", "replayed", "wrong"]),
        trust=st.booleans(),
    )
    def submit_a_totp_code(self, n: int, kind: str, trust: bool) -> None:
        binding = self.binding(n)
        account, now = binding.owner, self.now
        phone = account.pending if kind == "pending" or account.phone is None else account.phone
        code = self._code_no_phone_shows()
        if kind == "replayed" and account.consumed:
            code = account.consumed[n % len(account.consumed)]
        elif phone is not None and kind != "wrong":
            code = phone.code(now, {"early": 1, "late": -1}.get(kind, 0))
        self._submit("verify-totp", binding, code, trust=trust)

    def _code_no_phone_shows(self) -> str:
        phones = [phone for a in self.accounts for phone in (a.phone, a.pending) if phone]
        shown = {phone.code(self.now, steps) for phone in phones for steps in range(-45, 46)}
        return next(code for code in map("{:06}".format, range(1000)) if code not in shown)

    @rule(
        n=pick,
        kind=st.sampled_from(["right", "right", "pending", "consumed", "another's", "wrong"]),
        trust=st.booleans(),
    )
    def submit_a_backup_code(self, n: int, kind: str, trust: bool) -> None:
        binding = self.binding(n)
        account = binding.owner
        others = [code for each in self.accounts if each is not account for code in each.codes]
        from_where = {
            "right": account.codes,
            "pending": account.pending_codes or [],
            "consumed": account.consumed,
            "another's": others,
        }.get(kind, [])
        code = from_where[n % len(from_where)] if from_where else BACKUP_CODE
        self._submit("verify-backup-code", binding, code, trust=trust)

    @rule(
        n=pick,
        kind=st.sampled_from(["right", "right", "elsewhere", "consumed", "wrong"]),
        trust=st.booleans(),
    )
    def submit_a_sent_code(self, n: int, kind: str, trust: bool) -> None:
        binding = self.binding(n)
        elsewhere = [p.sent.code for p in self.bindings() if p.sent and p is not binding]
        from_where = {"elsewhere": elsewhere, "consumed": binding.owner.consumed}.get(kind, [])
        code = from_where[n % len(from_where)] if from_where else "000000"
        if binding.sent is not None and kind in {"right", "wrong"}:
            code = binding.sent.code if kind == "right" else wrong(binding.sent.code)
        self._submit("verify-otp", binding, code, trust=trust)

    def _submit(self, path: str, binding: AnyBinding, code: str, *, trust: bool) -> None:
        answer = self.ask(f"/two-factor/{path}", bearer=binding.token, code=code, trustDevice=trust)

        refusal = self._refusal_without_verification(path, binding, code) or self._verify_and_count(
            path, binding, code
        )
        expect(answer, refusal)
        if refusal is None:
            self._complete(path, binding, answer, trust=trust)

    def _refusal_without_verification(self, path: str, binding: AnyBinding, code: str) -> str | None:
        """Return the error code if the code is not an attempt, or is not verified; otherwise None."""
        if isinstance(binding, Session) and not binding.is_live(self.now):
            return "UNAUTHORIZED"
        if not _is_well_formed(path, code):
            return "INVALID_BACKUP_CODE" if path == "verify-backup-code" else "INVALID_CODE"
        is_blocked = path != "verify-backup-code" and not self._limit_of(binding).is_open(self.now)
        return self._is_closed(binding) or ("ACCOUNT_TEMPORARILY_LOCKED" if is_blocked else None)

    def _limit_of(self, binding: AnyBinding) -> AttemptLimit:
        is_stranger = isinstance(binding, Challenge) and not binding.recognized
        return binding.owner.limits["challenge" if is_stranger else "session"]

    def _verify_and_count(self, path: str, binding: AnyBinding, code: str) -> str | None:
        """Verify a code and count a failure. A used code that was correct is not a failed attempt."""
        was_used = self._was_used(path, binding, code)
        refusal = self._verify(path, binding, code)
        limit = self._limit_of(binding)
        if refusal is None:
            limit.reset()
        elif not was_used:
            if isinstance(binding, Challenge):
                binding.attempts += 1
            if path != "verify-backup-code":
                limit.failures += 1
                limit.wrong(self.now)
        return refusal

    def _was_used(self, path: str, binding: AnyBinding, code: str) -> bool:
        account, now = binding.owner, self.now
        if path == "verify-backup-code":
            return code in account.used_codes
        if path == "verify-otp":
            sent = binding.sent
            return sent is not None and sent.used and sent.is_open(now) and sent.code == code
        pending = account.pending if isinstance(binding, Session) else None
        if pending is not None and pending.is_confirmable(now) and pending.step_of(code, now) is not None:
            return False
        return account.phone is not None and account.phone.step_of(code, now) is not None

    def _is_closed(self, binding: AnyBinding) -> str | None:
        if not binding.is_live(self.now):
            return "INVALID_TWO_FACTOR_COOKIE" if isinstance(binding, Challenge) else "UNAUTHORIZED"
        if isinstance(binding, Challenge) and binding.attempts >= MAX_ATTEMPTS:
            return "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE"
        return None

    def _verify(self, path: str, binding: AnyBinding, code: str) -> str | None:
        """Return the error code, or consume the code and return None."""
        account = binding.owner
        if path == "verify-totp":
            return self._verify_totp(binding, code)
        if path == "verify-backup-code":
            if code not in account.codes:
                return "INVALID_BACKUP_CODE" if account.codes else "BACKUP_CODES_NOT_ENABLED"
            account.codes.remove(code)
            account.used_codes.append(code)
        else:
            if binding.sent is None or not binding.sent.is_open(self.now) or binding.sent.used:
                return "OTP_HAS_EXPIRED"
            if binding.sent.code != code:
                return "INVALID_CODE"
            binding.sent.used = True
            if _send_kind_of(binding) == "challenge":
                account.network_sends.began_at = -1_000_000_000_000
            account.sends[_send_kind_of(binding)].began_at = -1_000_000_000_000
        account.consumed.append(code)
        return None

    def _verify_totp(self, binding: AnyBinding, code: str) -> str | None:
        account, now = binding.owner, self.now
        pending = account.pending if isinstance(binding, Session) else None
        if pending is not None and not pending.is_confirmable(now):
            pending = None
        if pending is None and account.phone is None:
            return "TOTP_NOT_ENABLED"
        if pending is not None and (step := pending.step_of(code, now)) is not None:
            assert isinstance(binding, Session)
            account.confirm(binding, step)
        else:
            step = None if account.phone is None else account.phone.step_of(code, now)
            if account.phone is None or step is None or step <= account.phone.last_step:
                return "INVALID_CODE"
            account.phone.last_step = step
        account.consumed.append(code)
        return None

    def _complete(self, path: str, binding: AnyBinding, answer: httpx.Response, *, trust: bool) -> None:
        account = binding.owner
        amr = {"verify-totp": "otp", "verify-backup-code": "backup-code", "verify-otp": "email"}[path]
        if isinstance(binding, Session):
            assert answer.json()["token"] == binding.token
            binding.level, binding.amr = 2, (*(each for each in binding.amr if each != amr), amr)
            binding.proven_at = self.now
        else:
            binding.ended = True
            assert all(answer.json()["token"] != each.token for each in self.bindings())
            self.add_session(account, answer.json()["token"], "pwd", amr)
        self.remember_browser(account, answer)
        account.reset_by_mail = account.reset_by_mail and amr == "email"
        assert (TRUST in answer.cookies) is trust
        if trust:
            account.devices.append(Device([answer.cookies[TRUST]], self.now))

    @rule(n=pick)
    def have_a_code_sent(self, n: int) -> None:
        self.send(self.binding(n))

    def send(self, binding: AnyBinding) -> None:
        account = binding.owner

        answer = self.ask("/two-factor/send-otp", bearer=binding.token)

        closed = self._is_closed(binding)
        if closed is not None:
            return expect(answer, closed)
        if account.phone is None:
            return expect(answer, "TWO_FACTOR_NOT_ENABLED")
        if account.reset_by_mail:
            return expect(answer, "OTP_NOT_CONFIGURED")
        if _send_kind_of(binding) == "challenge" and not account.network_sends.consume_of_network(self.now):
            return expect(answer, "TOO_MANY_REQUESTS")
        if not account.sends[_send_kind_of(binding)].consume(self.now):
            return expect(answer, "TOO_MANY_REQUESTS")
        expect(answer, None)
        account.mails["code"] += 1
        code = self.run(self.world.mailbox.code_for(account.email, nth=account.mails["code"]))
        binding.sent = SentCode(code, self.now)
        return None


def _send_kind_of(binding: Session | Challenge) -> str:
    if isinstance(binding, Session):
        return "session"
    return "recognized" if binding.recognized else "challenge"


def _is_well_formed(path: str, code: str) -> bool:
    return len(code) == 19 if path == "verify-backup-code" else code.isdecimal()
