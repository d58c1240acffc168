"""Puts the tables of a run into the page that shows the last one."""

from pathlib import Path

_BEGIN = "<!-- what follows is written by benchmarks/side_by_side.py --document -->\n"
_END = "<!-- end of what is written -->\n"


def put_tables(page: Path, tables: str) -> None:
    """Replace what stands between the page's two marks.

    Raises:
        ValueError: the page has no such marks.
    """
    before, begin, rest = page.read_text().partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{page} has no place for tables: {_BEGIN}{_END}")
    page.write_text(f"{before}{begin}\n{tables}\n\n{end}{after}")
