"""P8: a search never shows "nothing" when it failed, was broken off, or could not open letters."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from mailbox.models import Content, Message, SearchBlock, SearchIndex, SearchText
from mailbox.opening import mailbox_key
from mailbox.searching.segments import folding
from mailbox.searching.segments.cache import CACHE
from mailbox.searching.stepping import finding
from mailbox.searching.stepping.steps import Limits, Step
from tests.cast import Cast, signed_in
from tests.mailbox.web.post import deliver, letter

NOTHING = "Nothing found"
HTMX = {"HX-Request": "true"}


def results(client: Client, text: str) -> str:
    address = client.post("/mail/search/", {"q": text})["Location"]
    return client.get(address).content.decode()


@pytest.fixture
def indexed(cast: Cast) -> Message:
    """A letter of a mailbox, in its index."""
    CACHE.clear()
    message = deliver(letter("Plan", "kangaroo"), cast.amina)[0]
    box = cast.mailbox_of(cast.amina)
    assert folding.fold(box, mailbox_key(box)) == 1
    return message


def test_nothing_is_said_when_everything_was_searched(cast: Cast) -> None:
    deliver(letter("Plan"), cast.amina)
    shown = results(signed_in(cast.amina), "kangaroo")

    assert NOTHING in shown
    assert "All letters were searched" in shown


@pytest.mark.parametrize("part", ["row", "body"])
def test_a_letter_whose_seal_is_broken_is_counted_and_named(cast: Cast, part: str) -> None:
    broken = deliver(letter("Plan", "kangaroo"), cast.amina)[0]
    deliver(letter("Other"), cast.amina)
    if part == "row":
        Message.objects.filter(pk=broken.pk).update(sealed_summary=bytes(120))
    else:
        Content.objects.filter(pk=broken.content_id).update(row=bytes(600))
        SearchText.objects.filter(pk=broken.content_id).update(row=bytes(600))
    shown = results(signed_in(cast.amina), "kangaroo")

    assert NOTHING not in shown
    assert "1 letter could not be opened: its seal is broken." in shown


def test_a_broken_letter_of_an_earlier_step_is_not_forgotten(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    for number in range(3):
        deliver(letter(f"Plan {number}"), cast.amina, at=now - timedelta(hours=number))
    newest = Message.objects.latest("received_at")
    Message.objects.filter(pk=newest.pk).update(sealed_summary=bytes(120))
    _one_at_a_time(monkeypatch)
    client = signed_in(cast.amina)
    here = client.post("/mail/search/", {"q": "kangaroo"})["Location"]
    answer = client.get(here)
    while further := answer.context["outcome"].further:
        answer = client.get(f"{here}?{further}", headers=HTMX)

    assert answer.context["outcome"].state == "done"
    assert NOTHING not in answer.content.decode()
    assert "1 letter could not be opened" in answer.content.decode()


def test_a_search_that_stopped_early_says_how_far_it_came(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hours in (0, 1, 2):
        at = timezone.now() - timedelta(hours=hours)
        deliver(letter(f"Plan {hours}"), cast.amina, at=at)
    _one_at_a_time(monkeypatch)
    shown = results(signed_in(cast.amina), "kangaroo")

    assert NOTHING not in shown
    assert "Searched back to" in shown
    assert "Search older letters" in shown


def test_a_search_that_fails_says_so_and_logs_no_word_of_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    deliver(letter("Plan", "kangaroo"), cast.amina)

    def fail(*_positional: object, **_named: object) -> Step:
        raise OperationalError("the words kangaroo and plan")

    monkeypatch.setattr(finding, "search", fail)
    with caplog.at_level(logging.DEBUG):
        shown = results(signed_in(cast.amina), "kangaroo")

    assert NOTHING not in shown
    assert "The search failed." in shown
    assert "OperationalError" in caplog.text
    assert "kangaroo" not in caplog.text


def test_a_broken_index_is_told_and_the_letters_are_found_all_the_same(
    indexed: Message, cast: Cast
) -> None:
    SearchBlock.objects.all().delete()
    client = signed_in(cast.amina)

    for _ in range(2):  # the search that finds it broken, and the next
        shown = results(client, "kangaroo")
        assert "The search index of this mailbox is damaged." in shown
        assert "1 conversation found" in shown
        assert NOTHING not in shown
    assert "The search index of this mailbox is damaged." in results(client, "zebra")


def test_a_letter_that_was_folded_and_does_not_open_is_told_all_the_same(
    cast: Cast, indexed: Message
) -> None:
    broken = deliver(letter("Plan", "kangaroo"), cast.amina)[0]
    Message.objects.filter(pk=broken.pk).update(sealed_key=bytes(80))
    mailbox = cast.mailbox_of(cast.amina)
    assert folding.fold(mailbox, mailbox_key(mailbox)) == 1
    shown = results(signed_in(cast.amina), "zebra")

    assert NOTHING not in shown
    assert "1 letter could not be opened" in shown


def test_an_index_that_is_being_built_says_how_far_it_is(indexed: Message, cast: Cast) -> None:
    at = indexed.received_at - timedelta(days=1)
    older = deliver(letter("Older", "kangaroo"), cast.amina, at=at - timedelta(days=1))[0]
    SearchIndex.objects.update(
        state="building", built_at=at, built_id=older.pk, messages=1, total=4
    )
    shown = results(signed_in(cast.amina), "kangaroo")

    assert "is being built: 25\u00a0%. Letters since" in shown
    assert "2 conversations found" in shown


def test_letters_that_were_not_read_whole_are_counted_where_nothing_is_found(
    indexed: Message, cast: Cast
) -> None:
    SearchIndex.objects.update(partial=3)

    assert "In 3 letters not all of the attachments could be searched." in results(
        signed_in(cast.amina), "zebra"
    )


def test_an_operator_that_was_not_understood_is_no_silent_emptiness(cast: Cast) -> None:
    deliver(letter("Plan"), cast.amina)
    shown = results(signed_in(cast.amina), "before:someday")

    assert "“before:someday” could not be understood, and was searched as words." in shown


def test_a_list_with_broken_rows_shows_them_and_is_not_empty(cast: Cast) -> None:
    broken = deliver(letter("Plan"), cast.amina)[0]
    Message.objects.filter(pk=broken.pk).update(sealed_summary=bytes(120))
    shown = signed_in(cast.amina).get("/").content.decode()

    assert "The inbox is empty" not in shown
    assert "its seal is broken" in shown


def _one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step looks at one letter, as if its time were over."""
    whole = finding.search

    def step(*positional: object, limits: Limits, **named: object) -> Step:
        return whole(*positional, limits=Limits(candidates=1), **named)  # type: ignore[arg-type]

    monkeypatch.setattr(finding, "search", step)
