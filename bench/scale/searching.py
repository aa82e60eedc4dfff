"""Searching the grown mailbox: the engine's step, from the words to fifty rows with snippets."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from bench.scale.asking import Somebody
from bench.scale.letters import SEARCHES
from bench.scale.plans import captured
from mailbox.models import Mailbox, SearchIndex, UnfoldedSignature
from mailbox.opening import mailbox_key
from mailbox.reading.folders import folders_of
from mailbox.searching.plan import Places, plan
from mailbox.searching.query import parse
from mailbox.searching.segments import folding, merging
from mailbox.searching.segments.cache import CACHE
from mailbox.searching.segments.sealing import open_index_key
from mailbox.searching.stepping import finding
from mailbox.searching.stepping.steps import Step

# As if sixteen folds of 256 had been merged already.
FOLDED = 4_096


def fold_all(mailbox: Mailbox) -> float:
    """Fold and merge what waits, as a keyholder does; return the seconds it took.

    In larger pieces than 256: what it comes to after all merges is the same, and sooner.
    """
    begun = time.perf_counter()
    folding.MOST = FOLDED
    private_key = mailbox_key(mailbox)
    while UnfoldedSignature.objects.filter(mailbox=mailbox).exists():
        if not folding.fold(mailbox, private_key):
            raise RuntimeError("Folding rests, and letters wait.")
        index = SearchIndex.objects.in_use().get(mailbox=mailbox)
        key = open_index_key(index, private_key)
        while due := merging.due(index):
            merging.merge(index, key, due)
    return time.perf_counter() - begun


def forget() -> None:
    """Begin the next search cold: nothing of the index is open in this process."""
    CACHE.clear()


def search_calls(who: Somebody) -> dict[str, Callable[[], object]]:
    """One step of each kind of search, first page of hits; the page's own cost is not in it."""
    day = (who.start + timedelta(minutes=who.size // 2)).date()
    asked = SEARCHES | {"date range": f"งบประมาณ after:{day} before:{day + timedelta(days=2)}"}
    calls: dict[str, Callable[[], object]] = {
        name: lambda words=words: step(who, words) for name, words in asked.items()
    }
    calls["page of a frequent word"] = lambda: _page(who)
    return calls


def step(who: Somebody, words: str) -> Step:
    """The mailbox key opened, the query read, candidates fetched, verified, shown."""
    now = timezone.now()
    query = parse(words, today=now.date())
    asked = finding.Search(who.mailbox, plan(query, Places()), mailbox_key(who.mailbox), now)
    return finding.search(asked)


def _page(who: Somebody) -> None:
    """The search's own page, by the form and the address it leads to."""
    answer = who.client.post("/mail/search/", {"q": SEARCHES["frequent"]}, follow=True)
    if answer.status_code != 200:
        raise RuntimeError(f"The search page answered {answer.status_code}.")


def main_statements(who: Somebody) -> dict[str, str]:
    """The six statements that pages and searches live on, as they are sent."""
    middle = who.start + timedelta(minutes=who.size // 2)
    latest = who.mailbox.messages.filter(received_at__lte=middle).latest("received_at", "id")
    opened = f"{who.url}t/{latest.thread_id}/"
    forget()
    return {
        "first page of a list": captured(lambda: who.get(who.url), names="mailbox_placement LIMIT"),
        "a page at depth": captured(
            lambda: who.get(who.deep), names="mailbox_placement LIMIT latest_at"
        ),
        "a conversation": captured(
            lambda: who.get(opened), names="mailbox_message thread_id sealed_key"
        ),
        "unread counts": captured(lambda: folders_of(who.mailbox), names="mailbox_folder"),
        "blocks of the index for a rare word": captured(
            lambda: step(who, SEARCHES["rare"]), names="mailbox_searchblock"
        ),
        "candidates of a search": captured(
            lambda: step(who, SEARCHES["frequent"]), names="mailbox_message received_at"
        ),
    }
