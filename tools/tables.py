"""Markdown tables, for the tools that generate pages."""

from collections.abc import Iterable


def table(header: Iterable[str], rows: Iterable[Iterable[str | None]]) -> str:
    """Return a table. Line breaks and bars in cells are escaped."""
    every = [
        tuple(header),
        *[tuple((cell or "").replace("|", "\\|").replace("\n", " ") for cell in row) for row in rows],
    ]
    lines = [f"| {' | '.join(row)} |" for row in every]
    return "\n".join([lines[0], "|" + "---|" * len(every[0]), *lines[1:]]) + "\n"
