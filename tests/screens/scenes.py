"""The screens and states of `docs/screens.md`, and how a person gets to each."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.screens.camera import Scene

HR = "hathai.j@mot.example"


def stay(page: Page) -> None:
    """Where one begins: the inbox, or the sign-in page."""


def at(path: str) -> Callable[[Page], None]:
    """A page by its address; {box} is the mailbox's own."""

    def walk(page: Page) -> None:
        origin = "/".join(page.url.split("/")[:3])
        where = path.format(box=box(page)) if "{" in path else path
        page.goto(f"{origin}/{where}")

    return walk


def box(page: Page) -> str:
    """mail/<mailbox>, from a link of the rail."""
    link = page.locator("#folders a").first.get_attribute("href") or ""
    return "/".join(link.split("/")[1:3])


def letter(*words: str) -> Callable[[Page], None]:
    """The first conversation of the inbox whose row has one of these words, opened."""

    def walk(page: Page) -> None:
        for word in words:
            row = page.locator("#rows .row", has_text=word).first
            if row.count():
                row.locator(".row__link").click()
                page.locator("#reader .letter").first.wait_for()
                page.wait_for_timeout(400)
                return
        raise AssertionError(f"no row with {words}")

    return walk


def search(words: str) -> Callable[[Page], None]:
    """The results of a search, to its end."""

    def walk(page: Page) -> None:
        at("mail/search/")(page)
        page.locator("main input[name=q]").fill(words)
        page.keyboard.press("Enter")
        page.locator("#progress:not(:has([data-running]))").wait_for()

    return walk


def conversation(page: Page) -> None:
    """The first conversation of several letters."""
    page.locator("#rows .row", has=page.locator(".row__thread")).first.locator(".row__link").click()
    page.locator("#reader .letter").first.wait_for()
    page.wait_for_timeout(400)


def then(*walks: Callable[[Page], None]) -> Callable[[Page], None]:
    """One walk after the other."""

    def walk(page: Page) -> None:
        for one in walks:
            one(page)

    return walk


def press(*keys: str) -> Callable[[Page], None]:
    """Keys, as the list's shortcuts take them."""

    def walk(page: Page) -> None:
        for key in keys:
            page.keyboard.press(key)
            page.wait_for_timeout(250)

    return walk


def click(selector: str) -> Callable[[Page], None]:
    def walk(page: Page) -> None:
        page.locator(selector).first.click()

    return walk


def compose(page: Page) -> None:
    """A new letter."""
    page.locator(".rail__compose, .fab").locator("visible=true").first.click()
    page.locator("[data-rich]:not([hidden])").wait_for()


def fill(subject: str, text: str, to: str) -> Callable[[Page], None]:
    def walk(page: Page) -> None:
        compose(page)
        field = page.locator("input[data-typing], .compose__type").locator("visible=true").first
        field.fill(to)
        field.press("Enter")
        page.locator("#subject").fill(subject)
        page.locator("[data-rich]").fill(text)
        page.wait_for_timeout(1500)

    return walk


DESK = (1440, 1366)
SCENES: tuple[Scene, ...] = (
    Scene("signin", "Sign in", stay, who="", mock="signin-password-light-1440"),
    Scene("inbox", "Inbox", stay, mock="mailbox-light-1440"),
    Scene(
        "inbox-reading",
        "Inbox, a circular open",
        letter("ด่วนที่สุด", "Most urgent"),
        mock="mailbox-light-1440",
    ),
    Scene("inbox-chosen", "Rows chosen", press("x"), widths=DESK),
    Scene("inbox-unread", "Only unread", click(".filter >> nth=1")),
    Scene(
        "conversation",
        "A conversation of several letters",
        conversation,
        mock="conversation-reply-light-1440",
    ),
    Scene(
        "outside",
        "From outside, pictures blocked",
        letter("ข่าวภาพ"),
        mock="conversation-outside-light-1440",
    ),
    Scene("look-alike", "A look-alike sender", letter("โปรดโอน")),
    Scene("links", "Doubtful links", letter("พื้นที่กล่องจดหมาย")),
    Scene("invitation", "An invitation", letter("ขอเชิญประชุมคณะทำงานเชื่อมโยง")),
    Scene("receipt", "A receipt is asked for", letter("Signed copy")),
    Scene("starred", "Starred", at("{box}/starred/")),
    Scene("snoozed", "Snoozed", at("{box}/snoozed/")),
    Scene("trash", "Bin", at("{box}/trash/")),
    Scene("spam-empty", "Empty spam", at("{box}/spam/"), mock="states-light-1440"),
    Scene("drafts", "Drafts", at("{box}/drafts/")),
    Scene("outbox", "Outbox", at("{box}/outbox/")),
    Scene("sent", "Sent", at("{box}/sent/")),
    Scene("compose", "A new letter", compose, mock="compose-light-1440"),
    Scene(
        "compose-written",
        "A letter being written",
        fill("ขอข้อมูลบุคลากร", "เรียน ผู้อำนวยการ\n\nตามเอกสารแนบ\n", "thanwa@municipality.example"),
        mock="compose-light-1440",
    ),
    Scene("search", "Search", at("mail/search/")),
    Scene("search-results", "Results of a search", search("งบประมาณ OR ประชุม")),
    Scene("search-nothing", "Nothing found", search("กระเจียว"), mock="states-light-1440"),
    Scene("search-misread", "A search not understood", search("ก่อน:สักวัน ประชุม")),
    Scene("help", "Shortcuts", press("?"), widths=DESK),
    Scene("preferences", "Preferences", at("account/preferences/")),
    Scene("labels", "Labels", at("{box}/labels/")),
    Scene("folders", "Own folders", at("{box}/folders/")),
    Scene("signatures", "Signatures", at("mail/signatures/")),
    Scene("templates", "Ready-made letters", at("mail/templates/")),
    Scene("contacts", "Contacts", at("mail/contacts/")),
    Scene("filters", "Filters", at("mail/filters/")),
    Scene("vacation", "While away", at("mail/vacation/")),
    Scene("security", "Security and sessions", at("account/security/")),
    Scene("not-found", "Nothing here", at("nothing/here/"), mock="states-light-1440"),
    Scene("admin", "Administration", at("admin/"), who=HR),
)
