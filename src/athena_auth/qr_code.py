"""QR codes as SVG, for authenticator apps to scan. Pure, and slow: a code takes about 30 ms of computation.

They are black on white in dark mode too, as scanners expect, with a quiet zone of four modules (ISO/IEC 18004).
"""

import segno

_PIXELS_PER_MODULE = 5
"""A usual `otpauth` URI makes a code of 57 modules with its quiet zone: 285 pixels, readable from a screen."""


def inline_svg(text: str) -> str:
    """Return an `<svg>` element for an HTML page, which gives it its size.

    It has no style, class or script, so that a strict Content-Security-Policy allows it.

    Raises:
        segno.DataOverflowError: the text has more than 2,953 bytes.
    """
    return _encode(text).svg_inline(dark="#000", light="#fff", svgclass=None, lineclass=None, omitsize=True)


def data_uri(text: str) -> str:
    """Return a `data:image/svg+xml` URI, for the `src` of an `<img>`. Raises as `inline_svg` does."""
    return _encode(
        text
    ).svg_data_uri(
        scale=_PIXELS_PER_MODULE,
        unit="px",  # segno adds a `viewBox` only to sizes with a unit; without one the image could not be resized
        dark="#000",
        light="#fff",
        svgclass=None,
        lineclass=None,
    )


def _encode(text: str) -> segno.QRCode:
    """Encode at error correction level M; a very long issuer and address fit only at level L."""
    try:
        return segno.make_qr(text, error="m")
    except segno.DataOverflowError:
        return segno.make_qr(text, error="l")
