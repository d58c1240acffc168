"""Runs both servers and sends every request to both."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx

from parity import account_cases, edge_cases, passkey_cases, sign_in_cases, two_factor_cases
from parity.cases import Case
from parity.comparison import Pair
from parity.visitor import BASE_PATH, Outcome, Site, Visitor
from support.better_auth import original
from support.process import Server, serving

CASES = (
    *sign_in_cases.CASES,
    *account_cases.CASES,
    *two_factor_cases.CASES,
    *passkey_cases.CASES,
    *edge_cases.CASES,
)
_AT_ONCE = 3
"""Visitors at each server: more would only wait for a processor."""
_AGE = """
UPDATE athena_session
SET created_at = created_at - :ms, updated_at = updated_at - :ms, expires_at = expires_at - :ms, proven_at = proven_at - :ms
WHERE user_id = (SELECT id FROM athena_account WHERE email = :email)
"""


def run(folder: Path, cases: tuple[Case, ...] = CASES) -> dict[str, Pair]:
    """Return the outcomes of every request, by its name."""
    with _sites(folder) as (theirs, ours), ThreadPoolExecutor(2 * _AT_ONCE) as pool:
        there = [pool.submit(_outcome, theirs, case) for case in cases]
        here = [pool.submit(_outcome, ours, case) for case in cases]
        return {
            case.name: Pair(their.result(), our.result())
            for case, their, our in zip(cases, there, here, strict=True)
        }


def _outcome(site: Site, case: Case) -> Outcome:
    visitor = Visitor(site)
    try:
        for step in case.before:
            step(visitor)
        return visitor.outcome(case.request)
    except Exception as error:
        error.add_note(f"in the case: {case.name}, at {site.origin}")
        raise


@contextmanager
def _sites(folder: Path) -> Iterator[tuple[Site, Site]]:
    with ExitStack() as stack:
        # Each visitor keeps their own cookies.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        http = stack.enter_context(httpx.Client(timeout=60, cookies=no_cookies))
        theirs = stack.enter_context(original(folder, has_passkeys=True))
        # With the same prefix the cookies have the same names.
        ours = stack.enter_context(serving(folder, cookie_prefix="better-auth"))
        yield (
            Site(theirs.origin, theirs.outbox, theirs.age_sessions, http),
            Site(
                ours.base_url.removesuffix(BASE_PATH),
                ours.outbox,
                lambda email, seconds: _age_sessions(ours, email, seconds),
                http,
            ),
        )


def _age_sessions(server: Server, email: str, seconds: int) -> None:
    with closing(sqlite3.connect(server.folder / "athena.db", timeout=60)) as database, database:
        database.execute(_AGE, {"ms": seconds * 1000, "email": email})
