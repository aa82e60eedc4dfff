"""What the demo's officials get from outside: newsletters, and mail from old computers."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr
from html import escape

from mailbox.demo.special import verdict
from mailbox.demo.threads import TEXTS, blocks
from mailbox.mime.rendition import Address

# People outside government who write to officials, in turn, by the language they write.
STRANGERS = {
    "th": (
        Address("ปวีณา ทวีผล", "paweena@university.example"),
        Address("ธันวา ขจรไกล", "thanwa@municipality.example"),
    ),
    "en": (
        Address("Margit Lindqvist", "m.lindqvist@partner.example"),
        Address("Rohan Mehta", "rohan@audit.example"),
    ),
}
_COLOURS = {"th": ("#1d2d4e", "#f7eed6"), "en": ("#1a6844", "#eaf6ef")}


@dataclass(frozen=True)
class Newsletter:
    """A newsletter: who sends it, and its articles."""

    language: str
    sender: Address
    subject: str
    articles: tuple[str, ...]

    def message(self, number: int, at: datetime) -> bytes:
        """One issue as it came over the wire, in HTML with a picture that is not ours."""
        mail = EmailMessage(policy=SMTP)
        mail["Authentication-Results"] = verdict(self.sender.address.partition("@")[2])
        mail["From"] = formataddr((self.sender.name, self.sender.address))
        mail["To"] = "undisclosed-recipients:;"
        mail["Subject"] = f"{self.subject} ({number})"
        mail["Date"] = at
        domain = self.sender.address.partition("@")[2]
        mail["Message-ID"] = f"<issue-{number}.{self.language}@{domain}>"
        mail.set_content("\n\n".join(self.articles))
        mail.add_alternative(self._html(number), subtype="html")
        return mail.as_bytes()

    def _html(self, number: int) -> str:
        ink, paper = _COLOURS[self.language]
        domain = self.sender.address.partition("@")[2]
        articles = "".join(
            f'<tr><td style="padding:14px 24px;border-bottom:1px solid #dbe1ea">'
            f'<p style="margin:0 0 6px">{escape(one)}</p>'
            f'<a href="https://{domain}/{number}/{index}" style="color:{ink}">'
            f"{'อ่านต่อ' if self.language == 'th' else 'Read on'}</a></td></tr>"
            for index, one in enumerate(self.articles, 1)
        )
        return (
            f'<table width="100%" cellpadding="0" cellspacing="0" style="background-color:{paper}">'
            '<tr><td align="center"><table width="600" cellpadding="0" cellspacing="0" '
            'style="background-color:#ffffff;color:#161e2b">'
            f'<tr><td style="background-color:{ink};color:#ffffff;padding:18px 24px;'
            f'font-size:20px"><b>{escape(self.sender.name)}</b></td></tr>'
            f'<tr><td style="padding:18px 24px 0;font-size:18px"><b>{escape(self.subject)}</b>'
            f'<img src="https://{domain}/logo-{number}.png" width="120" height="40" alt="">'
            "</td></tr>"
            f"{articles}</table></td></tr></table>"
        )


def newsletters() -> Iterator[Newsletter]:
    """Every newsletter of `texts/newsletters.txt`: language, name, domain, subject; articles."""
    for lines in blocks((TEXTS / "newsletters.txt").read_text(encoding="utf-8"), "## "):
        language, name, domain, subject = lines[0].split(" | ")
        articles = tuple(line for line in lines[1:] if line.strip())
        yield Newsletter(language, Address(name, f"news@{domain}"), subject, articles)


def old_letters(at: datetime) -> Iterator[tuple[str, bytes]]:
    """(return path, message) of `texts/old-charsets.txt`: mail as old Thai computers write it."""
    for number, lines in enumerate(
        blocks((TEXTS / "old-charsets.txt").read_text(encoding="utf-8"), "## "), 1
    ):
        charset, encoding, subject = lines[0].split(" | ")
        sender = f"office{number}@oldmail.example"
        text = "\r\n".join(lines[1:]).strip() + "\r\n"
        yield sender, _in_old_charset(sender, charset, encoding, subject, text=text, at=at)


def _in_old_charset(
    sender: str, charset: str, encoding: str, subject: str, *, text: str, at: datetime
) -> bytes:
    """Written by hand: our own builder knows UTF-8 only. The two charsets differ in the quotes."""
    body, title = text.encode("cp874"), subject.encode("cp874")
    if encoding == "base64":
        body = base64.encodebytes(body).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        body = quopri.encodestring(body.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    # The oldest of them do not even encode their headers.
    word = f"=?{charset}?B?{base64.b64encode(title).decode()}?=".encode()
    head = [
        f"From: {sender}".encode(),
        b"To: undisclosed-recipients:;",
        b"Subject: " + (title if encoding == "8bit" else word),
        f"Date: {at:%a, %d %b %Y %H:%M:%S +0000}".encode(),
        f"Message-ID: <{charset}.{encoding}@oldmail.example>".encode(),
        b"MIME-Version: 1.0",
        f"Content-Type: text/plain; charset={charset}".encode(),
        f"Content-Transfer-Encoding: {encoding}".encode(),
    ]
    return b"\r\n".join([*head, b"", body])
