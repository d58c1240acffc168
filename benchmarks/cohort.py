"""People who go through the life of a second factor together, each step of it a measured scenario.

Everything is done through HTTP, so every request meets the state that real use leaves behind: nothing is
seeded. A code, a challenge and a time step work once, so each person takes each step once. A wrong code is
tried twice for each person too, far below what closes a challenge (5) or an account (5 in a row).
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyotp
from credentials import challenge_of, forwarded, session_of
from load import get, post
from mail import sent_codes
from rig import Rig
from scenarios import Scenario

PASSWORD = "correct horse battery staple"
_CHALLENGES = 3
"""Sign-ins of each person: one answered by an app's code, one by a sent code, one by a backup code."""
_CHEAP_REQUESTS = 20
"""Requests of the cheapest scenarios for each person: they cost too little to be measured by a few."""


@dataclass(slots=True)
class Person:
    """Somebody signed in. Credentials are header lines."""

    email: str
    session: str
    phone: pyotp.TOTP = field(init=False)
    backup_codes: list[str] = field(init=False)
    challenges: list[str] = field(default_factory=list)


async def run_cohort(rig: Rig, size: int) -> None:
    """Measure every scenario once, with `size` new people."""
    people = await sign_up(rig, size)
    await rig.measure(Scenario.OK, [get("/ok")] * size * _CHEAP_REQUESTS)
    await rig.measure(
        Scenario.GET_SESSION, [get("/get-session", person.session) for person in people] * _CHEAP_REQUESTS
    )
    if Scenario.FORWARD_AUTH in rig.measured:
        requests = [get("/forward-auth", forwarded(person.session)) for person in people]
        await rig.measure(Scenario.FORWARD_AUTH, requests * _CHEAP_REQUESTS)
    await rig.measure(Scenario.SIGN_IN, [sign_in_request(person) for person in people])
    step = await enrol(rig, people)
    await _challenge(rig, people)
    await _mistype(rig, people)
    await _answer_by_mail(rig, people)
    await _answer_by_backup_code(rig, people)
    await _answer_by_app(rig, people, after=step)
    await rig.measure(Scenario.GENERATE, _with_password("/two-factor/generate-backup-codes", people))
    await rig.measure(Scenario.DISABLE, _with_password("/two-factor/disable", people))


async def sign_up(rig: Rig, size: int) -> list[Person]:
    """Make new accounts."""
    emails = [f"{secrets.token_hex(8)}@example.com" for _ in range(size)]
    requests = [post("/sign-up/email", name="Ada", email=email, password=PASSWORD) for email in emails]
    answers = await rig.prepare(requests)
    return [Person(email, session_of(answer)) for email, answer in zip(emails, answers, strict=True)]


async def enrol(rig: Rig, people: Sequence[Person]) -> int:
    """Turn the second factor on; return the time step that confirming it used up."""
    answers = await rig.measure(Scenario.ENABLE, _with_password("/two-factor/enable", people))
    for person, answer in zip(people, answers, strict=True):
        _give_phone(person, answer.json())
    step = _present_step()
    requests = [
        post("/two-factor/verify-totp", person.session, code=person.phone.generate_otp(step))
        for person in people
    ]
    for person, answer in zip(people, await rig.measure(Scenario.ENROL_TOTP, requests), strict=True):
        person.session = session_of(answer)
    return step


def sign_in_request(person: Person) -> bytes:
    """Return a sign-in with the right password."""
    return post("/sign-in/email", email=person.email, password=PASSWORD)


def wrong_code(person: Person) -> str:
    """Return a code of no time step that the server might look at within the next minute."""
    step = _present_step()
    right = {person.phone.generate_otp(near) for near in range(step - 2, step + 4)}
    return next(code for code in map("{:06}".format, range(10)) if code not in right)


def _with_password(path: str, people: Sequence[Person]) -> list[bytes]:
    return [post(path, person.session, password=PASSWORD) for person in people]


def _give_phone(person: Person, enabled: Any) -> None:
    phone = pyotp.parse_uri(enabled["totpURI"])
    assert isinstance(phone, pyotp.TOTP)  # noqa: S101 - it is an otpauth://totp address
    person.phone = phone
    person.backup_codes = enabled["backupCodes"]


async def _challenge(rig: Rig, people: Sequence[Person]) -> None:
    # One person's sign-ins lie far apart, so that they do not wait for each other.
    everybody = [*people] * _CHALLENGES
    answers = await rig.measure(Scenario.CHALLENGE, [sign_in_request(person) for person in everybody])
    for person, answer in zip(everybody, answers, strict=True):
        person.challenges.append(challenge_of(answer))


async def _mistype(rig: Rig, people: Sequence[Person]) -> None:
    requests = [
        post("/two-factor/verify-totp", person.challenges[0], code=wrong_code(person)) for person in people
    ]
    # The first of an episode also costs a mail to the owner, which is told of once.
    await rig.prepare(requests, status=401)
    await rig.measure(Scenario.WRONG_TOTP, requests, status=401)


async def _answer_by_app(rig: Rig, people: Sequence[Person], *, after: int) -> None:
    # The server accepts one step ahead, so there is a fresh one even within the same half minute.
    step = max(after + 1, _present_step())
    requests = [
        post("/two-factor/verify-totp", person.challenges[0], code=person.phone.generate_otp(step))
        for person in people
    ]
    await rig.measure(Scenario.SIGN_IN_TOTP, requests)


async def _answer_by_mail(rig: Rig, people: Sequence[Person]) -> None:
    addresses = {person.email for person in people}

    def all_arrived() -> bool:
        return addresses <= sent_codes(rig.mail_files).keys()

    requests = [post("/two-factor/send-otp", person.challenges[1]) for person in people]
    await rig.measure(Scenario.SEND_OTP, requests, is_finished=all_arrived)
    codes = sent_codes(rig.mail_files)
    requests = [
        post("/two-factor/verify-otp", person.challenges[1], code=codes[person.email]) for person in people
    ]
    await rig.measure(Scenario.VERIFY_OTP, requests)


async def _answer_by_backup_code(rig: Rig, people: Sequence[Person]) -> None:
    requests = [
        post("/two-factor/verify-backup-code", person.challenges[2], code=person.backup_codes.pop())
        for person in people
    ]
    await rig.measure(Scenario.BACKUP_CODE, requests)


def _present_step() -> int:
    return time.time_ns() // 1_000_000_000 // 30
