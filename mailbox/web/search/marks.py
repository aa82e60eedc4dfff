"""The words to mark in a letter that was opened from the results of a search.

Addresses carry the search's id (ADR 0009); its words are opened for whoever may read the
mailbox that it was made in. Anything else marks nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.utils import timezone

from govmail_portal.dates import BANGKOK
from mailbox.errors import SealBroken
from mailbox.mime.cleaning.marking import mark_words
from mailbox.mime.safe_html import SafeHtml
from mailbox.models import Mailbox, RecentSearch
from mailbox.searching import recent
from mailbox.searching.query import parse, wanted
from mailbox.searching.spellings import with_spellings
from mailbox.searching.words import spans
from mailbox.web.requests import PortalRequest


def searched_of(request: PortalRequest) -> UUID | None:
    """The search that the address names, if it does."""
    try:
        return UUID(request.GET.get("search", ""))
    except ValueError:
        return None


def marks_of(search: UUID | None, mailbox: Mailbox, private_key: bytes) -> Sequence[str]:
    """The words of a search in this mailbox; none if there is no such search."""
    if search is None:
        return ()
    found = RecentSearch.objects.filter(pk=search, mailbox=mailbox).first()
    try:
        return words_in(recent.text_of(found, private_key)) if found else ()
    except SealBroken:
        return ()


def words_in(text: str) -> Sequence[str]:
    """The words of a query that a reader would see in what was found."""
    today = timezone.now().astimezone(BANGKOK).date()
    return list(wanted(with_spellings(parse(text, today=today).root)))


def marked_in(html: SafeHtml, words: Sequence[str]) -> SafeHtml:
    """A letter's body with the words marked."""
    return mark_words(html, partial(spans, wanted=words)) if words else html
