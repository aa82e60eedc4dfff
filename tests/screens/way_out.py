"""The screens of the way out: what a sender sees of each fate, and the pages of mail officers."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.screens.camera import Scene
from tests.screens.scenes import at

OPERATOR = "apichat.n@mdes.example"


def fate(subject: str) -> Callable[[Page], None]:
    """A letter's way, from the outbox, with every try."""

    def walk(page: Page) -> None:
        at("{box}/outbox/")(page)
        page.locator(".pile__item", has_text=subject).first.locator("a").first.click()
        page.locator("#deliveries").wait_for()
        for tries in page.locator("[data-tries] summary").all():
            tries.click()

    return walk


def one_letter(page: Page) -> None:
    """A letter of the queue by itself: the one with most recipients."""
    at("people/mail/")(page)
    row = page.locator("tr", has=page.locator("a[href*='/people/mail/']")).nth(1)
    row.locator("a[href*='/people/mail/']").click()
    page.locator(".parcels").wait_for()


def scrolled(address: str, inside: str) -> Callable[[Page], None]:
    """A page, as far down as this is in sight."""

    def walk(page: Page) -> None:
        at(address)(page)
        page.locator(inside).last.scroll_into_view_if_needed()

    return walk


def tested(page: Page) -> None:
    """The steps of a gateway's test, once a worker has been there."""
    at("people/mail/gateways/")(page)
    page.locator("form[action$='/test/'] button").first.click()
    page.locator("#steps .steps").wait_for(timeout=60_000)


WAY_OUT = (
    Scene(
        "outbox-several",
        "A letter to several",
        fate("ครั้งที่ 3"),
        mock="conversation-delivery-light-1440",
    ),
    Scene("outbox-unknown", "Not certain", fate("Terms of reference")),
    Scene("outbox-returned", "Came back", fate("วิทยากร")),
    Scene("outbox-expired", "Given up after days", fate("แบบสำรวจ")),
    Scene("outbox-scheduled", "Waits for its moment", fate("เชิญชวน")),
    Scene("outbox-called-back", "Called back", at("{box}/outbox/?show=cancelled")),
    Scene("mail-queue", "Mail under way", at("people/mail/"), who=OPERATOR),
    Scene("mail-held", "Held arrivals", scrolled("people/mail/", "form button"), who=OPERATOR),
    Scene("mail-letter", "One letter under way", one_letter, who=OPERATOR),
    Scene("gateways", "Gateways", at("people/mail/gateways/"), who=OPERATOR),
    Scene("gateway-test", "Test of a gateway", tested, who=OPERATOR),
    Scene("domains", "Domains and keys", at("people/mail/domains/"), who=OPERATOR),
    Scene(
        "domains-waiting", "A key that waits", at("people/mail/domains/?q=chiangmai"), who=OPERATOR
    ),
)
