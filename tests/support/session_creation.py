"""Finds, in source text, code that could create a session outside the module and the package that may."""

import ast
import re
from collections.abc import Iterator

MINT = "athena_auth.sessions.mint"
CALLERS = "athena_auth.mfa."
_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_WRITE = re.compile(
    r"\b(?:insert|replace|merge)\b(?:\s+or\s+\w+)?\s+into\b|\bcopy\s+(?=\S*athena)", re.IGNORECASE
)
_TABLE = re.compile(r'\s*(?:only\s+)?(?:"?\w+"?\s*\.\s*)?[`"\[]?(\w+)[`"\]]?(?=[\s(])', re.IGNORECASE)
_PRIVATE = frozenset({"_INSERT", "_insert"})


def violations(module: str, source: str) -> list[str]:
    """Return each forbidden way to create a session in this module, by line."""
    tree = ast.parse(source)
    may_call = module.startswith(CALLERS)
    found = [*_inserts(module, tree), *_imports(module, tree)]
    if module != MINT:
        found += _uses(tree, may_call=may_call)
    return [f"{module}:{line}: {what}" for line, what in sorted(found)]


def _inserts(module: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = _COMMENT.sub(" ", node.value)
            for write in _WRITE.finditer(text):
                table = _TABLE.match(text, write.end())
                if table is None:
                    # Put together from parts, or made by a function: its table cannot be known.
                    yield node.lineno, "an INSERT without the name of its table"
                elif table[1].lower() == "athena_session" and module != MINT:
                    yield node.lineno, "an INSERT into athena_session"
        elif isinstance(node, ast.Attribute) and node.attr == "bulk_insert":
            yield node.lineno, "an INSERT without the name of its table"


def _imports(module: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [(alias.name, alias.asname) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            names = [(f"{origin}.{alias.name}", alias.asname) for alias in node.names]
        else:
            continue
        for name, renamed in names:
            is_the_function = name == f"{MINT}.mint" and renamed is None
            if _names_it(name) and not (is_the_function and module.startswith(CALLERS)):
                yield node.lineno, f"an import of {name}"


def _names_it(name: str) -> bool:
    """Tell whether an import reaches the module, a name in it, or the function through another module."""
    parts = name.split(".")
    return "mint" in parts or parts[-1] in _PRIVATE


def _uses(tree: ast.AST, *, may_call: bool) -> Iterator[tuple[int, str]]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "mint" and not (may_call and id(node) in called):
            yield node.lineno, "a use of mint"
        elif isinstance(node, ast.Attribute) and node.attr in {"mint", *_PRIVATE}:
            yield node.lineno, f"a use of {node.attr}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_its_name(node.value):
            yield node.lineno, "the name of mint as text"


def _is_its_name(text: str) -> bool:
    return text in {"mint", *_PRIVATE} or text.endswith("sessions.mint")
