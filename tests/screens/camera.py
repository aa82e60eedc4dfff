"""The camera: Chromium at three sizes, in two themes and two languages, before a running portal."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from playwright.sync_api import BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from govmail_portal.running import Portal
from tests.services import FLAGS, needs_chromium
from tests.smoke.people import Login, Person

ROOT = Path(__file__).resolve().parents[2]
SIZES = ((1440, 900), (1366, 768), (390, 844))
THEMES = ("light", "dark")
LANGUAGES = ("th", "en")
WAIT = 10_000  # milliseconds


@dataclass(frozen=True)
class Scene:
    """A screen or a state of one. who: a demo login, empty for nobody.

    walk: leads a page from the inbox (from the sign-in page for nobody) to the screen.
    mock: a picture of design/shots without its ending, where there is one.
    """

    name: str
    title: str
    walk: Callable[[Page], None]
    who: str = "wiphada.c@soc.example"
    mock: str = ""
    widths: tuple[int, ...] = (1440, 1366, 390)


class Camera:
    """Takes pictures into a folder: NAME-LANGUAGE-THEME-WIDTH.png.

    only: manners such as "th-light-390"; empty for all twelve.
    """

    def __init__(self, portal: Portal, folder: Path, *, only: Collection[str] = ()) -> None:
        self.portal, self.folder, self.only = portal, folder, only
        self.origin = portal.address.rstrip("/")
        self._cookies: dict[str, list[dict[str, str]]] = {"": []}
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Camera:
        self._playwright = sync_playwright().start()
        self._chromium = self._playwright.chromium.launch(
            executable_path=needs_chromium(), args=FLAGS
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._chromium.close()
        self._playwright.stop()

    def take(self, scene: Scene) -> bool:
        """All pictures of a scene; False where the walk to it failed (its last sight is kept)."""
        reached = True
        for width, height in SIZES:
            for language, theme in self._manners(width):
                if width not in scene.widths:
                    continue
                context = self._context(scene.who, (width, height), theme)
                try:
                    self._dress(context, scene.who, language, theme)
                    reached &= self._shoot(context, scene, f"{language}-{theme}-{width}")
                finally:
                    context.close()
        return reached

    def _manners(self, width: int) -> Iterator[tuple[str, str]]:
        for language in LANGUAGES:
            for theme in THEMES:
                if not self.only or f"{language}-{theme}-{width}" in self.only:
                    yield language, theme

    def _context(self, who: str, size: tuple[int, int], theme: str) -> BrowserContext:
        width, height = size
        context = self._chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            has_touch=width < 768,
        )
        context.set_default_timeout(WAIT)
        context.add_cookies([{**one, "url": self.origin} for one in self._signed_in(who)])  # type: ignore[typeddict-item]  # name, value, url
        return context

    def _dress(self, context: BrowserContext, who: str, language: str, theme: str) -> None:
        """Choose language and theme through the portal's own forms."""
        context.request.get(f"{self.origin}/")
        token = next(c["value"] for c in context.cookies() if "csrf" in c.get("name", ""))
        for path, name, value in (("language", "language", language), ("theme", "theme", theme)):
            form = {"csrfmiddlewaretoken": token, name: value, "next": "/robots.txt"}
            context.request.post(
                f"{self.origin}/account/{path}/",
                form=form,
                headers={"Referer": f"{self.origin}/"},
                max_redirects=0,
            )

    def _shoot(self, context: BrowserContext, scene: Scene, manner: str) -> bool:
        page = context.new_page()
        page.goto(f"{self.origin}/")
        try:
            scene.walk(page)
            page.wait_for_timeout(350)
            reached = True
        except (PlaywrightError, AssertionError) as error:
            sys.stderr.write(f"{scene.name} {manner}: {str(error).splitlines()[0]}\n")
            reached = False
        page.screenshot(path=self.folder / f"{scene.name}-{manner}.png")
        return reached

    def _signed_in(self, who: str) -> list[dict[str, str]]:
        """Cookies of a signed-in demo person; signs in once, as people do."""
        if who not in self._cookies:
            login, code = self._login(who)
            person = Person(self.portal.address, login)
            person.sign_in(code)
            self._cookies[who] = [
                {"name": one.name, "value": one.value or ""} for one in person.browser.cookies
            ]
        return self._cookies[who]

    def _login(self, who: str) -> tuple[Login, str]:
        told = subprocess.run(
            [sys.executable, "manage.py", "demo_logins", "--json"],
            cwd=ROOT,
            env=self.portal.environment,
            capture_output=True,
            check=True,
        )
        for one in json.loads(told.stdout)["logins"]:
            if one["address"] == who:
                login = Login(one["address"], one["name"], one["agency"], one["password"])
                return login, one["code"]
        raise LookupError(who)
