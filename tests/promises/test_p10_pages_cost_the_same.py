"""P10: every page and every list of the administration costs the same however much there is.

The walk takes the pages from the URLconf and the tables from the models: a new view needs no
line here, and a new table grows by itself. Whatever grows may not be counted nor skipped over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.admin.keyset import Keyset
from accounts.models import Account
from accounts.people.roles import AUDITOR
from mailbox.models import Message, Submission
from tests.cast import Cast, signed_in
from tests.promises.costs import growing
from tests.promises.costs.copies import copies
from tests.promises.costs.growing import write_to
from tests.promises.costs.measuring import Cost, cost_of, more_than_before, wrong_with
from tests.promises.costs.plans import pages_that_sort
from tests.promises.costs.seeds import sow
from tests.promises.people.test_p6_people import PEOPLE, ines, interiors  # noqa: F401  # fixtures
from tests.promises.test_p6_what_you_may_not_see_does_not_exist import (  # noqa: F401  # fixtures
    ABOUT_PEOPLE,
    ADMIN,
    CLOSED,
    WITH_ID,
    admin_things,
    aminas,
)

pytestmark = pytest.mark.django_db

FEW, MANY = 2, 8
# Streams, and what changes what the others show.
LEFT_OUT = {"mailbox:live", "mailbox:live-of", "account_logout", "admin:logout", "set_language"}
# Words that pages take behind their address.
ASKED = {
    "accounts:find": ("?q=ก",),
    "accounts:directory": ("?q=ก",),
    "accounts:audit": ("?words=a", "?act=added&kind=accounts.official"),
    "accounts:requests": ("?state=done", "?q=a"),
    "accounts:mandate-names": ("?state=all", "?state=late"),
    "accounts:ask-exemption": ("?q=ก",),
    "mailbox:outbox": ("?show=failed", "?show=cancelled"),
    "mailbox:find-people": ("?q=a",),
    "mailbox:search-suggest": ("?q=a",),
    "mailbox:contacts": ("?q=x",),
    "mailbox:mail-queue": ("?lane=0", "?q=x"),
}
# Pages that sort what they ask for, because that is bounded by nature.
SORTED = {
    "mailbox:search": "thirty searches are kept",
    "mailbox:mail-queue": "LMTP_BACKLOG bounds the arrivals that wait",
    "list mailbox/arrival": "LMTP_BACKLOG bounds the arrivals that wait",
    "list mailbox/delivery": "its filter names gateways: an agency has a handful",
    "mailbox:domains": "an agency has a few",
    "accounts:readiness": "plans past their day, which officers make by hand",
    "accounts:readiness-desk": "agencies that are at risk, of the thousands the state has",
    "accounts:readiness-decide": "two people take each decision by hand",
    "accounts:readiness-central": "two people give each leave by hand",
    "accounts:readiness-history": "the runs of one agency's domains, which a night adds one to",
    "accounts:find": "what a search found, the best first",
    "accounts:directory": "what a search found, the best first",
    "accounts:requests": "accounts being opened, in an order that depends on the day",
    "accounts:letters": "accounts that wait for their first key",
    "accounts:decisions": "posts to decide, and people past their last day",
    "accounts:exemptions": "officers ask for each by hand",
    "accounts:attestations": "heads of units give each by hand",
}
# Pages that add up the state's agencies, of which there are some thousands: an index row each.
SUMS = {"ines accounts:readiness", "root accounts:readiness"}


class Walk:
    """The same pages by the same people, again and again."""

    def __init__(self, clients: dict[str, Client], paths: dict[str, dict[str, str]]) -> None:
        self.clients, self.paths = clients, paths

    def costs(self) -> dict[str, Cost]:
        """By "who page"."""
        return {
            f"{who} {name}": cost_of(client, path)
            for who, client in self.clients.items()
            for name, path in self.paths[who].items()
        }

    def again(self, names: Iterable[str]) -> dict[str, Cost]:
        """These once more: a first visit may have marked something read."""
        asked = (name.partition(" ") for name in names)
        return {
            f"{who} {name}": cost_of(self.clients[who], self.paths[who][name])
            for who, _space, name in asked
        }


@pytest.fixture
def walk(
    cast: Cast,
    aminas: dict[str, Any],  # noqa: F811
    admin_things: dict[str, Any],  # noqa: F811
    ines: Account,  # noqa: F811
    interiors: dict[str, Any],  # noqa: F811
) -> Walk:
    growing.grow(cast, ines, aminas, FEW - 1)
    sow(cast, ines, aminas)
    growing.grow(cast, ines, aminas, 1)
    # Until its author can no longer call it back, officers can do nothing to a letter.
    an_hour_ago = timezone.now() - timedelta(hours=1)
    Submission.objects.update(undo_until=an_hour_ago, created_at=an_hour_ago)
    ines.groups.add(Group.objects.get(name=AUDITOR))
    cast.hana.is_superuser = True
    cast.hana.save()
    mine = [one for one in CLOSED if not one.arguments and not _is_elsewhere(one)]
    about_people = [one for one in CLOSED if one.route.startswith("people/")] + PEOPLE
    interiors["kind"] = "csv"
    paths = {
        "amina": _paths([*mine, *WITH_ID], aminas),
        "ines": _paths(about_people, interiors),
        "root": _paths([one for one in about_people if not one.arguments], interiors)
        | dict(_lists())
        | dict(_forms()),
    }
    clients = {"amina": signed_in(cast.amina), "ines": signed_in(ines)}
    return Walk(clients | {"root": signed_in(cast.hana)}, paths)


def _is_elsewhere(one: Any) -> bool:
    return one.name.startswith("admin:") or one.route.startswith(ABOUT_PEOPLE)


def _paths(addresses: Any, samples: dict[str, Any]) -> dict[str, str]:
    paths = {}
    for one in addresses:
        if one.name not in LEFT_OUT:
            paths[one.name] = one.filled(samples)
            for query in ASKED.get(one.name, ()):
                paths[f"{one.name}{query}"] = paths[one.name] + query
    return paths


def _lists() -> Iterator[tuple[str, str]]:
    """The lists of the administration, plain and searched."""
    for model, page in admin.site._registry.items():
        name = f"{model._meta.app_label}/{model._meta.model_name}"
        yield f"list {name}", f"/admin/{name}/"
        if page.search_fields:
            yield f"search {name}", f"/admin/{name}/?q=1"


def _forms() -> Iterator[tuple[str, str]]:
    """A row's page, and what has happened to it."""
    for model in admin.site._registry:
        name = f"{model._meta.app_label}/{model._meta.model_name}"
        row = model._base_manager.first()
        assert row is not None, f"{name} has no row: grow it."
        yield f"form {name}", f"/admin/{name}/{row.pk}/change/"
    yield f"history {name}", f"/admin/{name}/{row.pk}/history/"


def _may(page: str) -> bool:
    """Whether a page may sort: "who page?query", or the way on and back in a list."""
    name = page.partition("?")[0]
    return name.partition(" ")[2].startswith("history") or name.endswith(tuple(SORTED))


def _onward(client: Client) -> dict[str, Cost]:
    """The second page of each list of the administration that has one, and the way back."""
    found = {}
    for name, path in _lists():
        first = client.get(path).context["cl"]
        if first.has_later:
            found[f"next of {name}"] = cost_of(client, path + first.later_url)
            second = client.get(path + first.later_url).context["cl"]
            found[f"back in {name}"] = cost_of(client, path + second.earlier_url)
    return found


def test_no_page_asks_more_often_where_there_is_more(
    cast: Cast,
    walk: Walk,
    aminas: dict[str, Any],  # noqa: F811
    ines: Account,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Keyset, "list_per_page", 4)
    few, before = walk.costs(), growing.sizes()
    growing.grow(cast, ines, aminas, MANY)
    many = walk.costs()
    many |= walk.again(more_than_before(few, many))
    onward = _onward(walk.clients["root"])

    assert growing.not_grown(before, MANY // 2) == set()
    assert {name: cost.status for name, cost in many.items() if cost.status >= 500} == {}
    shown = {name for name, cost in many.items() if cost.status == 200}
    assert len(shown) > 150, sorted(many.keys() - shown)
    assert len(onward) > 40
    everything = many | onward
    wrong = {name: wrong_with(cost) for name, cost in everything.items() if name not in SUMS}
    assert {name: found for name, found in wrong.items() if found} == {}
    assert more_than_before(few, many) == {}
    sorting = {name: sql for name, sql in pages_that_sort(everything).items() if not _may(name)}
    assert sorting == {}


def test_a_long_conversation_and_a_letter_to_many_are_opened_a_page_at_a_time(
    cast: Cast,
    aminas: dict[str, Any],  # noqa: F811
) -> None:
    message = Message.objects.get(pk=aminas["message"])
    copies(message, 120, is_read=False)
    sent = write_to(cast, [{"address": f"n{number}@else.example"} for number in range(120)])
    client = signed_in(cast.amina)
    mail, thread = f"/mail/{message.mailbox_id}/inbox/t", message.thread_id
    conversation = client.get(f"{mail}/{thread}/").context["conversation"]
    assert len(conversation.letters) == 50
    assert sum(one.sheet is not None for one in conversation.letters) <= 9
    earlier = client.get(f"{mail}/{thread}/?before={conversation.earlier}")
    assert len(earlier.context["conversation"].letters) == 50
    outbox = client.get(f"/mail/outbox/{sent.pk}/").context
    assert (len(outbox["hops"]), bool(outbox["after"])) == (100, True)
