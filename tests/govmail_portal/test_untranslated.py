"""Every page says everything in its reader's language: no English left in Thai, no Thai in English.

The pages are those of the URLconf, with the samples of promise P6. What people wrote
themselves, names, addresses and the few words that stay Latin in Thai are let through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account
from tests.cast import Cast, signed_in
from tests.promises.test_p6_what_you_may_not_see_does_not_exist import (
    Address,
    addresses,
    aminas,
)

pytestmark = pytest.mark.django_db
__all__ = ["aminas"]  # a fixture

# Answers that are a letter's own text, or the same in both languages.
NOT_OURS = {"mailbox:body", "mailbox:body-with-pictures", "mailbox:preview", "offline"}
ATTRIBUTES = ("title", "aria-label", "placeholder", "alt", "aria-description")
SILENT = {"script", "style", "kbd", "code", "samp", "textarea"}
EMPTY = {"br", "hr", "img", "input", "link", "meta", "meter", "use", "path", "circle", "rect"}
LATIN, THAI = re.compile(r"[A-Za-z]{2,}"), re.compile(r"[\u0e01-\u0e3a\u0e3f-\u0e4e]{2,}")
# Words that stay as they are in Thai pages.
KEPT = re.compile(
    r"GovMail(?: Portal)?"
    r"|\b(?:SPF|DKIM|DMARC|ARC|TLS|SMTP|PDF|ZIP|EML|ICS|vCard|VCF|CSV|HTML|HTTPS?|URL|IP"
    r"|\d*[KMG]B|GIF|PNG|JPE?G|Outlook|Gmail|Bcc|Cc|Ctrl|Shift|Enter|Esc|EN|LINE|OK|QR|UTF|cid|Message-ID|Return-Path)\b"
    r"|(?:from|to|subject|has|is|before|after|on|in|label|larger|smaller|filename|older_than"
    r"|newer_than):\S*|\S+@\S+|https?:\S+|\S+\.(?:example|test|pdf|gif|png|bin|docx?|xlsx?|zip|eml|ics)\b",
    re.IGNORECASE,
)
# What the cast and the samples wrote themselves.
THEIRS = re.compile(
    r"Meeting on Monday|Piya Wattana|Please come\.?|Amina Saengthong|Bruno Wongsakul"
    r"|งบประมาณ|ของดารา|คค|มท"
    r"|Mozilla|Chrome|Firefox|Safari|Linux|Windows"
)


class Texts(HTMLParser):
    """The texts of a page in the page's own language; parts in another language are left out."""

    def __init__(self, language: str) -> None:
        super().__init__(convert_charrefs=True)
        self.language = language
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        other = given.get("lang", self.language) != self.language
        silent = other or tag in SILENT or self._is_silent()
        if not silent:
            self.found += [value for name in ATTRIBUTES if (value := given.get(name))]
        if tag not in EMPTY:
            self._open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            if self._open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._is_silent():
            self.found.append(data.strip())

    def _is_silent(self) -> bool:
        return bool(self._open) and self._open[-1][1]


def foreign(page: str, language: str) -> list[str]:
    """The texts of a page that hold words of the other language."""
    reader = Texts(language)
    reader.feed(page)
    wrong = LATIN if language == "th" else THAI
    return [text for text in reader.found if wrong.search(THEIRS.sub("", KEPT.sub("", text)))]


def pages(client: Client, samples: dict[str, Any]) -> Iterator[tuple[Address, str]]:
    for address in addresses():
        if address.name.startswith("admin:") or address.name in NOT_OURS:
            continue
        if any(one not in samples for one in address.arguments):
            continue
        answer = client.get(address.filled(samples))
        kind = answer.headers.get("Content-Type", "")
        if answer.status_code == 200 and kind.startswith("text/html") and not answer.streaming:
            yield address, answer.content.decode()


@pytest.mark.parametrize("language", ["th", "en"])
def test_every_page_is_wholly_in_its_readers_language(
    cast: Cast, aminas: dict[str, Any], language: str
) -> None:
    Account.objects.filter(pk=cast.amina.pk).update(language=language)
    seen = list(pages(signed_in(cast.amina), aminas))
    left = {f"{one.name}: {text}" for one, page in seen for text in foreign(page, language)}

    assert len(seen) >= 15
    assert sorted(left) == []


def test_the_doors_are_wholly_in_thai() -> None:
    page = Client().get("/account/login/").content.decode()

    assert foreign(page, "th") == []


@pytest.mark.parametrize(
    ("page", "language", "found"),
    [
        ("<p title='Archive'>เก็บ</p>", "th", ["Archive"]),
        ("<p>ส่งถึง <b>Reply all</b></p>", "th", ["Reply all"]),
        ("<p>SPF DKIM a@b.example <span lang='en'>Try again</span></p>", "th", []),
        ("<button aria-label='เก็บ'>Archive</button>", "en", ["เก็บ"]),
    ],
)
def test_what_is_left_untranslated_is_seen(page: str, language: str, found: list[str]) -> None:
    assert foreign(page, language) == found
