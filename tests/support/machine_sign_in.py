"""What can be done to sign in, right and wrong, and what the model says must come of it."""

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
from support.machine import TRUST, Machine, Place, expect

_EMAILS = ["ada@example.com", "grace@example.com"]

pick = st.integers(0, 1_000_000)
"""Which one of as many as there are: taken modulo their number, so that examples shrink well."""
often = st.sampled_from([True, True, True, False])


class SignInMachine(Machine):
    """Two people who sign up and in, and prove their second factors."""

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
        self.open_session(account, answer.json()["token"], "pwd")
        self.remember_browser(account, answer)

    @rule(
        n=pick, path=st.sampled_from(["verify-totp", "verify-otp", "verify-backup-code"]), trust=st.booleans()
    )
    def sign_in_with_all_that_is_due(self, n: int, path: str, trust: bool) -> None:
        self.sign_in(n, right=True, by_device=False, by_browser=False)
        place = self.places()[-1]
        if path == "verify-otp":
            self.send(place)
        account = place.owner
        codes = {
            "verify-totp": account.phone.code(self.now, 0) if account.phone else "",
            "verify-otp": place.sent.code if place.sent else "",
            "verify-backup-code": account.codes[0] if account.codes else "",
        }
        self._offer(path, place, codes[path] or "000000", trust=trust)

    @precondition(lambda self: any(account.spent for account in self.accounts))
    @rule(n=pick, trust=st.booleans())
    def sign_in_with_what_was_accepted_before(self, n: int, trust: bool) -> None:
        account = next(account for account in self.accounts if account.spent)
        backup_codes = [code for code in account.spent if "-" in code]
        spent, path = (backup_codes, "verify-backup-code") if backup_codes else (account.spent, "verify-totp")
        self.sign_in(self.accounts.index(account), right=True, by_device=False, by_browser=False)
        self._offer(path, self.places()[-1], spent[n % len(spent)], trust=trust)

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

        refusal = self._judge_password(account, right=right, recognized=recognized)
        expect(answer, refusal)
        if refusal is None:
            self._signed_in(account, answer, device, trust, recognized=recognized)

    def _judge_password(self, account: Account, *, right: bool, recognized: bool) -> str | None:
        if recognized:
            lane = account.lanes["password"]
            if not lane.is_open(self.now):
                return "ACCOUNT_TEMPORARILY_LOCKED"
            lane.failures += 1
            if right:
                lane.clear()
                return None
            lane.wrong(self.now)
            return "INVALID_EMAIL_OR_PASSWORD"
        if not account.password_limits.consume(self.now):
            return "ACCOUNT_TEMPORARILY_LOCKED"
        if right:
            account.password_limits.clear()
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
            self.open_session(account, answer.json()["token"], "pwd")
            return self.remember_browser(account, answer)
        if device is not None and not self._is_honoured(device, trust):
            # It was replaced long ago: one of two browsers has copied it.
            device.ended = True
            for session in account.sessions:
                session.ended = session.ended or session.device is device
            device = None
        if device is None:
            return self.challenged(account, answer, recognized=recognized)
        self.open_session(account, answer.json()["token"], "pwd", "device", device=device)
        self.remember_browser(account, answer)
        if trust == device.token:
            device.tokens.append(answer.cookies[TRUST])
            device.used_at = device.rotated_at = self.now
        else:
            assert TRUST not in answer.cookies
        return None

    def _is_honoured(self, device: Device, trust: str | None) -> bool:
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
        account.places.append(Challenge(owner=account, token=token, began_at=self.now, recognized=recognized))

    @rule(n=pick, trust=st.booleans())
    def enrol(self, n: int, trust: bool) -> None:
        session = self.session(n)
        self.begin_to_enrol(session, right=True)
        pending = session.owner.pending
        code = "000000" if pending is None else pending.code(self.now, 0)
        self._offer("verify-totp", session, code, trust=trust)

    # --- the second factor --------------------------------------------------------------------------------

    @rule(
        n=pick,
        kind=st.sampled_from(["right", "right", "early", "late", "pending", "replayed", "wrong"]),
        trust=st.booleans(),
    )
    def offer_a_totp_code(self, n: int, kind: str, trust: bool) -> None:
        place = self.place(n)
        account, now = place.owner, self.now
        phone = account.pending if kind == "pending" or account.phone is None else account.phone
        code = self._code_no_phone_shows()
        if kind == "replayed" and account.spent:
            code = account.spent[n % len(account.spent)]
        elif phone is not None and kind != "wrong":
            code = phone.code(now, {"early": 1, "late": -1}.get(kind, 0))
        self._offer("verify-totp", place, code, trust=trust)

    def _code_no_phone_shows(self) -> str:
        phones = [phone for a in self.accounts for phone in (a.phone, a.pending) if phone]
        shown = {phone.code(self.now, steps) for phone in phones for steps in range(-45, 46)}
        return next(code for code in map("{:06}".format, range(1000)) if code not in shown)

    @rule(
        n=pick,
        kind=st.sampled_from(["right", "right", "pending", "spent", "another's", "wrong"]),
        trust=st.booleans(),
    )
    def offer_a_backup_code(self, n: int, kind: str, trust: bool) -> None:
        place = self.place(n)
        account = place.owner
        others = [code for each in self.accounts if each is not account for code in each.codes]
        from_where = {
            "right": account.codes,
            "pending": account.pending_codes or [],
            "spent": account.spent,
            "another's": others,
        }.get(kind, [])
        code = from_where[n % len(from_where)] if from_where else BACKUP_CODE
        self._offer("verify-backup-code", place, code, trust=trust)

    @rule(
        n=pick, kind=st.sampled_from(["right", "right", "elsewhere", "spent", "wrong"]), trust=st.booleans()
    )
    def offer_a_sent_code(self, n: int, kind: str, trust: bool) -> None:
        place = self.place(n)
        elsewhere = [p.sent.code for p in self.places() if p.sent and p is not place]
        from_where = {"elsewhere": elsewhere, "spent": place.owner.spent}.get(kind, [])
        code = from_where[n % len(from_where)] if from_where else "000000"
        if place.sent is not None and kind in {"right", "wrong"}:
            code = place.sent.code if kind == "right" else wrong(place.sent.code)
        self._offer("verify-otp", place, code, trust=trust)

    def _offer(self, path: str, place: Place, code: str, *, trust: bool) -> None:
        answer = self.ask(f"/two-factor/{path}", bearer=place.token, code=code, trustDevice=trust)

        refusal = self._refused_unseen(path, place, code) or self._verified(path, place, code)
        expect(answer, refusal)
        if refusal is None:
            self._passed(path, place, answer, trust=trust)

    def _refused_unseen(self, path: str, place: Place, code: str) -> str | None:
        """Return the refusal of what is no attempt, or is not verified."""
        if isinstance(place, Session) and not place.is_live(self.now):
            return "UNAUTHORIZED"
        if not _is_well_formed(path, code):
            return "INVALID_BACKUP_CODE" if path == "verify-backup-code" else "INVALID_CODE"
        is_blocked = path != "verify-backup-code" and not self._lane(place).is_open(self.now)
        return self._is_closed(place) or ("ACCOUNT_TEMPORARILY_LOCKED" if is_blocked else None)

    def _lane(self, place: Place) -> AttemptLimit:
        is_stranger = isinstance(place, Challenge) and not place.recognized
        return place.owner.lanes["challenge" if is_stranger else "session"]

    def _verified(self, path: str, place: Place, code: str) -> str | None:
        """Verify a code and count what is wrong; one that was right once and is used is no failed attempt."""
        was_used = self._was_used(path, place, code)
        refusal = self._judge(path, place, code)
        lane = self._lane(place)
        if refusal is None:
            lane.clear()
        elif not was_used:
            if isinstance(place, Challenge):
                place.attempts += 1
            if path != "verify-backup-code":
                lane.failures += 1
                lane.wrong(self.now)
        return refusal

    def _was_used(self, path: str, place: Place, code: str) -> bool:
        account, now = place.owner, self.now
        if path == "verify-backup-code":
            return code in account.used_codes
        if path == "verify-otp":
            sent = place.sent
            return sent is not None and sent.used and sent.is_open(now) and sent.code == code
        pending = account.pending if isinstance(place, Session) else None
        if pending is not None and pending.is_confirmable(now) and pending.step_of(code, now) is not None:
            return False
        return account.phone is not None and account.phone.step_of(code, now) is not None

    def _is_closed(self, place: Place) -> str | None:
        if not place.is_live(self.now):
            return "INVALID_TWO_FACTOR_COOKIE" if isinstance(place, Challenge) else "UNAUTHORIZED"
        if isinstance(place, Challenge) and place.attempts >= MAX_ATTEMPTS:
            return "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE"
        return None

    def _judge(self, path: str, place: Place, code: str) -> str | None:
        """Return the refusal, or None and use the code up."""
        account = place.owner
        if path == "verify-totp":
            return self._judge_totp(place, code)
        if path == "verify-backup-code":
            if code not in account.codes:
                return "INVALID_BACKUP_CODE" if account.codes else "BACKUP_CODES_NOT_ENABLED"
            account.codes.remove(code)
            account.used_codes.append(code)
        else:
            if place.sent is None or not place.sent.is_open(self.now) or place.sent.used:
                return "OTP_HAS_EXPIRED"
            if place.sent.code != code:
                return "INVALID_CODE"
            place.sent.used = True
            if _lane_of(place) == "challenge":
                account.network_sends.began_at = -1_000_000_000_000
            account.sends[_lane_of(place)].began_at = -1_000_000_000_000
        account.spent.append(code)
        return None

    def _judge_totp(self, place: Place, code: str) -> str | None:
        account, now = place.owner, self.now
        pending = account.pending if isinstance(place, Session) else None
        if pending is not None and not pending.is_confirmable(now):
            pending = None
        if pending is None and account.phone is None:
            return "TOTP_NOT_ENABLED"
        if pending is not None and (step := pending.step_of(code, now)) is not None:
            assert isinstance(place, Session)
            account.confirm(place, step)
        else:
            step = None if account.phone is None else account.phone.step_of(code, now)
            if account.phone is None or step is None or step <= account.phone.last_step:
                return "INVALID_CODE"
            account.phone.last_step = step
        account.spent.append(code)
        return None

    def _passed(self, path: str, place: Place, answer: httpx.Response, *, trust: bool) -> None:
        account = place.owner
        amr = {"verify-totp": "otp", "verify-backup-code": "backup-code", "verify-otp": "email"}[path]
        if isinstance(place, Session):
            assert answer.json()["token"] == place.token
            place.level, place.amr = 2, tuple(dict.fromkeys((*place.amr, amr)))
            place.proven_at = self.now
        else:
            place.ended = True
            assert all(answer.json()["token"] != each.token for each in self.places())
            self.open_session(account, answer.json()["token"], "pwd", amr)
        self.remember_browser(account, answer)
        account.reset_by_mail = account.reset_by_mail and amr == "email"
        assert (TRUST in answer.cookies) is trust
        if trust:
            account.devices.append(Device([answer.cookies[TRUST]], self.now))

    @rule(n=pick)
    def have_a_code_sent(self, n: int) -> None:
        self.send(self.place(n))

    def send(self, place: Place) -> None:
        account = place.owner

        answer = self.ask("/two-factor/send-otp", bearer=place.token)

        closed = self._is_closed(place)
        if closed is not None:
            return expect(answer, closed)
        if account.phone is None:
            return expect(answer, "TWO_FACTOR_NOT_ENABLED")
        if account.reset_by_mail:
            return expect(answer, "OTP_NOT_CONFIGURED")
        if _lane_of(place) == "challenge" and not account.network_sends.consume_of_network(self.now):
            return expect(answer, "TOO_MANY_REQUESTS")
        if not account.sends[_lane_of(place)].consume(self.now):
            return expect(answer, "TOO_MANY_REQUESTS")
        expect(answer, None)
        account.mails["code"] += 1
        code = self.run(self.world.mailbox.code_for(account.email, nth=account.mails["code"]))
        place.sent = SentCode(code, self.now)
        return None


def _lane_of(place: Session | Challenge) -> str:
    if isinstance(place, Session):
        return "session"
    return "recognized" if place.recognized else "challenge"


def _is_well_formed(path: str, code: str) -> bool:
    return len(code) == 19 if path == "verify-backup-code" else code.isdecimal()
