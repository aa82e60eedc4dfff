"""What the eye waits for, in Chromium against a local server: the inbox, and the next letter.

A mailbox of 10,000 letters, the web process as in production, a computer's screen. The first
paint is the browser's own mark (First Contentful Paint); the next letter counts from the key to
the frame of a letter that has loaded and the paint after it.
"""

from __future__ import annotations

import os
import socket
import statistics
import sys

from playwright.sync_api import Page, sync_playwright

from accounts.models import Account
from bench import engines
from bench.measuring import Figure, at_most
from bench.population import account, fill
from mailbox.models import Mailbox
from tests.browser.portal import await_answer
from tests.cast import give_app, signed_in
from tests.services import FLAGS, needs_chromium

LETTERS, TIMES = 10_000, 30
PAINTED = """() => new Promise((done) => new PerformanceObserver((list) => {
  const paint = list.getEntriesByName("first-contentful-paint")[0];
  if (paint) done([paint.startTime, performance.now()]);
}).observe({type: "paint", buffered: true}))"""
NEXT = """async (code) => {
  const reader = () => document.getElementById("reader");
  const before = reader().dataset.thread;
  const begun = performance.now();
  document.body.dispatchEvent(new KeyboardEvent("keydown", {code, key: "", bubbles: true}));
  while (reader().dataset.thread === before) await new Promise((next) => setTimeout(next, 0));
  // A frame that stood ready has loaded already and says so no more.
  const frame = reader().querySelector("iframe.letter__frame");
  if (!performance.getEntriesByName(frame.src).some((one) => one.responseEnd > 0))
    await new Promise((loaded) => frame.addEventListener("load", loaded, {once: true}));
  await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted, 0)));
  return performance.now() - begun;
}"""


def serve() -> str:
    """Start the web process; return its origin."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ["SERVE_STATIC"] = "yes"
    command = ("-m", "uvicorn", "govmail_portal.asgi:application", "--port", str(port))
    process = engines.spawn(sys.executable, *command, "--log-level", "warning", role="web")
    origin = f"http://127.0.0.1:{port}"
    await_answer(origin, process)
    return origin


def reader_of(letters: int) -> Account:
    """An account with a full mailbox and an authenticator app."""
    person = account("reading")
    fill(Mailbox.objects.get(account=person), letters)
    give_app(person)
    return person


def measure() -> list[Figure]:
    origin = serve()
    client = signed_in(reader_of(LETTERS))
    cookies = [
        {"name": one, "value": held.value, "url": origin} for one, held in client.cookies.items()
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=needs_chromium(), args=FLAGS)
        context = chromium.new_context(viewport={"width": 1366, "height": 768})
        context.add_cookies(cookies)  # type: ignore[arg-type]  # name, value, url
        page = context.new_page()
        paints = [_first_paint(page, origin) for _ in range(TIMES)]
        steps = _steps(page)
        chromium.close()
    return [
        at_most("first paint of the inbox", statistics.median(paints), "ms", 1000),
        at_most("the next letter, from the key to its text", statistics.median(steps), "ms", 100),
        Figure("the slowest of 30 next letters", max(steps), "ms"),
    ]


def _first_paint(page: Page, origin: str) -> float:
    page.goto(f"{origin}/")
    painted: list[float] = page.evaluate(PAINTED)
    return painted[0]


def _steps(page: Page) -> list[float]:
    page.locator("#rows .row__link").first.click()
    page.locator("#reader #subject").wait_for()
    taken: list[float] = []
    # Down and up again: both neighbours stand ready; a reader takes a second for a letter at least.
    for number in range(TIMES):
        page.wait_for_timeout(1000)
        taken.append(page.evaluate(NEXT, "KeyK" if number % 5 == 4 else "KeyJ"))
    return taken
