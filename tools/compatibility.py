"""Write docs/reference/better-auth-client.md: what each method of Better Auth's client comes to here.

The client calls every method it has at two servers, Better Auth's own and this one, and the answers are compared.
`make docs` runs this, without arguments; with one it writes to that folder. A test fails while the page that is committed
is not what the client meets.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tables import table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.better_auth import SCRIPTS, original, version  # noqa: E402 - the tests know how to run both servers
from support.node import node  # noqa: E402
from support.process import serving  # noqa: E402

PAGE = "better-auth-client.md"
Calls = dict[tuple[str, str], dict[str, Any]]
_INTRODUCTION = """\
<!-- Written by tools/compatibility.py, which runs the client; `make docs` renews it. -->

# Better Auth's client

What each method of `better-auth/client` {version} with `twoFactorClient` comes to at this server, compared with Better Auth's own server of that
version. The client is unchanged and calls every method it has, as a page in a browser, where it should succeed.

- **works**: both servers accept the call, and this one answers every field that the other does, perhaps more.
- **differs**: this one refuses the call, or leaves a field out.
- **not offered**: there is no such endpoint here; the client is answered 404 `NOT_FOUND`.

Of the {total} calls {works} work, {differs} differ and {missing} are not offered.

"""


def page() -> str:
    """Return the page, from what the client has met just now."""
    theirs, offered = _at_the_original()
    ours = _at_this_server()
    uncalled = set(offered) - {call["path"] for call in ours.values()}
    if uncalled:
        raise SystemExit(
            f"The client has methods that tests/clients/better_auth does not call: {sorted(uncalled)}"
        )
    rows = [_row(call, theirs[key]) for key, call in ours.items()]
    results = [result for _, _, result, _ in rows]
    counts = {
        "works": results.count("works"),
        "differs": results.count("differs"),
        "missing": results.count("not offered"),
    }
    introduction = _INTRODUCTION.format(version=version(), total=len(rows), **counts)
    return introduction + table(("Method", "Request", "Result", "Beside that"), rows)


def _row(ours: dict[str, Any], theirs: dict[str, Any]) -> tuple[str, str, str, str]:
    """Return the table's row for a call: its method, its request, how it went, and what is to be said of it."""
    method = f"`{ours['method']}`" + (f", {ours['when']}" if ours["when"] else "")
    answered = f"{ours['status']} `{ours['code']}`"
    missing, more = _apart(theirs["fields"], ours["fields"]), _apart(ours["fields"], theirs["fields"])
    if ours["code"] == "NOT_FOUND":
        result, remark = "not offered", ""
    elif ours["code"]:
        result, remark = "differs", answered
    elif theirs["code"] or missing:
        result, remark = (
            "differs",
            f"without {missing}" if missing else f"there {theirs['status']} `{theirs['code']}`",
        )
    else:
        result, remark = "works", f"also {more}" if more else ""
    return method, f"{ours['verb']} {ours['path']}", result, remark


def _apart(some: list[str], others: list[str]) -> str:
    """Name the fields that only the one answer has; of an object that only it has, the object alone."""
    known = set(others) | {parent for field in others for parent in _parents(field)}
    # A user without a picture has no `image` there and null here: no difference to whoever reads it.
    alone = [field for field in some if field not in known and not field.endswith("image")]
    shown = [next((parent for parent in _parents(field) if parent not in known), field) for field in alone]
    return ", ".join(f"`{field}`" for field in dict.fromkeys(shown))


def _parents(field: str) -> list[str]:
    """Return the names of the objects around a field, the outermost first."""
    parts = field.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def _at_this_server() -> Calls:
    with TemporaryDirectory() as folder, serving(Path(folder)) as server:
        return _calls(server.base_url.removesuffix("/api/auth"), server.outbox)


def _at_the_original() -> tuple[Calls, list[str]]:
    with TemporaryDirectory() as folder, original(Path(folder)) as server:
        return _calls(server.origin, server.outbox), server.paths


def _calls(origin: str, outbox: Path) -> Calls:
    """Return the first outcome of each method in each circumstance, in the order of the calls."""
    environment = {"ORIGIN": origin, "OUTBOX": str(outbox), "MODE": "cookie"}
    ran = node(SCRIPTS / "compatibility.mjs", environment=environment)
    if ran.returncode:
        raise SystemExit(f"{origin}: {ran.stderr}\n{ran.stdout}")
    calls: Calls = {}
    for line in ran.stdout.splitlines():
        call = json.loads(line)
        calls.setdefault((call["method"], call["when"]), call)
    return calls


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "reference"
    (folder / PAGE).write_text(page())
