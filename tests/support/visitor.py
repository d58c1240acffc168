"""A person at the pages, with a browser without JavaScript: it opens links and sends the forms that it is shown."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

import httpx

_FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class Form:
    """A form as a browser sees it."""

    action: str
    fields: dict[str, str]
    labels: list[str] = field(default_factory=list)
    options: str = ""
    """The options for a passkey, which the script of a real browser reads."""
    options_url: str = ""
    """Where the script gets them when they are needed."""
    is_for_passkey: bool = False


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.alerts: list[str] = []
        self.links: dict[str, str] = {}
        self.background: dict[str, str] = {}
        self._text = ""
        self._href = ""
        self._alert_depth = 0
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in {"input", "link", "meta", "img", "br"}:
            self._depth += 1
        if tag == "form":
            options, url = given.get("data-options", ""), given.get("data-options-url", "")
            is_for_passkey = "data-passkey" in given
            self.forms.append(
                Form(given["action"], {}, options=options, options_url=url, is_for_passkey=is_for_passkey)
            )
        if "data-passkey-background" in given:
            self.background = given
        if tag == "input" and self.forms and (given["type"] != "checkbox" or "checked" in given):
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        if given.get("role") in {"alert", "status"} and "hidden" not in given:
            self.alerts.append("")
            self._alert_depth = self._depth
        if tag in {"a", "button"}:
            self._text, self._href = "", given.get("href", "")

    def handle_data(self, data: str) -> None:
        self._text += data
        if self._alert_depth:
            self.alerts[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if self._alert_depth == self._depth:
            self._alert_depth = 0
        self._depth -= 1
        if tag == "a":
            self.links[" ".join(self._text.split())] = self._href
        if tag == "button" and self.forms:
            self.forms[-1].labels.append(" ".join(self._text.split()))


@dataclass
class Visitor:
    """A browser, and the page it shows."""

    client: httpx.AsyncClient
    page: httpx.Response | None = None

    async def open(self, url: str) -> httpx.Response:
        """Open a URL, and follow its redirects."""
        return await self._show(await self.client.get(url, follow_redirects=True))

    async def follow(self, text: str) -> httpx.Response:
        """Follow the link with this text."""
        return await self.open(urljoin(self.url, self._read.links[text]))

    async def send(self, button: str, **fields: str | None) -> httpx.Response:
        """Fill the form of this button and send it; None unticks a box. Redirects are followed."""
        form = self.form(button)
        filled = {name: value for name, value in {**form.fields, **fields}.items() if value is not None}
        url = urljoin(self.url, form.action)
        return await self._show(
            await self.client.post(url, content=urlencode(filled), headers=_FORM, follow_redirects=True)
        )

    async def send_again(self, form: Form, **fields: str) -> httpx.Response:
        """Send a form of an earlier page, as after the back button. Redirects are followed."""
        content = urlencode({**form.fields, **fields})
        url = urljoin(self.url, form.action)
        return await self._show(
            await self.client.post(url, content=content, headers=_FORM, follow_redirects=True)
        )

    def link(self, text: str) -> str:
        """Return where the link with this text leads."""
        return self._read.links[text]

    def form(self, button: str) -> Form:
        """Return the form of this button."""
        return next(form for form in self._read.forms if button in form.labels)

    @property
    def passkey_form(self) -> Form:
        """The form that a passkey fills in; the script of a real browser adds its button."""
        return next(form for form in self._read.forms if form.is_for_passkey)

    @property
    def background(self) -> dict[str, str]:
        """What the page has for the script to do with passkeys in the background, without the user."""
        return self._read.background

    @property
    def codes(self) -> list[str]:
        """The backup codes that the page shows."""
        return re.findall(r"<li><code>([a-z0-9-]+)</code></li>", self.text)

    @property
    def url(self) -> str:
        """The URL in the address bar."""
        assert self.page is not None
        return str(self.page.url)

    @property
    def path(self) -> str:
        """The path in the address bar."""
        assert self.page is not None
        return self.page.url.path

    @property
    def said(self) -> str:
        """What the page says has happened."""
        return " ".join(" ".join(self._read.alerts).split())

    @property
    def text(self) -> str:
        """The document."""
        assert self.page is not None
        return self.page.text

    @property
    def fields(self) -> dict[str, str]:
        """The fields of the first form of the page's own, with their values."""
        return next(form.fields for form in self._read.forms if not form.action.endswith("/sign-out"))

    @property
    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.text)
        return reader

    async def _show(self, page: httpx.Response) -> httpx.Response:
        self.page = page
        return page
