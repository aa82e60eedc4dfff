"""A desk: Chromium with somebody signed in, on the portal that the test serves.

Whatever the test wants in the database is put there before the desk opens: the
browser's loop runs in this thread, where Django then refuses to work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Page, Route, sync_playwright

from accounts.models import Account
from tests.cast import signed_in
from tests.services import FLAGS, needs_chromium

WAIT = 15_000  # milliseconds
# Chromium shows a PDF with a page of its own. It and its parts come out of the browser
# itself: no site can serve an address of these two, and nothing of them goes over a wire.
PDF_VIEWER = ("chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/", "chrome://resources/")


@dataclass
class Desk:
    """A browser window of one person. strange: requests that left the portal, and dialogs."""

    context: BrowserContext
    origin: str
    cookies: list[Any]
    strange: list[str] = field(default_factory=list)

    def open(self, address: str) -> Page:
        """Open a page of the portal in a tab of its own."""
        page = self.context.new_page()
        page.set_default_timeout(WAIT)
        page.on("dialog", lambda dialog: (self.strange.append("dialog"), dialog.dismiss()))
        page.on("pageerror", lambda error: self.strange.append(str(error)))
        page.goto(self.origin + address)
        return page

    def forget(self) -> None:
        """The session ends."""
        self.context.clear_cookies()

    def remember(self) -> None:
        """Signed in again, in another window."""
        self.context.add_cookies(self.cookies)

    def _route(self, route: Route) -> None:
        url = route.request.url
        if url.startswith(("data:", "blob:", *PDF_VIEWER)):
            route.continue_()
        elif not url.startswith(f"{self.origin}/"):
            self.strange.append(url)
            route.abort()
        else:  # /live/
            # The test's server has no event loop; an open stream would hold its thread.
            route.abort()


@contextmanager
def desk_of(account: Account, origin: str, *, scripts: bool = True) -> Iterator[Desk]:
    """Sit down at a desk as an account; scripts: whether the browser runs any."""
    path = needs_chromium()
    client = signed_in(account)
    cookies = [
        {"name": name, "value": morsel.value, "url": origin}
        for name, morsel in client.cookies.items()
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        context = chromium.new_context(
            viewport={"width": 1366, "height": 768}, java_script_enabled=scripts
        )
        desk = Desk(context, origin, cookies)
        desk.remember()
        # What goes to the portal does not come by here: there are a dozen requests to a page.
        ours = f"^{re.escape(origin)}/(?!(?:.*/)?live/$)"
        context.route(re.compile(f"^(?!{ours})"), desk._route)
        try:
            yield desk
        finally:
            context.close()
            chromium.close()
