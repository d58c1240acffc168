"""Reads QR codes as a phone does: Chromium draws the image on a dark page, and ZXing decodes what is seen."""

import base64

import zxingcpp
from playwright.sync_api import Browser, Locator

_SEE = """\
async source => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const [margin, width, height] = [20, image.naturalWidth + 40, image.naturalHeight + 40];
  const page = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
  page.fillRect(0, 0, width, height);
  page.drawImage(image, margin, margin);
  const red = page.getImageData(0, 0, width, height).data.filter((_, index) => index % 4 === 0);
  let seen = "";
  for (let start = 0; start < red.length; start += 8192) {
    seen += String.fromCharCode(...red.subarray(start, start + 8192));
  }
  return { width, height, seen };
}
"""


def scan(browser: Browser, image: str) -> zxingcpp.Barcode:
    """Return the only QR code that is seen in the image at this URI; its colours may not be inverted."""
    page = browser.new_page()
    drawn = page.evaluate(_SEE, image)
    page.close()
    pixels = memoryview(drawn["seen"].encode("latin-1")).cast("B", (drawn["height"], drawn["width"]))
    [code] = zxingcpp.read_barcodes(
        pixels, formats=zxingcpp.barcode_formats_from_str("QRCode"), try_invert=False
    )
    return code


def scan_screen(shown: Locator) -> str:
    """Return the text of the QR code that an element of a page shows on the screen."""
    browser = shown.page.context.browser
    assert browser
    picture = base64.b64encode(shown.screenshot()).decode()
    return scan(browser, f"data:image/png;base64,{picture}").text
