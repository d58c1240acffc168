"""People who go through the life of a second factor together, each step of it a measured scenario.

Everything is done through HTTP, so every request meets the state that real use leaves behind: nothing is
seeded. A code, a challenge and a time step work once, so each person takes each step once. A wrong code is
tried once for each person too, far below what closes a challenge (5) or an account (5 in a row).
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyotp
from load import get, post
from mail import sent_codes
from rig import Rig
from scenarios import Scenario

_PASSWORD = "correct horse battery staple"
_CHALLENGES = 3
"""Sign-ins of each person: one answered by an app's code, one by a sent code, one by a backup code."""
_CHEAP_REQUESTS = 10
"""Requests of the cheapest scenarios for each person: they cost too little to be measured by a few."""


@dataclass(slots=True)
class Person:
    """Somebody signed in."""

    email: str
    token: str
    phone: pyotp.TOTP = field(init=False)
    backup_code: str = field(init=False)
    challenges: list[str] = field(default_factory=list)


async def run_cohort(rig: Rig, mail_file: Path, size: int) -> None:
    """Measure every scenario once, with `size` new people."""
    people = await _sign_up(rig, size)
    await rig.measure(Scenario.OK, [get("/ok")] * size * _CHEAP_REQUESTS)
    await rig.measure(
        Scenario.GET_SESSION, [get("/get-session", person.token) for person in people] * _CHEAP_REQUESTS
    )
    await _enable(rig, people)
    step = await _confirm(rig, people)
    await _sign_in(rig, people)
    await _mistype(rig, people)
    await _answer_by_mail(rig, people, mail_file)
    await _answer_by_backup_code(rig, people)
    await _answer_by_app(rig, people, after=step)


async def _sign_up(rig: Rig, size: int) -> list[Person]:
    emails = [f"{secrets.token_hex(8)}@example.com" for _ in range(size)]
    requests = [post("/sign-up/email", name="Ada", email=email, password=_PASSWORD) for email in emails]
    answers = await rig.prepare(requests)
    return [Person(email, answer["token"]) for email, answer in zip(emails, answers, strict=True)]


async def _enable(rig: Rig, people: Sequence[Person]) -> None:
    requests = [post("/two-factor/enable", person.token, password=_PASSWORD) for person in people]
    answers = await rig.measure(Scenario.ENABLE, requests)
    for person, answer in zip(people, answers, strict=True):
        phone = pyotp.parse_uri(answer["totpURI"])
        assert isinstance(phone, pyotp.TOTP)  # noqa: S101 - it is an otpauth://totp address
        person.phone = phone
        person.backup_code = answer["backupCodes"][0]


async def _confirm(rig: Rig, people: Sequence[Person]) -> int:
    """Confirm the enrolments; return the time step that this used up."""
    step = _present_step()
    requests = [
        post("/two-factor/verify-totp", person.token, code=person.phone.generate_otp(step))
        for person in people
    ]
    await rig.measure(Scenario.ENROL_TOTP, requests)
    return step


async def _sign_in(rig: Rig, people: Sequence[Person]) -> None:
    # One person's sign-ins lie far apart, so that they do not wait for each other.
    everybody = [*people] * _CHALLENGES
    requests = [post("/sign-in/email", email=person.email, password=_PASSWORD) for person in everybody]
    answers = await rig.measure(Scenario.SIGN_IN, requests)
    for person, answer in zip(everybody, answers, strict=True):
        person.challenges.append(answer["token"])


async def _mistype(rig: Rig, people: Sequence[Person]) -> None:
    requests = [
        post("/two-factor/verify-totp", person.challenges[0], code=_wrong_code(person)) for person in people
    ]
    await rig.measure(Scenario.WRONG_TOTP, requests, status=401)


async def _answer_by_app(rig: Rig, people: Sequence[Person], *, after: int) -> None:
    # The server accepts one step ahead, so there is a fresh one even within the same half minute.
    step = max(after + 1, _present_step())
    requests = [
        post("/two-factor/verify-totp", person.challenges[0], code=person.phone.generate_otp(step))
        for person in people
    ]
    await rig.measure(Scenario.SIGN_IN_TOTP, requests)


async def _answer_by_mail(rig: Rig, people: Sequence[Person], mail_file: Path) -> None:
    addresses = {person.email for person in people}

    def all_arrived() -> bool:
        return addresses <= sent_codes(mail_file).keys()

    requests = [post("/two-factor/send-otp", person.challenges[1]) for person in people]
    await rig.measure(Scenario.SEND_OTP, requests, is_finished=all_arrived)
    codes = sent_codes(mail_file)
    requests = [
        post("/two-factor/verify-otp", person.challenges[1], code=codes[person.email]) for person in people
    ]
    await rig.measure(Scenario.VERIFY_OTP, requests)


async def _answer_by_backup_code(rig: Rig, people: Sequence[Person]) -> None:
    requests = [
        post("/two-factor/verify-backup-code", person.challenges[2], code=person.backup_code)
        for person in people
    ]
    await rig.measure(Scenario.BACKUP_CODE, requests)


def _present_step() -> int:
    return time.time_ns() // 1_000_000_000 // 30


def _wrong_code(person: Person) -> str:
    """Return a code of no time step that the server might look at while this cohort runs."""
    step = _present_step()
    right = {person.phone.generate_otp(near) for near in range(step - 2, step + 4)}
    return next(code for code in map("{:06}".format, range(10)) if code not in right)
