"""Finds the differences between responses. Accepted differences are in differences.toml, with their reasons."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity.visitor import Outcome

LISTED = Path(__file__).with_name("differences.toml")
_REFUSALS = 400
CATEGORIES = ("stricter", "richer", "different", "not offered")


@dataclass(frozen=True)
class Pair:
    """What both servers answer to the same request."""

    there: Outcome
    here: Outcome


@dataclass(frozen=True)
class Additions:
    """Fields and cookies that only this server answers, wherever they are."""

    fields: tuple[str, ...]
    cookies: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Answers:
    """Requests that are answered the same way, at each of the servers."""

    requests: tuple[str, ...]
    there: str
    here: str


@dataclass(frozen=True)
class Difference:
    """One that was agreed to, why, and where it shows."""

    title: str
    category: str
    reason: str
    answers: tuple[Answers, ...]


@dataclass(frozen=True)
class Agreement:
    """What is in differences.toml."""

    additions: tuple[Additions, ...]
    differences: tuple[Difference, ...]

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(name for addition in self.additions for name in addition.fields)

    @property
    def cookies(self) -> frozenset[str]:
        return frozenset(name for addition in self.additions for name in addition.cookies)


def agreement(text: str) -> Agreement:
    """Read the list of differences."""
    read = tomllib.loads(text)
    additions = [
        Additions(tuple(one.get("fields", ())), tuple(one.get("cookies", ())), one["reason"])
        for one in read.get("additions", ())
    ]
    differences = [_difference(**one) for one in read.get("differences", ())]
    return Agreement(tuple(additions), tuple(differences))


def _difference(title: str, category: str, reason: str, answers: list[dict[str, Any]]) -> Difference:
    assert category in CATEGORIES, category
    shown = (Answers(tuple(one["requests"]), one["there"], one["here"]) for one in answers)
    return Difference(title, category, reason, tuple(shown))


def problems(pairs: dict[str, Pair], agreed: Agreement) -> list[str]:
    """Return what differs and is not listed, and what is listed and does not differ so."""
    found = {name: differing(pair, agreed) for name, pair in pairs.items()}
    answers = [one for difference in agreed.differences for one in difference.answers]
    names = [name for one in answers for name in one.requests]
    listed = {name: (one.there, one.here) for one in answers for name in one.requests}
    return [
        *(f"listed twice: {name}" for name in sorted({name for name in names if names.count(name) > 1})),
        *(f"no such request: {name}" for name in listed if name not in pairs),
        *(_problem(name, found[name], listed.get(name)) for name in pairs if found[name] != listed.get(name)),
        *_unused_additions(pairs.values(), agreed),
    ]


def _problem(name: str, found: tuple[str, str] | None, listed: tuple[str, str] | None) -> str:
    if found is None:
        return f"no difference any more: {name}; delete it from {LISTED.name}"
    there, here = found
    was = f"listed with {listed[0]!r} and {listed[1]!r}" if listed else "not listed"
    return f"{name}: there {there!r}, here {here!r}; {was}"


def _unused_additions(pairs: Iterable[Pair], agreed: Agreement) -> list[str]:
    every = [pair.here for pair in pairs]
    fields = {name for outcome in every for name in outcome.fields}
    cookies = {name for outcome in every for name in outcome.cookies}
    unused = sorted((agreed.fields - fields) | (agreed.cookies - cookies))
    return [f"no such addition any more: {name}" for name in unused]


def differing(pair: Pair, agreed: Agreement) -> tuple[str, str] | None:
    """Say what each server answers where that differs; None where a client notices nothing."""
    both_succeed = max(pair.there.status, pair.here.status) < _REFUSALS
    there, here = (_noticed(outcome, with_body=both_succeed) for outcome in (pair.there, pair.here))
    _gather(there, here)
    _gather(here, there)
    additions = {f"with {name}" for name in agreed.fields} | {f"cookie {name}" for name in agreed.cookies}
    for added in additions & (here.keys() - there.keys()):
        del here[added]
    apart = [name for name in dict.fromkeys([*there, *here]) if there.get(name) != here.get(name)]
    shown = ["answer", *(name for name in apart if name != "answer")]
    return (_shown(there, shown), _shown(here, shown)) if apart else None


def _noticed(outcome: Outcome, *, with_body: bool) -> dict[str, str]:
    """Return what is compared, by its name; of a refusal the status and the code are all that programs read."""
    noticed = {"answer": f"{outcome.status} {outcome.code or ''}".strip()}
    if with_body:
        noticed |= {f"with {name}": kind for name, kind in outcome.fields.items()}
    noticed |= {f"cookie {name}": action for name, action in outcome.cookies.items()}
    if outcome.location:
        noticed["location"] = outcome.location
    return noticed


def _gather(some: dict[str, str], others: dict[str, str]) -> None:
    """Name an object as one field where the other answer has something else in its place."""
    for name in [name for name in some if name.startswith("with ")]:
        parts = name.removeprefix("with ").split(".")
        whole = next((part for part in _wholes(parts) if part in others and part != name), None)
        if whole is not None:
            del some[name]
            some[whole] = "object"


def _wholes(parts: list[str]) -> Iterator[str]:
    yield "with "
    for length in range(1, len(parts)):
        yield "with " + ".".join(parts[:length])


def _shown(noticed: dict[str, str], names: list[str]) -> str:
    return "; ".join(_phrase(name, noticed[name]) for name in names if name in noticed)


def _phrase(name: str, value: str) -> str:
    kind, _, rest = name.partition(" ")
    if kind == "cookie":
        action, _, extent = value.partition(" ")
        return f"{action} {rest} {extent}".strip()
    if kind == "with":
        return f"{rest or 'body'}: {value}"
    return f"to {value}" if kind == "location" else value
