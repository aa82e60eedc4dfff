"""Sanitised mail in a real browser with no Content-Security-Policy to help it."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, Route, sync_playwright

from mailbox.mime.plaintext import html_to_text
from mailbox.mime.sanitise import sanitise
from mailbox.mime.styles import words_of
from tests.mailbox.mime.hostile_html import FRAGMENTS
from tests.mailbox.mime.test_sanitise import PIECES
from tests.services import FLAGS, needs_chromium, needs_shared

pytestmark = [pytest.mark.browser, pytest.mark.shared]
ORIGIN = "http://portal.test/mail/message/1/body/"

# Every function a script would call to show that it ran.
CANARY = """
window.ran = [];
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open', 'fetch', 'xss'])
  window[name] = (...a) => { window.ran.push(name); };
addEventListener('error', () => {});
"""
POKE = """
async () => {
  const events = ['mouseover', 'mousedown', 'mouseup', 'click', 'focus', 'focusin', 'blur', 'copy',
    'paste', 'input', 'change', 'keydown', 'keypress', 'toggle', 'submit', 'error', 'load',
    'animationstart', 'transitionend', 'pointerover', 'wheel', 'scroll', 'drag', 'dblclick'];
  addEventListener('click', event => event.preventDefault(), true);
  const poke = () => {
    for (const element of document.body.querySelectorAll('*'))
      for (const name of events)
        element.dispatchEvent(new Event(name, {bubbles: true, cancelable: true}));
  };
  const pause = () => new Promise(done => setTimeout(done, 8));
  const before = document.body.innerHTML;
  poke(); await pause();
  document.body.innerHTML = document.body.innerHTML;
  const after = document.body.innerHTML;
  poke(); await pause();
  const found = [];
  for (const element of document.body.querySelectorAll('*')) {
    const style = getComputedStyle(element);
    const attributes = {};
    for (const one of element.attributes) attributes[one.name] = one.value;
    found.push({tag: element.tagName.toLowerCase(), space: element.namespaceURI, attributes,
      position: style.position, background: style.backgroundImage,
      href: element.href || null});
  }
  return {ran: window.ran, before, after, found, text: document.body.innerText,
    others: document.documentElement.children.length};
}
"""
ROUND_TRIP = """
all => all.map(markup => {
  document.body.innerHTML = markup;
  document.body.innerHTML = document.body.innerHTML;
  return document.body.innerHTML;
})
"""
STRANGE = [
    *("<title>", "<textarea>", "<noscript>", "<xmp>", "<plaintext>", "<template>", "<frameset>"),
    *("<body>", "<html>", "<head>", "<ruby><rt>", "<dd>", "<dt>", "<h2>", "<tbody>", "<th>", "<q>"),
    *("<mglyph>", "<mtext>", "<annotation-xml encoding=text/html>", "<foreignObject>", "<desc>"),
    *("</br>", "<img src=x onerror=alert(1)>", "<a href=https://y.example title='</p><b>'>"),
    *("<![CDATA[", "]]>", "-->", "<!--", "<dialog>", "<details>", "<main>", "<search>", "<option>"),
]
ACTIVE = words_of(
    """script iframe frame object embed applet form input button select textarea meta base link
    style svg math template noscript video audio source track canvas portal dialog image"""
)


def _vectors(kind: str) -> list[dict[str, str]]:
    path = needs_shared("corpus/html/vectors.json")
    loaded: list[dict[str, str]] = json.loads(path.read_text("utf-8"))[kind]
    return loaded


class Browser:
    """A page on which fragments are shown, and the requests it made besides."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self._document = ""
        page.on("dialog", self._refuse)
        page.add_init_script(CANARY)
        page.context.route("**/*", self._answer)

    def _refuse(self, dialog: Dialog) -> None:
        self.requests.append("dialog")
        dialog.dismiss()

    def _answer(self, route: Route) -> None:
        if route.request.url == ORIGIN:
            route.fulfill(body=self._document, content_type="text/html; charset=utf-8")
        else:
            self.requests.append(route.request.url)
            route.abort()

    def show(self, markup: str) -> dict[str, Any]:
        self._document = f"<!DOCTYPE html><html><head></head><body>{markup}</body></html>"
        self.requests.clear()
        self.page.goto(ORIGIN)
        result: dict[str, Any] = self.page.evaluate(POKE)
        return result


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = needs_chromium()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield Browser(chromium.new_page())
        chromium.close()


def _assert_inert(browser: Browser, markup: str) -> dict[str, Any]:
    shown = browser.show(markup)
    assert shown["ran"] == []
    assert browser.requests == []
    assert shown["before"] == shown["after"]
    for element in shown["found"]:
        _assert_harmless(element)
    return shown


def _assert_harmless(element: dict[str, Any]) -> None:
    attributes = element["attributes"]
    assert element["tag"] not in ACTIVE
    assert element["space"] == "http://www.w3.org/1999/xhtml"
    assert element["position"] == "static"
    assert element["background"] == "none"
    assert not {"id", "name", "class", "srcset", "background", "srcdoc"} & set(attributes)
    assert not any(name.startswith(("on", "data-", "hx-", "x-", "@")) for name in attributes)
    if "href" in attributes:
        assert re.match(r"(?:https?|mailto|tel):", element["href"])
        assert attributes["rel"] == "noopener noreferrer"
    if "src" in attributes:
        assert re.match(r"data:image/(?:png|jpe?g|gif|webp);base64,", attributes["src"])


def test_the_canary_sings_when_hostile_html_is_not_cleaned(browser: Browser) -> None:
    loud = browser.show("<img src=http://else.example/x.png onerror=alert(1)>")
    assert loud["ran"]
    assert set(browser.requests) == {"http://else.example/x.png"}


def test_no_hostile_fragment_acts_or_asks_another_machine(browser: Browser) -> None:
    for vector in _vectors("vectors"):
        safe, _ = sanitise(vector["html"])
        _assert_inert(browser, safe.for_frame())


def test_cleaning_twice_changes_nothing() -> None:
    for vector in [*_vectors("vectors"), *_vectors("benign")]:
        once = sanitise(vector["html"])[0]
        assert sanitise(once.for_frame())[0] == once, vector["id"]


def test_honest_mail_keeps_its_words_and_links(browser: Browser) -> None:
    for vector in _vectors("benign"):
        words = browser.show(_visible(vector["html"]))["text"].split()
        links = re.findall(r"""href=["']?(https?:[^"'\s>]+)""", vector["html"])
        shown = _assert_inert(browser, sanitise(vector["html"])[0].for_frame())
        kept = set(shown["text"].split())
        assert sum(word in kept for word in words) >= 0.97 * len(words), vector["id"]
        hrefs = [element["attributes"].get("href") for element in shown["found"]]
        assert sum(link.replace("&amp;", "&") in hrefs for link in links) >= 0.97 * len(links)
        assert "{" not in shown["text"] or "{" in html_to_text(_visible(vector["html"]))


def test_chromium_reads_back_exactly_what_was_written(browser: Browser) -> None:
    chance = random.Random(7)  # noqa: S311  # a fixed seed, not a secret
    pieces = [*sorted(PIECES), *STRANGE]
    soups = ["".join(chance.choices(pieces, k=chance.randint(3, 18))) for _ in range(400)]
    soups += [soup + hostile for soup, hostile in zip(soups, FRAGMENTS, strict=False)]
    cleaned = [sanitise(soup)[0].for_frame() for soup in soups]
    browser.show("")
    read = browser.page.evaluate(ROUND_TRIP, cleaned)
    assert read == [markup.replace("\u00a0", "&nbsp;") for markup in cleaned]
    assert browser.requests == []


def _visible(html: str) -> str:
    return re.sub(r"(?is)<(script|style|title)\b.*?</\1\s*>", "", html)


def test_our_own_hostile_fragments_are_inert(browser: Browser) -> None:
    for hostile in FRAGMENTS:
        safe, _ = sanitise(hostile)
        assert sanitise(safe.for_frame())[0] == safe
        _assert_inert(browser, safe.for_frame())
