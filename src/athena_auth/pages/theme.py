"""The colours of a brand: an accent in every shade that the pages need, with enough contrast (WCAG 2.2 AA). Pure."""

_LIGHT_CARD, _DARK_CARD = (255, 255, 255), (30, 34, 41)
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_TEXT_CONTRAST = 4.5
"""WCAG 2.2, success criterion 1.4.3."""
_STEPS = 20

Rgb = tuple[int, int, int]


def theme_css(accent: str) -> str:
    """Return a stylesheet for an accent colour, `#rrggbb`: made darker or lighter until it can be read on each card."""
    light, dark = _readable(_rgb(accent), _LIGHT_CARD, _BLACK), _readable(_rgb(accent), _DARK_CARD, _WHITE)
    return (
        f":root {{ {_variables(light)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(dark)} }} }}\n"
    )


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2, definition of contrast ratio)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _variables(accent: Rgb) -> str:
    on_accent = max((_WHITE, _BLACK), key=lambda text: contrast(text, accent))
    return f"--accent: {_hex(accent)}; --on-accent: {_hex(on_accent)};"


def _readable(colour: Rgb, background: Rgb, towards: Rgb) -> Rgb:
    """Return the first mixture of two colours that can be read on the background."""
    mixtures = (_mixed(colour, towards, step / _STEPS) for step in range(_STEPS + 1))
    return next(each for each in mixtures if contrast(each, background) >= _TEXT_CONTRAST)


def _mixed(one: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _luminance(colour: Rgb) -> float:
    parts = [part / 255 for part in colour]
    # The formula of WCAG 2.2, "relative luminance".
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)  # noqa: PLR2004
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(text: str) -> Rgb:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _hex(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
