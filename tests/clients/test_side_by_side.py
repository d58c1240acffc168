"""Every difference from Better Auth's own server is listed with its reason, and the page lists the same."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from parity.comparison import Agreement, Pair, agreement, differing, problems
from parity.visitor import Outcome
from support.node import PACKAGES, ROOT, require

PAGE = Path("docs/coming-from-better-auth.md")
SIGNED_IN = Outcome(200, None, {"token": "str", "user.id": "str"}, {"session_token": "sets"}, None)
REFUSED = Outcome(401, "INVALID_CODE", {"message": "str", "code": "str"}, {}, None)
LISTED = """
[[differences]]
title = "A code works once"
category = "stricter"
reason = "It may have been seen."

[[differences.answers]]
requests = ["a code, again"]
there = "200; sets session_token"
here = "401 INVALID_CODE"
"""
NOTHING = agreement("")


@pytest.mark.timeout(300)
def test_every_difference_is_listed_and_the_page_says_so(tmp_path: Path) -> None:
    require(PACKAGES / "better-auth")
    tool = ROOT / "tools" / "coming_from_better_auth.py"

    ran = subprocess.run(
        [sys.executable, str(tool), str(tmp_path)],
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=290,
    )

    assert ran.returncode == 0, ran.stderr
    written, committed = (tmp_path / PAGE.name).read_text(), (ROOT / PAGE).read_text()
    assert written == committed, "renew it: make docs"


def test_a_difference_that_is_not_listed_is_a_problem() -> None:
    pairs = {"a code, again": Pair(SIGNED_IN, REFUSED)}

    [problem] = problems(pairs, NOTHING)

    assert problem == ("a code, again: there '200; sets session_token', here '401 INVALID_CODE'; not listed")
    assert problems(pairs, agreement(LISTED)) == []


@pytest.mark.parametrize(
    ("pairs", "problem"),
    [
        ({"a code, again": Pair(SIGNED_IN, SIGNED_IN)}, "no difference any more: a code, again"),
        ({}, "no such request: a code, again"),
        (
            {"a code, again": Pair(SIGNED_IN, replace(REFUSED, status=400))},
            "listed with '200; sets session_token' and '401 INVALID_CODE'",
        ),
    ],
)
def test_what_is_listed_and_is_not_so_is_a_problem(pairs: dict[str, Pair], problem: str) -> None:
    [found] = problems(pairs, agreement(LISTED))
    assert problem in found


def test_what_only_this_server_answers_may_be_listed_once_for_all_requests() -> None:
    more = replace(SIGNED_IN, fields=SIGNED_IN.fields | {"user.image": "null"})
    listed = '[[additions]]\nfields = ["user.image"]\nreason = "There is none."\n'

    assert differing(Pair(SIGNED_IN, more), NOTHING) == ("200", "200; user.image: null")
    assert differing(Pair(SIGNED_IN, more), agreement(listed)) is None
    # A field that is left out here is missed by whoever reads it there.
    assert differing(Pair(more, SIGNED_IN), agreement(listed)) == ("200; user.image: null", "200")
    assert problems({"sign-in": Pair(SIGNED_IN, SIGNED_IN)}, agreement(listed)) == [
        "no such addition any more: user.image"
    ]


@pytest.mark.parametrize(
    ("here", "shown"),
    [
        (replace(SIGNED_IN, status=302, location="/there"), ("200", "302; to /there")),
        (replace(SIGNED_IN, cookies={}), ("200; sets session_token", "200")),
        (replace(SIGNED_IN, fields={"": "null"}), ("200; body: object", "200; body: null")),
        (
            replace(SIGNED_IN, fields={"token": "str", "user": "null"}),
            ("200; user: object", "200; user: null"),
        ),
    ],
)
def test_what_a_program_notices_is_said(here: Outcome, shown: tuple[str, str]) -> None:
    assert differing(Pair(SIGNED_IN, here), Agreement((), ())) == shown
