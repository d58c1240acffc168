"""The CPU of every request as bars, on a logarithmic scale, in SVG."""

import math
from html import escape

from comparison import Comparison
from databases import Product
from measurement import median_of
from scenarios import BUDGETS, Scenario
from systems import System

_COLOURS = {
    System.ATHENA: "#2563eb",
    System.FLOOR: "#94a3b8",
    System.BETTER_AUTH: "#f59e0b",
    System.PORT: "#b45309",
}
_LEAST, _MOST = 0.01, 200.0
"""Milliseconds at the two ends of the scale."""
_LABELS, _WIDTH, _GAP = 190, 330, 40
_BAR, _ROW = 9, 46
_TOP = 70
_TICKS = (0.01, 0.1, 1, 10, 100)


def chart(comparison: Comparison) -> str:
    """Return the drawing: a panel for each database, a row for each scenario, a bar for each server."""
    rows = len(BUDGETS)
    width = _LABELS + len(Product) * (_WIDTH + _GAP)
    height = _TOP + rows * _ROW + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"',
        'font-family="sans-serif" font-size="11" fill="#1e293b">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        *_legend(),
    ]
    for row, scenario in enumerate(BUDGETS):
        parts.append(_text(_LABELS - 8, _TOP + row * _ROW + 24, scenario, anchor="end"))
    for column, product in enumerate(Product):
        left = _LABELS + column * (_WIDTH + _GAP)
        parts.append(_text(left, _TOP - 22, f"{product}: CPU ms per request", weight="bold"))
        parts += _grid(left, rows)
        for row, scenario in enumerate(BUDGETS):
            parts += _row(comparison, product, scenario, left, _TOP + row * _ROW)
    return "\n".join([*parts, "</svg>", ""])


def _legend() -> list[str]:
    parts = []
    for position, (system, colour) in enumerate(_COLOURS.items()):
        left = _LABELS + position * 140
        parts += [
            f'<rect x="{left}" y="12" width="11" height="11" fill="{colour}"/>',
            _text(left + 16, 22, system),
        ]
    left = _LABELS + len(_COLOURS) * 140
    return [*parts, _mark(left, 11, 13), _text(left + 8, 22, "budget")]


def _grid(left: float, rows: int) -> list[str]:
    bottom = _TOP + rows * _ROW
    parts = []
    for tick in _TICKS:
        x = left + _length(tick)
        parts += [
            f'<line x1="{x:.1f}" y1="{_TOP - 4}" x2="{x:.1f}" y2="{bottom}" stroke="#e2e8f0"/>',
            _text(x, bottom + 14, f"{tick:g}", anchor="middle"),
        ]
    return parts


def _row(comparison: Comparison, product: Product, scenario: Scenario, left: float, top: float) -> list[str]:
    bars, labels = [], []
    for position, (system, colour) in enumerate(_COLOURS.items()):
        results = comparison.results.get((system, product))
        if results is None or not results.rounds[scenario]:
            continue
        middle = median_of(results.rounds[scenario])
        figure = middle.server_ms + middle.database_ms
        y, length = top + 2 + position * (_BAR + 1), _length(figure)
        bars.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{_BAR}" fill="{colour}"/>')
        labels.append(_text(left + length + 3, y + _BAR - 1, f"{figure:.3g}", size=9))
    budget = BUDGETS[scenario]
    most = budget.server + (budget.database if product is Product.POSTGRES else 0)
    # Labels come last: where the budget's mark lies under one, the figure stays readable.
    return [*bars, _mark(left + _length(most), top, 4 * (_BAR + 1) + 3), *labels]


def _length(milliseconds: float) -> float:
    within = min(max(milliseconds, _LEAST), _MOST)
    return _WIDTH * math.log(within / _LEAST) / math.log(_MOST / _LEAST)


def _mark(x: float, y: float, height: float) -> str:
    return f'<line x1="{x:.1f}" y1="{y}" x2="{x:.1f}" y2="{y + height}" stroke="#dc2626" stroke-width="2"/>'


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal", size: int = 11
) -> str:
    halo = 'stroke="white" stroke-width="3" paint-order="stroke"'
    style = f'text-anchor="{anchor}" font-weight="{weight}" font-size="{size}" {halo}'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'
