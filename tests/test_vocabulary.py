"""The identifiers of the product are the field's words (CONTRIBUTING.md, "Vocabulary").

An engineer looks for a fact with the word they know. Each word here was once used in its place, and was found by nobody.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import athena_auth

ROOT = Path(athena_auth.__file__).parent

REPLACED = {
    "absurd": "oversized",
    "addressee": "greeting_name",
    "admission": "SignInPolicy",
    "admitted": "SessionIssued",
    "aftermath": "record what follows a verification where it happens",
    "anew": "again",
    "balance": "FailureCount",
    "charged": "Consumption",
    "circumstances": "RequestContext, EventContext",
    "claim": "Attempt",
    "deed": "action",
    "door": "entry point",
    "errand": "BackgroundTasks",
    "errands": "BackgroundTasks",
    "foundation": "build",
    "gatekeeper": "GuardContext",
    "guess": "attempt",
    "guesses": "attempts",
    "hers": "a verb",
    "hold": "lock",
    "house": "project",
    "judge": "verify",
    "lane": "AttemptKind",
    "later": "defer",
    "news": "notification",
    "paid": "Allowed",
    "parcel": "OutboxMessage",
    "pay": "consume",
    "place": "context (of a seal), slot (in a pool)",
    "proof": "Assurance",
    "proven": "Verified",
    "receipts": "DeliveredRowCleanup",
    "relay": "SmtpServer",
    "slid": "extended",
    "slide": "extend",
    "slides": "extends",
    "spend": "consume",
    "spent": "consumed",
    "stage": "begin_enrolment",
    "standing": "standalone",
    "subjects": "ThrottleKeys",
    "tally": "counters",
    "tell": "notify, disclose",
    "terms": "Limits",
    "told": "disclosed",
    "trail": "audit log",
    "tries": "attempts",
    "wired": "build",
    "withdraw": "cancel_enrolment",
}
ALLOWED = {
    "Stage": "the first part of the name of an event",
    "stage": "as above",
    "tries": "a name in the log",
    "call_later": "asyncio's",
    "proven_at": "a column, and what it is called on the wire",
}


def identifiers(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.keyword(arg=str(name)) | ast.alias(name=name):
                yield name


def words_of(identifier: str) -> list[str]:
    """Split `snake_case`, `CamelCase` and dotted names into words."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)]


def test_identifiers_are_the_fields_words() -> None:
    found = defaultdict(set)
    for path in sorted(ROOT.rglob("*.py")):
        if "versions" in path.parts:
            continue  # what a migration did is history
        for identifier in identifiers(ast.parse(path.read_text())):
            if identifier in ALLOWED:
                continue
            for word in words_of(identifier):
                if word in REPLACED:
                    found[f"{identifier}: say {REPLACED[word]}"].add(str(path.relative_to(ROOT)))

    assert not found, "\n".join(
        f"{what} ({', '.join(sorted(files))})" for what, files in sorted(found.items())
    )


def test_no_class_name_stands_twice() -> None:
    """A search for a class must end at the class."""
    where = defaultdict(list)
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where[node.name].append(str(path.relative_to(ROOT)))

    assert {name: files for name, files in where.items() if len(files) > 1} == {}
