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


def answered(page: Page) -> None:
    """The compose page of an answer to the first conversation of several letters."""
    conversation(page)
    page.locator(".answers [data-key=reply-all] >> visible=true").first.click()
    page.locator("[data-compose]").wait_for()
    page.wait_for_timeout(800)


def own_letter(page: Page) -> None:
    """The circular among the sent, with what became of it for each recipient."""
    at("{box}/sent/")(page)
    page.locator("#rows .row .row__link").first.click()
    page.locator("#reader .delivery summary").first.click()
    page.wait_for_timeout(600)


def doubtful_link(page: Page) -> None:
    """The page between a doubtful link and where it leads."""
    letter("พื้นที่กล่องจดหมาย")(page)
    frame = page.locator("#reader iframe.letter__frame").first.get_attribute("src") or ""
    page.goto("/".join(page.url.split("/")[:3]) + frame.partition("?")[0] + "link/0/")


def on_paper(page: Page) -> None:
    """A letter as it is printed."""
    letter("ด่วนที่สุด", "Most urgent")(page)
    link = page.locator(".reader__bar a[href*='/print/']").first.get_attribute("href") or ""
    page.goto("/".join(page.url.split("/")[:3]) + link)


def file_looked_at(page: Page) -> None:
    """An enclosure, looked at without leaving the letter."""
    letter("ด่วนที่สุด", "Most urgent")(page)
    page.locator("#reader .file a").first.click()
    page.wait_for_timeout(900)


def without_network(page: Page) -> None:
    """The inbox when the portal cannot be reached."""
    page.context.set_offline(True)
    page.locator("#rows .row .row__link").nth(2).click()
    page.wait_for_timeout(700)


def menu(key: str) -> Callable[[Page], None]:
    """A menu of the reader, by its key."""
    return then(letter("ด่วนที่สุด", "Most urgent"), click(f"#reader [data-key={key}] >> visible=true"))


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
    Scene("inbox-chosen", "Rows chosen", press("*", "u"), widths=DESK),
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
    Scene(
        "own-letter",
        "What became of an own letter",
        own_letter,
        mock="conversation-delivery-light-1440",
    ),
    Scene("link", "Before a doubtful link", doubtful_link),
    Scene("paper", "A letter on paper", on_paper, mock="print-light-a4"),
    Scene("file", "An enclosure looked at", file_looked_at),
    Scene("menu-snooze", "Snooze", menu("snooze")),
    Scene("menu-label", "Labels of a letter", menu("label")),
    Scene("menu-move", "Move to", menu("move")),
    Scene("undo", "Archived, with a way back", then(press("j"), press("e")), widths=DESK),
    Scene("offline", "No connection", without_network, mock="states-light-1440"),
    Scene("all-mail", "All mail", at("{box}/all/")),
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
    Scene("compose-answer", "An answer to all", answered, mock="compose-light-1440"),
    Scene(
        "compose-now",
        "Asked before sending",
        then(
            fill("ขอข้อมูลบุคลากร", "เรียน ผู้อำนวยการ\n\nตามเอกสารแนบ\n", "thanwa@municipality.example"),
            click("[data-send]"),
        ),
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
    Scene("contact", "A new contact", at("mail/contacts/new/")),
    Scene("filter", "A new filter", at("mail/filters/new/")),
    Scene("senders", "Senders", at("mail/senders/")),
    Scene("filters", "Filters", at("mail/filters/")),
    Scene("vacation", "While away", at("mail/vacation/")),
    Scene("security", "Security and sessions", at("account/security/")),
    Scene("not-found", "Nothing here", at("nothing/here/"), mock="states-light-1440"),
    Scene("admin", "Administration", at("admin/"), who=HR),
)
