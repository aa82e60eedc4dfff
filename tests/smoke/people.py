"""People at their browsers: what each can do with the portal's pages, and nothing else."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from tests.smoke.browser import Browser, File, Page


@dataclass(frozen=True)
class Login:
    """A demo login: address, name, agency's letter code, password and a source of codes."""

    address: str
    name: str
    agency: str
    password: str


@dataclass
class Letter:
    """What a person fills in on the compose page."""

    to: list[str]
    subject: str
    text: str
    cc: list[str] = field(default_factory=list)
    bcc: list[str] = field(default_factory=list)
    urgency: str = "0"
    files: list[File] = field(default_factory=list)


class Person:
    """Somebody with a login, signed in by password and code."""

    def __init__(self, origin: str, login: Login) -> None:
        self.login = login
        self.browser = Browser(origin)

    def sign_in(self, code: str) -> None:
        """Pass both factors through the real forms; the inbox must come after them."""
        page = self.browser.get("/")
        page = self.browser.submit(
            page, "login", {"login": self.login.address, "password": self.login.password}
        )
        if "/mail/" in page.url:
            raise AssertionError("A password alone opened the mailbox.")
        if "second-factor" not in page.url:
            raise AssertionError(f"The password led to {page.url} with {page.status}.")
        if "/account/" not in self.browser.get("/").url:
            raise AssertionError("A page was reached before the second factor.")
        page = self.browser.submit(page, "second-factor", {"code": code})
        if page.status != 200 or "/account/" in page.url:
            raise AssertionError(f"Signing in ended at {page.url} with {page.status}.")

    def inbox(self) -> Page:
        return self.browser.get("/")

    def send(self, letter: Letter, *, start: dict[str, str] | None = None) -> str:
        """Write and send a letter; return the address of its submission's page."""
        page = self.browser.post("/mail/compose/", [*(start or {"mode": "new"}).items()])
        draft = page.url
        for file in letter.files:
            answer = self.browser.post(f"{draft}files/", [], [("file", file)])
            if answer.status >= 400:
                raise AssertionError(f"Attaching failed with {answer.status}: {answer.text[:200]}")
        page = self.browser.get(draft)
        changes = {"subject": letter.subject, "text": letter.text, "urgency": letter.urgency}
        for name, addresses in (("to", letter.to), ("cc", letter.cc), ("bcc", letter.bcc)):
            if addresses:
                changes[name] = ", ".join(addresses)
        page = self.browser.submit(page, "/send/", changes)
        if page.status != 200 or "/outbox/" not in page.url:
            raise AssertionError(
                f"Sending ended at {page.url} with {page.status}: {page.text[:500]}"
            )
        return page.url

    def find_thread(self, subject: str, folder: str = "inbox") -> str | None:
        """Return the address of the conversation with this subject in a folder, or None."""
        page = self.inbox() if folder == "inbox" else self._folder(folder)
        for link in re.finditer(r'<a[^>]*href="(/mail/[^"]+/t/[^"]+)"(.*?)</a>', page.text, re.S):
            if subject in link.group(2):
                return link.group(1)
        return None

    def _folder(self, folder: str) -> Page:
        links = re.findall(rf'href="(/mail/[0-9a-f-]+/{folder}/)"', self.inbox().text)
        return self.browser.get(links[0])

    def messages(self, thread: str) -> list[str]:
        """Return the ids of the messages that a conversation's page shows, in their order."""
        text = self.browser.get(thread).text
        return list(dict.fromkeys(re.findall(r"/mail/message/([0-9a-f-]{36})/", text)))

    def read(self, message: str) -> str:
        """Return the frame's document of one message."""
        page = self.browser.get(f"/mail/message/{message}/body/")
        if page.status != 200:
            raise AssertionError(f"A message's frame answered {page.status}.")
        return page.text

    def attachments(self, message: str, count: int) -> list[str]:
        """Download the first attachments of a message; return their SHA-256 as hexadecimal."""
        digests = []
        for index in range(count):
            page = self.browser.get(f"/mail/message/{message}/attachment/{index}/")
            if page.status != 200 or "attachment" not in page.headers["content-disposition"]:
                raise AssertionError(f"Attachment {index} answered {page.status}.")
            digests.append(hashlib.sha256(page.body).hexdigest())
        return digests
