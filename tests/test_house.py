"""The house rules that a program can see."""

import ast
from pathlib import Path

import athena_auth

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for folder in ("src", "clients/python/src") for path in (ROOT / folder).rglob("*.py"))
MAX_FILE, MAX_FUNCTION = 300, 40


def test_no_file_is_longer_than_one_person_holds_in_her_head() -> None:
    assert [path.name for path in SOURCES if len(path.read_text().splitlines()) > MAX_FILE] == []


def test_no_function_is_longer_than_a_screen() -> None:
    functions = [
        (path.name, node.name, (node.end_lineno or node.lineno) - node.lineno + 1)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]

    assert [function for function in functions if function[2] > MAX_FUNCTION] == []


def test_the_public_face_is_what_it_says() -> None:
    assert sorted(athena_auth.__all__) == [
        "Athena",
        "AuthEvent",
        "EnrolledAuthenticator",
        "Guard",
        "LiveSession",
        "Principal",
        "RefusedError",
        "Settings",
        "SettingsError",
        "User",
        "Users",
        "__version__",
        "create_app",
        "load_settings",
    ]
    for name in athena_auth.__all__:
        assert getattr(athena_auth, name) is not None
