"""Write docs/coming-from-better-auth.md: what a team must know, and what differs request by request.

The same requests are sent to Better Auth's own server and to this one; tests/parity/differences.toml says why the answers
differ. `make docs` runs this, without arguments; with one it writes to that folder. It fails, and names the requests, while
that list and the answers disagree.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tables import table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from parity.comparison import LISTED, Agreement, Difference, agreement, problems  # noqa: E402 - the tests know both
from parity.run import CASES, run  # noqa: E402
from support.better_auth import version  # noqa: E402

PAGE = "coming-from-better-auth.md"
INTRODUCTION = Path(__file__).with_name("coming_from_better_auth.md")
NOTE = "<!-- Written by tools/coming_from_better_auth.py, which sends the requests; `make docs` renews it. -->\n\n"
SECTIONS = {
    "stricter": "What is stricter",
    "richer": "What answers more",
    "different": "What is done in another way",
    "not offered": "What is not offered",
}


def page() -> str:
    """Return the page, from what both servers have just answered."""
    agreed = agreement(LISTED.read_text())
    with TemporaryDirectory() as folder:
        found = problems(run(Path(folder)), agreed)
    if found:
        raise SystemExit("\n".join([f"{LISTED.relative_to(ROOT)} is not what the servers answer:", *found]))
    differing = sum(len(one.requests) for difference in agreed.differences for one in difference.answers)
    introduction = INTRODUCTION.read_text().format(
        version=version(), total=len(CASES), same=len(CASES) - differing
    )
    return NOTE + "\n".join([introduction, *_sections(agreed)])


def _sections(agreed: Agreement) -> Iterator[str]:
    for category, heading in SECTIONS.items():
        yield f"## {heading}\n"
        for difference in agreed.differences:
            if difference.category == category:
                yield from _section(difference)
        if category == "richer":
            yield from _additions(agreed)


def _section(difference: Difference) -> Iterator[str]:
    yield f"### {difference.title}\n\n{difference.reason}\n"
    rows = [
        (name, _code(answers.there), _code(answers.here))
        for answers in difference.answers
        for name in answers.requests
    ]
    yield table(("Request", "Better Auth", "Here"), rows)


def _additions(agreed: Agreement) -> Iterator[str]:
    yield "### Fields and cookies of this server alone\n\nClients that do not know them ignore them.\n"
    rows = [
        (", ".join(f"`{name}`" for name in (*addition.fields, *addition.cookies)), addition.reason)
        for addition in agreed.additions
    ]
    yield table(("Name", "Meaning"), rows)


def _code(answer: str) -> str:
    """Set each part of an answer as code, so that a line may break between them."""
    return ", ".join(f"`{part}`" for part in answer.split("; "))


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    (folder / PAGE).write_text(page())
