"""The reference page: complete, self-contained, and closed to scripts."""

import hashlib
import itertools
import re
import shlex
from base64 import b64encode
from html.parser import HTMLParser

import httpx
import pytest
import pytest_asyncio

from athena_auth.server.reference import reference_page
from support.openapi import Json, operations, resolved
from support.world import World

VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})


class Outline(HTMLParser):
    """What a page holds: its elements in balance, their ids, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self._open.append(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value or "")
            if name in {"src", "href"}:
                self.addresses.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> at {self.getpos()}"

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest_asyncio.fixture
async def client(sqlite_world: World) -> httpx.AsyncClient:
    return await sqlite_world.client()


@pytest_asyncio.fixture
async def document(client: httpx.AsyncClient) -> Json:
    found: Json = (await client.get("/openapi.json")).json()
    return found


@pytest_asyncio.fixture
async def served(client: httpx.AsyncClient) -> httpx.Response:
    answer = await client.get("/reference")
    assert answer.status_code == 200
    return answer


@pytest.fixture
def page(served: httpx.Response) -> Outline:
    return Outline(served.text)


def test_it_is_a_balanced_document_with_one_title_and_unique_ids(page: Outline) -> None:
    assert page.tags.count("h1") == 1
    assert page.tags.count("main") == 1
    assert len(set(page.ids)) == len(page.ids)


def test_headings_never_skip_a_level(page: Outline) -> None:
    levels = [int(tag[1]) for tag in page.tags if re.fullmatch(r"h[1-6]", tag)]

    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_every_endpoint_has_its_place_its_summary_and_its_anchor(page: Outline, document: Json) -> None:
    for path, method, operation in operations(document):
        assert path in page.text
        assert operation["summary"] in page.text
        assert operation["operationId"] in page.ids
        verb = "-X POST " if method == "post" else ""
        end = "?" if any(each["required"] for each in operation.get("parameters", [])) else '"'
        assert f'curl {verb}"$ATHENA_AUTH_BASE_URL{path}{end}' in page.text


def test_every_error_code_is_explained(page: Outline, document: Json) -> None:
    for example in document["components"]["examples"].values():
        assert example["value"]["code"] in page.text
        assert example["value"]["message"] in page.text


def test_every_field_of_every_body_is_listed(page: Outline, document: Json) -> None:
    for schema in document["components"]["schemas"].values():
        if schema["title"].endswith("Body"):
            assert all(name in page.text for name in schema["properties"])


def test_a_curl_example_is_one_command_for_a_shell_with_the_documented_body(
    page: Outline, document: Json
) -> None:
    body = document["paths"]["/two-factor/enable"]["post"]["requestBody"]
    example = body["content"]["application/json"]["example"]
    start = page.text.index('curl -X POST "$ATHENA_AUTH_BASE_URL/two-factor/enable"')
    command = shlex.split(page.text[start : page.text.index("Answer", start)].replace("\\\n", ""))

    assert command == [
        "curl",
        "-X",
        "POST",
        "$ATHENA_AUTH_BASE_URL/two-factor/enable",
        "-H",
        "content-type: application/json",
        "-H",
        "authorization: Bearer $ATHENA_AUTH_TOKEN",
        "-d",
        '{"password": "' + example["password"] + '"}',
    ]


def test_every_link_stays_on_the_page_or_leads_to_the_document(page: Outline) -> None:
    anchors = {address[1:] for address in page.addresses if address.startswith("#")}

    assert anchors <= set(page.ids)
    assert {address for address in page.addresses if not address.startswith("#")} == {"openapi.json"}


def test_there_is_no_script_and_no_style_but_the_one_the_policy_names(page: Outline) -> None:
    assert not {"script", "link", "iframe", "img", "object", "form"} & set(page.tags)
    assert page.tags.count("style") == 1
    assert "style" not in page.attributes
    assert not any(name.startswith("on") for name in page.attributes)


def test_the_policy_admits_the_pages_style_by_its_digest_and_nothing_else(served: httpx.Response) -> None:
    style = re.findall(rb"<style>(.*?)</style>", served.content, re.DOTALL)
    digest = b64encode(hashlib.sha256(style[0]).digest()).decode()

    assert len(style) == 1
    assert served.headers["content-security-policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def test_the_style_fetches_nothing(served: httpx.Response) -> None:
    style = served.text.partition("<style>")[2].partition("</style>")[0]

    assert "url(" not in style
    assert "@import" not in style


def test_markup_in_a_description_stays_text(document: Json) -> None:
    """A summary is ours today; if one ever quotes what somebody typed, it must not become part of the page."""
    attack = "<script>alert(1)</script>`<img src=x onerror=alert(2)>`"
    operation = document["paths"]["/two-factor/enable"]["post"]
    operation["summary"] = operation["description"] = attack
    field = resolved(document, operation["requestBody"]["content"]["application/json"]["schema"])
    field["properties"]["password"]["description"] = attack

    outline = Outline(reference_page(document).html.decode())

    assert not {"script", "img"} & set(outline.tags)
    assert outline.text.count("<script>alert(1)</script>") == 3


async def test_a_query_is_shown_like_a_body(sqlite_world: World) -> None:
    page = (await (await sqlite_world.client()).get("/reference")).text
    entry = page.partition('id="verifyEmail"')[2].partition("</article>")[0]

    assert "<h4>Query</h4>" in entry
    assert "<code>callbackURL</code>" in entry
    assert "/verify-email?token=" in entry
