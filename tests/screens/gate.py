"""The screens of the readiness gate: what mail officers, evaluators and the public see of it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from playwright.sync_api import Page

from tests.screens.camera import Scene
from tests.screens.scenes import at

OFFICER = "prasit.o@moi.example"
EVALUATOR = "krit.p@mof.example"
BOARD = "people/readiness/"
# A full run takes a minute or two, with the demo's other domains before it.
_SECONDS = 240


def agency(below: str = "") -> Callable[[Page], None]:
    """The page of the officer's own agency, measured; or one below it."""

    def walk(page: Page) -> None:
        at(BOARD)(page)
        own = page.locator(".page__acts a.button--primary")
        path = (own.get_attribute("href") or "").partition("?")[0].lstrip("/")
        at(path)(page)
        _wait(page)
        if below:
            at(f"{path}{below}")(page)

    return walk


def inside(selector: str) -> Callable[[Page], None]:
    """A page that the agency's own leads to."""

    def walk(page: Page) -> None:
        agency()(page)
        path = page.locator(selector).first.get_attribute("href") or ""
        at(path.lstrip("/"))(page)

    return walk


def rule(page: Page) -> None:
    """A rule that must pass and does not, with the line to paste."""
    agency()(page)
    page.locator("details.rule:has(.paste__where)").first.evaluate("rule => rule.open = true")
    page.locator("details.rule[open]").first.scroll_into_view_if_needed()


def decision(page: Page) -> None:
    """The agency that waits for a decision, with the evidence that one would cite."""
    at(f"{BOARD}decide/")(page)
    link = "main a.button[href*='/decide/']"
    _wait(page, link)
    at((page.locator(link).first.get_attribute("href") or "").lstrip("/"))(page)
    page.locator("#cited").wait_for()


def _wait(page: Page, sign: str = ".rule") -> None:
    """Until the first run has ended, as a sign shows: the page is looked at again and again."""
    for _second in count():
        if page.locator(sign).count() or _second > _SECONDS:
            return
        page.wait_for_timeout(1_000)
        page.reload()


GATE = (
    Scene("gate-agency", "Readiness", agency(), who=OFFICER, mock="readiness-light-1440"),
    Scene("gate-rule", "A rule's cure", rule, who=OFFICER, mock="readiness-evidence-light-1440"),
    Scene("gate-add", "Adding a domain", agency("add/"), who=OFFICER),
    Scene("gate-domain", "About a domain", inside("a[href*='/domain/']"), who=OFFICER),
    Scene("gate-plan", "A day promised", inside("a[href$='/plan/']"), who=OFFICER),
    Scene("gate-waiver", "A waiver asked for", inside("a[href$='/waiver/']"), who=OFFICER),
    Scene("gate-history", "What happened", agency("history/"), who=OFFICER),
    Scene("gate-report", "Evidence report", agency("report/"), who=OFFICER),
    Scene("gate-statement", "Public statement", agency("statement/"), who=OFFICER),
    Scene("gate-keys", "Keys to the results", agency("keys/"), who=OFFICER),
    Scene("gate-board", "National board", at(BOARD), who=EVALUATOR),
    Scene("gate-desk", "Decisions at the gate", at(f"{BOARD}decide/"), who=EVALUATOR),
    Scene("gate-decision", "An agency to decide on", decision, who=EVALUATOR),
    Scene("gate-central", "Central accounts", at(f"{BOARD}central/"), who=EVALUATOR),
    Scene("gate-leave", "For whom", at(f"{BOARD}central/ask/?q=ก"), who=EVALUATOR),
)
